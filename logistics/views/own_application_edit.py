"""A delegation writes its own application: a new draft, an edit of a draft, a small edit of what was received."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.errors import NotPermitted
from logistics.models import Application, EventKind
from logistics.services.applications import counts
from logistics.services.drafts import require_may_organise
from logistics.services.windows import Terms, terms_of
from logistics.views.application_editing import ApplicationEditing
from logistics.views.own_applications import OwnApplicationPage, OwnSideEvents
from sessions.models import Delegation

State = Application.State


class OwnWriting(ApplicationEditing, OwnSideEvents):
    """A page of the delegation's with the form."""

    template_name = "logistics/delegation/edit.html"

    @property
    def organiser(self) -> Delegation:  # type: ignore[override]
        return self.own

    @cached_property
    def terms(self) -> Terms:  # type: ignore[override]
        return terms_of(self.kind, self.book)

    def page_of(self, made: Application) -> str:
        return self.address("own-side-event", made.pk)


class BeginOwn(OwnWriting):
    """A new draft of one kind; 404 for a kind of which this delegation cannot apply."""

    @cached_property
    def kind(self) -> EventKind:  # type: ignore[override]
        kind = get_object_or_404(EventKind, session=self.meeting_session, code=self.kwargs["kind"])
        kind.session = self.meeting_session
        return kind

    def setup_allowed(self) -> None:
        """Raise Http404 unless the rules let this delegation apply."""
        try:
            require_may_organise(self.terms, self.own)
        except NotPermitted as fault:
            raise Http404(str(fault)) from fault

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.setup_allowed()
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            title=_("Prepare an application"),
            submit=_("Keep the draft"),
            cancel_url=self.address("own-side-events"),
            notes=[_("A draft can be kept as it is and completed later. Only what is submitted is received.")],
            **kwargs,
        )


class EditOwn(OwnWriting, OwnApplicationPage):
    """An edit of what there is."""

    @property
    def kind(self) -> EventKind:  # type: ignore[override]
        return self.application.kind

    @property
    def edited(self) -> Application:
        if self.application.state != State.DRAFT and not counts(self.application):
            raise Http404("nothing to edit any more")
        return self.application

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_draft = self.application.state == State.DRAFT
        return super().get_context_data(
            title=_("Edit the draft") if is_draft else _("Edit the application"),
            submit=_("Save the draft") if is_draft else _("Record the edit"),
            cancel_url=self.own_page,
            notes=self._notes(),
            **kwargs,
        )

    def _notes(self) -> list[str]:
        match self.application.state:
            case State.DRAFT:
                return [_("A draft can be kept as it is and completed later. Only what is submitted is received.")]
            case State.CORRECTION_REQUESTED:
                return [_("Asked for: %(what)s") % {"what": self.application.correction}]
        return [
            _("Only small edits are possible once an application is received; each is kept with a hash of its own."),
            _("Receipt and place stay as they are."),
        ]
