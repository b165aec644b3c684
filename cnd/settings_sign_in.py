"""Signing in: django-allauth, and nothing beside it. A part of cnd.settings."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from cnd.env import IS_PRODUCTION, env

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
REQUIRE_STAFF_MFA = env.bool("REQUIRE_STAFF_MFA", default=IS_PRODUCTION)
INVITATION_HOURS = env.int("INVITATION_HOURS", default=72)
SESSION_COOKIE_AGE = env.int("SIGN_IN_HOURS", default=12) * 3600
PASSWORD_RESET_TIMEOUT = env.int("PASSWORD_RESET_HOURS", default=2) * 3600
ACCOUNT_ADAPTER = "cnd.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "login": "cnd.account_forms.SignInForm",
    "reset_password": "cnd.account_forms.ResetForm",
    "reset_password_from_key": "cnd.account_forms.ResetKeyForm",
    "change_password": "cnd.account_forms.PasswordForm",
    "set_password": "cnd.account_forms.FirstPasswordForm",
    "add_email": "cnd.account_forms.AddressForm",
    "reauthenticate": "cnd.account_forms.PasswordAgainForm",
}
ACCOUNT_RATE_LIMITS: dict[str, str | None] = {
    # Wrong passwords and codes: by address, and by account whatever name it is called by.
    "login_failed": env.str("LIMIT_WRONG_SIGN_INS", default="20/15m/ip,5/15m/key"),
    # Right ones are not: a whole mission, or a whole conference centre, has one address.
    "login": None,
    "confirm_email": "3/10m/key",
    "reset_password": "20/m/ip,3/10m/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("NUM_PROXIES", default=0)
MFA_ADAPTER = "cnd.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "cnd.account_forms.CodeForm",
    "reauthenticate": "cnd.account_forms.CodeAgainForm",
    "activate_totp": "cnd.account_forms.AppForm",
    "add_webauthn": "cnd.account_forms.PasskeyForm",
}
MFA_TOTP_ISSUER = "Meeting-logistics planner"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_PRODUCTION
SOCIALACCOUNT_ADAPTER = "cnd.adapter.OpenIDAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
OIDC = {
    "SERVER_URL": env.str("OIDC_SERVER_URL", default=""),
    "CLIENT_ID": env.str("OIDC_CLIENT_ID", default=""),
    "CLIENT_SECRET": env.str("OIDC_CLIENT_SECRET", default=""),
    "NAME": env.str("OIDC_NAME", default=""),
    "ORIGINS": env.str("OIDC_ORIGINS", default=""),
}
if any(OIDC.values()):
    _missing = [f"OIDC_{name}" for name in ("SERVER_URL", "CLIENT_ID", "CLIENT_SECRET", "NAME") if not OIDC[name]]
    if _missing:
        raise ImproperlyConfigured(f"Signing in with OpenID Connect needs {', '.join(_missing)} too.")
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": OIDC["NAME"],
                    "client_id": OIDC["CLIENT_ID"],
                    "secret": OIDC["CLIENT_SECRET"],
                    "settings": {"server_url": OIDC["SERVER_URL"]},
                }
            ],
        }
    }
# A form that leads to the provider may be sent there: the browser looks at redirects too.
OIDC_ORIGINS = sorted(
    {
        f"{parts.scheme}://{parts.netloc}"
        for parts in map(urlsplit, [OIDC["SERVER_URL"], *OIDC["ORIGINS"].replace(",", " ").split()])
        if parts.netloc
    }
)
