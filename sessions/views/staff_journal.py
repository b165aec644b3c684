"""The journal: every decision, who, when, why, before and after; its verification, and the erasing of personal data."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cnd import journal
from cnd.models import JournalEntry, PersonalDatum
from sessions.forms.fields import ReasonForm
from sessions.forms.journal import JournalFilter
from sessions.models import Inscription, MeetingSession
from sessions.views.staff_base import StaffAction, StaffForm, StaffPage
from sessions.views.staff_changes import Reading, action_label, personal_keys, told_changes
from sessions.views.staff_list_reading import Names, actors_named

PER_PAGE = 50
CHANGES_SHOWN = 20
"""Of each entry among others; loading a session makes a thousand."""
CHANGES_PER_PAGE = 50
CHECKPOINTS_SHOWN = 10


class Journal(StaffPage):
    template_name = "sessions/staff/journal.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session, chain = self.meeting_session, self.meeting_session.chain
        entries = JournalEntry.objects.filter(chain=chain)
        codes = entries.order_by().values_list("action", flat=True).distinct()
        actions = sorted(((code, action_label(code)) for code in codes), key=lambda pair: pair[1])
        form = JournalFilter(self.request.GET, actions=actions)
        page = Paginator(form.applied(entries), PER_PAGE).get_page(self.request.GET.get("page"))
        shown = list(page.object_list)
        who = actors_named(entry.actor for entry in shown)
        reading = reading_of(session, *(entry.changes[:CHANGES_SHOWN] for entry in shown))
        return super().get_context_data(
            form=form,
            page_obj=page,
            rows=[
                {
                    "entry": entry,
                    "action": action_label(entry.action),
                    "who": who[entry.actor],
                    "changes": told_changes(entry.changes[:CHANGES_SHOWN], reading),
                    "count": len(entry.changes),
                }
                for entry in shown
            ],
            chain=chain,
            checkpoints=chain.checkpoints.all()[:CHECKPOINTS_SHOWN],
            **kwargs,
        )


def reading_of(session: MeetingSession, *parts: list[dict[str, Any]]) -> Reading:
    """Return what these lists of changes need to be put into words. Three queries."""
    data = PersonalDatum.objects.in_bulk(personal_keys(parts))
    return Reading(data, Names.of(session), session.time_zone)


class Entry(StaffPage):
    """One entry with everything it changed, in bounded pages."""

    template_name = "sessions/staff/journal_entry.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session, chain = self.meeting_session, self.meeting_session.chain
        entry = get_object_or_404(JournalEntry, chain=chain, number=self.kwargs["number"])
        page = Paginator(entry.changes, CHANGES_PER_PAGE).get_page(self.request.GET.get("page"))
        shown = list(page.object_list)
        return super().get_context_data(
            entry=entry,
            chain=chain,
            action=action_label(entry.action),
            who=actors_named([entry.actor])[entry.actor],
            page_obj=page,
            changes=told_changes(shown, reading_of(session, shown)),
            **kwargs,
        )


class VerifyJournal(StaffAction):
    """Recompute the whole chain of this session."""

    success_page = "journal"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            count = journal.verify(self.meeting_session.chain)
        except journal.BrokenLink as broken:
            said = _("The journal does not verify. The first broken link: %(link)s")
            messages.error(request, said % {"link": broken})
        else:
            said = ngettext(
                "The journal verifies: its one entry is unaltered.",
                "The journal verifies: all %(n)d entries are unaltered and each continues the one before it.",
                count,
            )
            messages.success(request, said % {"n": count})
        return self.back(self.success_page)


class ErasePerson(StaffForm):
    """Erase what is known of a person; the journal still verifies afterwards."""

    template_name = "sessions/staff/person_erase.html"
    form_class = ReasonForm
    success_page = "journal"

    @cached_property
    def datum(self) -> PersonalDatum:
        chain = self.meeting_session.chain
        return get_object_or_404(PersonalDatum.objects.select_related("chain"), chain=chain, key=self.kwargs["key"])

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "reason_help": _("It stands in the journal for ever: name nobody here."),
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        speaking = Inscription.objects.filter(speaker=self.datum).select_related("delegation")
        said = {"name": _("Name"), "title": _("Title or function")}
        facts = [(said.get(name, name), value) for name, value in (self.datum.value or {}).items() if value]
        losses = [
            _("These data are gone for good, from every page and every entry that refers to them."),
            _("The journal keeps only a hash that nobody can trace back, and still verifies."),
            *(_("The speaker of %(name)s is no longer named.") % {"name": each.delegation.name} for each in speaking),
        ]
        return super().get_context_data(datum=self.datum, facts=facts, losses=losses, **kwargs)

    def perform(self, form: ReasonForm) -> str:
        journal.erase_personal(datum=self.datum, actor=self.actor, reason=form.cleaned_data["reason"])
        return _("The person's data are erased. The entries that refer to them still verify.")
