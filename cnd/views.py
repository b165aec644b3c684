"""Signing in, where one comes to after it, and what is answered when something is wrong."""

from typing import Any

from allauth.account.views import LoginView, LogoutView
from allauth.mfa.adapter import get_adapter as second_factor_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.cache import never_cache

from cnd.journal import SYSTEM
from cnd.models import Chain, User
from cnd.problems import as_response, is_api
from cnd.sign_in import demo_sign_ins

HOME_OF_ROLE = {User.Role.SECRETARIAT: "sessions:staff", User.Role.DELEGATION: "sessions:delegation"}


class SignIn(LoginView):
    """The sign-in page; in the demonstration with its accounts, one click each."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offered = [
            {"role": each.function, "username": each.username, "password": each.password} for each in demo_sign_ins()
        ]
        provider = settings.OIDC["NAME"]
        return super().get_context_data(demo_sign_ins=offered, openid_provider=provider, **kwargs)


class SignOut(LogoutView):
    """Signing out: by a form, so that no link of somebody else's does it."""

    http_method_names = ["post", "options"]


class RemovePasskey(RemoveWebAuthnView):
    """A passkey is removed, unless it is the last factor of somebody who needs one."""

    def form_valid(self, form: Any) -> HttpResponse:
        adapter = second_factor_adapter()
        if adapter.can_delete_authenticator(self.object):
            return super().form_valid(form)
        messages.error(self.request, str(adapter.error_messages["cannot_delete_authenticator"]))
        return redirect(self.success_url)


@never_cache
@login_required
def after_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to where the user's work is: in the only session, if there is but one."""
    codes = list(Chain.objects.exclude(code=SYSTEM).values_list("code", flat=True)[:2])
    assert isinstance(request.user, User)
    page = HOME_OF_ROLE.get(User.Role(request.user.role))
    return redirect(page, codes[0]) if page and len(codes) == 1 else redirect("home")


# --- errors: a problem for a machine, a page for a person -------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return as_response(400, "bad_request", _("Not understood"), _("This request could not be read."))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return as_response(403, "permission_denied", _("Not permitted"), _("This is not open to you."))
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return as_response(404, "not_found", _("Not found"), _("There is nothing at this address."))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return as_response(500, "server_error", _("Something went wrong on our side"), _("It has been recorded."))
    return defaults.server_error(request)
