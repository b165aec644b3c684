"""The forms of signing in that differ from the library's own."""

from typing import Any

from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from allauth.account.internal import flows
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _


class _PlainMixin(forms.Form):
    """Labels stand above their fields; nothing stands in them that vanishes when one writes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        if "email" in self.fields:
            self.fields["email"].label = _("E-mail address")
        if "passwordless" in self.fields:
            self.fields["passwordless"].label = _("Sign in with this key alone, without the password")
            self.fields["passwordless"].help_text = ""


class SignInForm(_PlainMixin, LoginForm):
    """Username or e-mail address, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        self.fields["login"] = forms.CharField(
            label=_("Username or e-mail address"),
            max_length=254,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        )
        self.fields["password"].help_text = ""
        self.order_fields(["login", "password"])

    def _login_with_password(
        self, request: HttpRequest, redirect_url: str | None, credentials: dict[str, Any]
    ) -> HttpResponse:
        # Not the library's: how long a login lasts is settled when it begins, for every way of signing in alike.
        self._login.redirect_url = redirect_url
        return flows.login.perform_password_login(request, credentials, self._login)


class ResetForm(_PlainMixin, ResetPasswordForm):
    """The address to which a link is mailed, if there is an account with it."""


class ResetKeyForm(_PlainMixin, ResetPasswordKeyForm):
    """A new password, by the link."""


class PasswordForm(_PlainMixin, ChangePasswordForm):
    """A new password, by the old one."""


class FirstPasswordForm(_PlainMixin, SetPasswordForm):
    """A password for an account that has none."""


class AddressForm(_PlainMixin, AddEmailForm):
    """Another address."""


class PasswordAgainForm(_PlainMixin, ReauthenticateForm):
    """The password, from who is signed in."""


class AppForm(_PlainMixin, ActivateTOTPForm):
    """The first code of an app."""


class PasskeyForm(_PlainMixin, AddWebAuthnForm):
    """A new passkey."""


class _OnceMixin(_PlainMixin):
    """A code of an app opens once for as long as it is valid: the library forgets it sooner than that."""

    authenticator: Authenticator

    def clean_code(self) -> str:
        """Take a code that was not used yet."""
        code = str(super().clean_code())  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:
            key = f"cnd.code_used:{self.authenticator.pk}:{''.join(code.split())}"
            valid_s = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
            if not cache.add(key, True, timeout=valid_s):
                raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_OnceMixin, codes.AuthenticateForm):
    """A code, when signing in."""


class CodeAgainForm(_OnceMixin, codes.ReauthenticateForm):
    """A code, from who is signed in."""
