"""Staff sign in with a second factor: whoever has none sets it up before anything else opens."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cnd import tokens
from cnd.models import User
from cnd.problems import as_response

PROVEN = "second_factor_of"
"""The key of the login session under which the account stands whose second factor was shown or set up in it."""
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
OPEN_PAGES = frozenset(
    {"login", "logout", "set_language", "healthz", "readyz", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
)
SETTING_UP = frozenset(
    {
        "account_reauthenticate",
        "account_change_password",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
    }
)
"""Closed again once there is a factor: else a login from before would set up one of its own beside it."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_staff_account(user: User) -> bool:
    """Tell whether an account may do more than act for a delegation."""
    return user.is_secretariat or user.is_staff or user.is_superuser


def needs_second_factor(user: User) -> bool:
    """Tell whether this account may do nothing without a second factor."""
    return settings.REQUIRE_STAFF_MFA and is_staff_account(user)


def has_second_factor(user: User) -> bool:
    """Tell whether this account has one; recovery codes alone are none."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


class RequireSecondFactor:
    """Lead staff whose login session has shown no second factor to where they show it or set it up.

    Asks nothing of who is not signed in, nor of who reads the API, which knows no login sessions.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Let the request through, or answer in its place."""
        is_api = request.path.startswith("/api/")
        if not settings.REQUIRE_STAFF_MFA or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        if is_api and request.method in SAFE_METHODS:
            return None
        user = request.user
        if not isinstance(user, User) or not needs_second_factor(user) or request.session.get(PROVEN) == user.pk:
            return None
        if is_api:
            title, detail = _("Not permitted"), _("Staff act with a second factor only. Set it up in your account.")
            return as_response(403, "second_factor_required", title, detail)
        match = request.resolver_match or resolve(request.path_info)
        return None if match.view_name in OPEN_PAGES else self._lead_on(request, user, match.view_name)

    def _lead_on(self, request: HttpRequest, user: User, page_name: str) -> HttpResponse | None:
        wanted = urlencode({REDIRECT_FIELD_NAME: request.get_full_path() if request.method == "GET" else "/"})
        if not has_second_factor(user):
            if page_name in SETTING_UP:
                return None
            messages.warning(request, _("Staff sign in with a second factor. Set one up to go on."))
            return redirect(f"{reverse('mfa_index')}?{wanted}")
        has_app = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()
        page = "mfa_reauthenticate" if has_app else "mfa_reauthenticate_webauthn"
        return redirect(f"{reverse(page)}?{wanted}")


def may_use_tokens(user: User) -> bool:
    """Tell whether an account's tokens count: staff who lost their last second factor act by nothing else either."""
    return not needs_second_factor(user) or has_second_factor(user)


tokens.register_standing("second factor", may_use_tokens)
