"""The page that an invitation's link opens: take up an account, and act for a delegation."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from cnd.errors import DomainError
from cnd.models import User
from cnd.users import is_untaken
from sessions.forms.people import TakeUpForm
from sessions.models import Invitation
from sessions.services.invitations import accept_invitation, find_invitation, require_acceptable
from sessions.views.staff_base import tell_refusal


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class AcceptInvitation(FormView):
    """Shows for what it is before anything is asked; what makes a link useless is said on one page."""

    template_name = "sessions/public/invitation.html"
    form_class = TakeUpForm
    invitation: Invitation

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Look at the link before anything else."""
        try:
            self.invitation = find_invitation(pk=kwargs["pk"], token=kwargs["token"])
            is_own = request.user == self.invitation.user
            if self.invitation.accepted_at and is_own:
                return self._to_delegation()
            require_acceptable(self.invitation)
        except DomainError as fault:
            return self._refused(fault)
        if request.user.is_authenticated and not is_own:
            context = {"is_foreign": True}
            return TemplateResponse(request, "sessions/public/invitation_refused.html", context, status=409)
        return super().dispatch(request, *args, **kwargs)

    def _refused(self, fault: DomainError) -> HttpResponse:
        template = "sessions/public/invitation_refused.html"
        return TemplateResponse(self.request, template, {"fault": fault}, status=fault.status)

    @property
    def is_new_account(self) -> bool:
        return is_untaken(self.invitation.user)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.invitation.user}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        delegation = self.invitation.delegation
        return super().get_context_data(
            invitation=self.invitation,
            delegation=delegation,
            meeting_session=delegation.session,
            tz=delegation.session.time_zone,
            is_new_account=self.is_new_account,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_new_account:
            return super().post(request, *args, **kwargs)
        return self._accepted(password="", form=None)

    def form_invalid(self, form: TakeUpForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: TakeUpForm) -> HttpResponse:
        return self._accepted(password=form.cleaned_data["password1"], form=form)

    def _accepted(self, *, password: str, form: TakeUpForm | None) -> HttpResponse:
        try:
            user = accept_invitation(invitation=self.invitation, token=self.kwargs["token"], password=password)
        except DomainError as fault:
            if form is None or not fault.fields:
                return self._refused(fault)
            tell_refusal(form, fault)
            return self.form_invalid(form)
        messages.success(self.request, _("You act for %(name)s now.") % {"name": self.invitation.delegation.name})
        return self._sign_in(user) if form else self._to_delegation()

    def _sign_in(self, user: User) -> HttpResponse:
        """Sign in who has just set their password, and offer the second step."""
        login = Login(user=user, redirect_url=reverse("mfa_index"))
        return perform_password_login(self.request, {"username": user.get_username()}, login)

    def _to_delegation(self) -> HttpResponse:
        delegation = self.invitation.delegation
        return redirect("sessions:delegation-of", delegation.session.code, delegation.code)
