"""Attaching a flyer and taking it away: one form, for the organiser and for the secretariat."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cnd.actors import Actor
from cnd.errors import DomainError
from logistics.forms.flyer import FlyerForm
from logistics.models import Application
from logistics.services.flyers import attach_flyer, remove_flyer
from logistics.services.windows import Terms
from sessions.views.staff_base import tell_refusal

State = Application.State


def flyer_form(application: Application, terms: Terms, actor: Actor, *args: Any, is_required: bool = True) -> FlyerForm:
    """Return the form for a flyer; the secretariat says why it touches what was received."""
    asks_why = actor.is_secretariat and application.state != State.DRAFT
    return FlyerForm(*args, terms=terms, is_required=is_required, asks_why=asks_why)


class FlyerChange:
    """Either of the two; what comes of it is shown on the page of the application, which this is mixed into."""

    request: HttpRequest

    if TYPE_CHECKING:
        application: Application
        terms: Terms

        @property
        def actor(self) -> Actor: ...
        def get_context_data(self, **kwargs: Any) -> dict[str, Any]: ...
        def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse: ...

    @property
    def page_of_application(self) -> str:
        """Where one goes afterwards."""
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_removed = request.POST.get("step") == "remove"
        form = flyer_form(
            self.application, self.terms, self.actor, request.POST, request.FILES, is_required=not is_removed
        )
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(flyer_form=form), status=422)
        try:
            said = self._change(form, is_removed)
        except DomainError as fault:
            tell_refusal(form, fault)
            return self.render_to_response(self.get_context_data(flyer_form=form), status=fault.status)
        messages.success(request, said)
        return redirect(self.page_of_application)

    def _change(self, form: FlyerForm, is_removed: bool) -> str:
        said: dict[str, Any] = {"actor": self.actor, "reason": form.cleaned_data.get("reason", "")}
        if is_removed:
            remove_flyer(application=self.application, **said)
            return _("The flyer is removed.")
        file = form.cleaned_data["flyer"]
        attach_flyer(application=self.application, name=file.name, content=file.read(), **said)
        return _("The flyer is attached.")
