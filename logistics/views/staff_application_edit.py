"""The secretariat writes an application for a delegation, or edits one, with a reason once it is received."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from logistics.forms.applications import OrganiserForm
from logistics.models import Application, EventKind
from logistics.services.windows import Terms, terms_of
from logistics.views.application_editing import ApplicationEditing
from logistics.views.staff_applications import StaffApplicationPage, StaffSideEvents
from sessions.models import Delegation
from sessions.views.staff_base import StaffPage

State = Application.State


class StaffWriting(ApplicationEditing, StaffSideEvents):
    """A page of the secretariat's with the form."""

    @cached_property
    def terms(self) -> Terms:  # type: ignore[override]
        return terms_of(self.kind, self.book)

    def page_of(self, made: Application) -> str:
        return self.address("staff-side-event", made.pk)


class BeginForOrganiser(StaffWriting, StaffPage):
    """First for whom, then the form."""

    template_name = "logistics/staff/edit.html"

    @cached_property
    def kind(self) -> EventKind:  # type: ignore[override]
        return self.kind_named(self.kwargs["kind"])

    @cached_property
    def allowed(self) -> list[Delegation]:
        """Who may apply."""
        return list(self.meeting_session.delegations.filter(kind__in=self.terms.organisers))

    @cached_property
    def organiser(self) -> Delegation:  # type: ignore[override]
        found = next((each for each in self.allowed if each.code == self.request.GET.get("organiser")), None)
        if found is None:
            raise Http404("no such delegation, or none that may apply")
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = OrganiserForm(request.GET if "organiser" in request.GET else None, delegations=self.allowed)
        if form.is_valid():
            return super().get(request, *args, **kwargs)
        self.template_name = "logistics/staff/choose.html"
        context = StaffPage.get_context_data(self, form=form, kind=self.kind)
        return self.render_to_response(context, status=422 if form.is_bound else 200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            title=_("Enter an application"),
            submit=_("Keep the draft"),
            cancel_url=self.queue_of(self.kind),
            notes=[_("It is received when it is submitted, not when it is begun.")],
            **kwargs,
        )


class EditForOrganiser(StaffWriting, StaffApplicationPage, StaffPage):
    """An edit of anything, which is a revision with its own hash once the application is received."""

    template_name = "logistics/staff/edit.html"

    @property
    def kind(self) -> EventKind:  # type: ignore[override]
        return self.application.kind

    @property
    def organiser(self) -> Delegation:  # type: ignore[override]
        return self.application.organiser

    @property
    def edited(self) -> Application:
        return self.application

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_draft = self.application.state == State.DRAFT
        note = (
            _("Only what is submitted is received.")
            if is_draft
            else _("Receipt and place stay as they are; the edit is kept with a hash of its own.")
        )
        return super().get_context_data(
            title=_("Edit the draft") if is_draft else _("Edit the application"),
            submit=_("Save the draft") if is_draft else _("Record the edit"),
            cancel_url=self.page,
            notes=[note],
            **kwargs,
        )
