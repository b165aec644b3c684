"""Writing an application: one form for a new draft and for an edit, for the organiser and for the secretariat."""

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic.base import ContextMixin

from cnd.actors import Actor
from cnd.errors import DomainError
from logistics.forms.application import ApplicationForms
from logistics.forms.application_rows import EMPTY_ROWS, ROWS_MAX
from logistics.models import Application, EventKind
from logistics.services.applications import version_of_application
from logistics.services.content import content_of, missing_in
from logistics.services.drafts import begin_draft, edit_application
from logistics.services.windows import Terms
from logistics.views.application_reading import lacking
from sessions.models import Delegation, MeetingSession
from sessions.views.staff_base import carrying, tell_refusal

State = Application.State
A_DOUBLE_CLICK = timedelta(minutes=1)


class ApplicationEditing(ContextMixin):
    """What the pages with the form share. A page says of which kind, whose, and which application if there is one."""

    request: HttpRequest
    kind: EventKind
    organiser: Delegation
    terms: Terms

    if TYPE_CHECKING:
        # Of the page that this is mixed into, which comes after it.
        @property
        def meeting_session(self) -> MeetingSession: ...
        @property
        def actor(self) -> Actor: ...

    @property
    def edited(self) -> Application | None:
        """The application that is edited; None for a new one."""
        return None

    @property
    def editable(self) -> Collection[str] | None:
        """What may be edited: everything, or of what was received the small edits of the rule book."""
        application = self.edited
        is_free = application is None or application.state in (State.DRAFT, State.CORRECTION_REQUESTED)
        return None if is_free or self.actor.is_secretariat else self.terms.small_edits

    @cached_property
    def content(self) -> dict[str, Any]:
        """What the application says now."""
        return content_of(self.edited) if self.edited else {}

    def make_forms(self, data: Any = None) -> ApplicationForms:
        application = self.edited
        initial = dict(self.content)
        if application is not None:
            initial["version"] = version_of_application(application)
        delegations = self.meeting_session.delegations.exclude(pk=self.organiser.pk)
        return ApplicationForms(
            data,
            terms=self.terms,
            zone=self.meeting_session.zone,
            delegations=sorted(delegations, key=lambda each: each.name),
            initial=initial,
            editable=self.editable,
            asks_why=application is not None and application.state != State.DRAFT and self.actor.is_secretariat,
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.make_forms())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("more"):
            return self.show(self.make_forms(with_more_rows(request.POST)), is_looked_at=False)
        forms = self.make_forms(request.POST)
        is_valid = forms.is_valid()
        if request.POST.get("missing"):
            said = {"missing": self.missing(forms), "edit_url": ""}
            return render(request, "logistics/_missing.html", said)
        if not is_valid:
            return self.show(forms, status=422)
        try:
            made = self.save(forms)
        except DomainError as fault:
            tell_refusal(forms.main, fault)
            if fault.code == "outdated":
                carrying(forms.main, version=str(self.make_forms().main.initial["version"]))
            return self.show(forms, status=fault.status)
        messages.success(request, self.told(made))
        return redirect(self.page_of(made))

    def show(self, forms: ApplicationForms, *, status: int = 200, is_looked_at: bool = True) -> HttpResponse:
        """Show the form, and beside it what is missing."""
        missing = self.missing(forms)
        if not is_looked_at:
            # Somebody who wants more rows has not said yet that this is all.
            forms.forget_faults()
        context = self.get_context_data(forms=forms, missing=missing, kind=self.kind, organiser=self.organiser)
        return self.render_to_response(context, status=status)  # type: ignore[attr-defined]

    def missing(self, forms: ApplicationForms) -> list[Any]:
        """Return what is missing in what the form says, together with what it does not ask for."""
        said = {"flyer": False, **self.content}
        if forms.main.is_bound:
            forms.is_valid()
            said |= forms.content()
        return lacking(missing_in(self.kind, said, terms=self.terms))

    def save(self, forms: ApplicationForms) -> Application:
        """Begin a draft or edit what there is. Raises what the service raises."""
        content, application = forms.content(), self.edited
        if application is None:
            return self._begin(content)
        return edit_application(
            application=application,
            content=content,
            actor=self.actor,
            reason=forms.main.cleaned_data.get("reason", ""),
            expected_version=forms.main.cleaned_data.get("version"),
        )

    def _begin(self, content: dict[str, Any]) -> Application:
        """Begin a draft, but for a second click only once: the first one's is returned."""
        with transaction.atomic():
            Delegation.objects.select_for_update(no_key=True).get(pk=self.organiser.pk)
            since = self.meeting_session.session_now - A_DOUBLE_CLICK
            drafts = Application.objects.filter(
                kind=self.kind, organiser=self.organiser, state=State.DRAFT, discarded_at=None, created_at__gt=since
            )
            for each in drafts.select_related("contact", "speakers"):
                said = content_of(each)
                if said == said | content:
                    return each
            return begin_draft(kind=self.kind, organiser=self.organiser, actor=self.actor, content=content)

    def told(self, made: Application) -> str:
        """Say what was done."""
        if self.edited is None:
            return _("The draft is kept. Nothing is submitted yet.")
        return _("The draft is saved.") if made.state == State.DRAFT else _("The edit is recorded.")

    def page_of(self, made: Application) -> str:
        """Return where one goes afterwards."""
        raise NotImplementedError


def with_more_rows(data: QueryDict) -> QueryDict:
    """Return what was sent, with more empty rows of the sort that was asked for."""
    more, name = data.copy(), f"{data['more']}-TOTAL_FORMS"
    shown = str(more.get(name, ""))
    if shown.isascii() and shown.isdigit() and len(shown) < 5:
        more[name] = str(min(int(shown) + EMPTY_ROWS, ROWS_MAX))
    return more
