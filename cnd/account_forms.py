"""The forms of signing in that differ from the library's own."""

from typing import Any

from allauth.account.forms import LoginForm, ResetPasswordForm
from allauth.account.internal import flows
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django import forms
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _


class SignInForm(LoginForm):
    """Username or e-mail address, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        self.fields["login"] = forms.CharField(
            label=_("Username or e-mail address"),
            max_length=254,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        )
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""
        self.order_fields(["login", "password"])

    def _login_with_password(
        self, request: HttpRequest, redirect_url: str | None, credentials: dict[str, Any]
    ) -> HttpResponse:
        # Not the library's: how long a login lasts is settled when it begins, for every way of signing in alike.
        self._login.redirect_url = redirect_url
        return flows.login.perform_password_login(request, credentials, self._login)


class ResetForm(ResetPasswordForm):
    """The address to which a link is mailed, if there is an account with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs.pop("placeholder", None)


class _OnceMixin(forms.Form):
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


class CodeForm(_OnceMixin, AuthenticateForm):
    """A code, when signing in."""


class CodeAgainForm(_OnceMixin, ReauthenticateForm):
    """A code, from who is signed in."""
