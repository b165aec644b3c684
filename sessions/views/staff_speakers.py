"""The list of speakers while it is spoken through: who is next, who was absent, vacant slots, exchanges."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.errors import DomainError, Invalid, Refused
from sessions.domain.speakers import SpeakersList
from sessions.forms.speakers import Choices, ExchangeForm
from sessions.models import Delegation, Drawing, Inscription, Level, ListVersion
from sessions.services.floor import fill_vacancies, record_absent, record_exchange, record_spoken
from sessions.services.list_events import current_list, standing_drawing
from sessions.views.staff_base import StaffAction, StaffForm, StaffMixin, StaffPage
from sessions.views.staff_list_reading import Names, after, told_events

Statement = Inscription.Statement


class ListMixin(StaffMixin):
    """A page about the list of speakers as it stands."""

    success_page = "staff-speakers"

    @cached_property
    def drawing(self) -> Drawing | None:
        """The drawing whose result stands."""
        drawing = standing_drawing(self.debate)
        if drawing is None or drawing.state != Drawing.State.DRAWN:
            return None
        drawing.debate = self.debate
        return drawing

    @cached_property
    def speakers(self) -> SpeakersList:
        if self.drawing is None:
            raise Refused("not_drawn", _("There is no list of speakers yet."))
        return current_list(self.drawing)

    @cached_property
    def names(self) -> Names:
        return Names.of(self.meeting_session)

    def version(self) -> int:
        """Return the number of the latest published version, 0 when there is none."""
        versions = ListVersion.objects.filter(drawing=self.drawing).order_by("-number")
        return versions.values_list("number", flat=True).first() or 0

    def require_seen(self, seen: str) -> None:
        """Raise Refused unless the version that a screen showed is still the latest; the caller holds the lock."""
        if seen != str(self.version()):
            raise Refused(
                "list_changed",
                _("The list has changed while you were looking. Nothing was recorded; this is how it stands now."),
            )


class SpeakersPage(ListMixin, StaffPage):
    template_name = "sessions/staff/speakers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(drawing=self.drawing, **kwargs)
        if self.drawing is None:
            return context
        speakers, names = self.speakers, self.names
        upcoming = speakers.next_speaker()
        rows = [
            row
            | {
                "name": names.delegation(row["delegation"]),
                "group_name": names.group(row["group"]),
                "is_next": line is upcoming,
                "absences": speakers.times_absent.get((line.statement, line.delegation or ""), 0),
            }
            for row, line in zip(speakers.rows(), speakers.lines, strict=True)
        ]
        return context | {
            "sections": [
                {"statement": statement, "level": level if statement == Statement.NATIONAL else "", "rows": list(part)}
                for (statement, level), part in groupby(
                    rows, key=lambda row: (row["statement"], row["level"] if row["statement"] == "national" else "")
                )
            ],
            "next": next((row for row in rows if row["is_next"]), None),
            "has_meetings": any(row["meeting"] for row in rows),
            "spoken": sum(row["spoken"] for row in rows),
            "places": sum(bool(row["delegation"]) for row in rows),
            "vacant": [
                {"slot": number, "group": speakers.group_of_slot[number]}
                for number, holder in sorted(speakers.holders.items())
                if holder is None
            ],
            "waiting": [
                {
                    "group": each["group"],
                    "name": names.group(each["group"]),
                    "delegations": [
                        {"code": code, "name": names.delegation(code), "is_late": code in speakers.late}
                        for code in each["delegations"]
                    ],
                }
                for each in speakers.waiting_rows()
                if each["delegations"]
            ],
            "seen": self.version(),
            "events": told_events(self.drawing, self.drawing.events.order_by("-number"), names),
            "versions": self.drawing.list_versions.defer("content").order_by("-number"),
        }


class RecordEvent(ListMixin, StaffAction):
    """One press: who was next has spoken, or was absent."""

    def act(self) -> str:
        recorded = {"spoken": record_spoken, "absent": record_absent}.get(self.request.POST.get("kind", ""))
        if recorded is None:
            raise Invalid("event_unknown", _("Unknown kind of event."))
        delegation = get_object_or_404(
            Delegation, session=self.meeting_session, code=self.request.POST.get("delegation", "")
        )
        with self.lock() as debate:
            self.require_seen(self.request.POST.get("seen", ""))
            recorded(
                debate=debate,
                delegation=delegation,
                statement=self.request.POST.get("statement", ""),
                actor=self.actor,
            )
        said = _("%(name)s has spoken.") if recorded is record_spoken else _("%(name)s was absent when called.")
        return said % {"name": delegation.name}


class FillVacancies(ListMixin, StaffPage):
    """What the rule gives to whom, before staff start it; they do not choose."""

    template_name = "sessions/staff/speakers_fill.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        before = self.speakers.holders
        outlook = after(self.speakers, kind="vacancies_filled")
        filled = [
            {
                "slot": number,
                "group": self.speakers.group_of_slot[number],
                "group_name": self.names.group(self.speakers.group_of_slot[number]),
                "name": self.names.delegation(holder),
                "code": holder,
            }
            for number, holder in sorted((outlook.holders if outlook else before).items())
            if holder and before[number] is None
        ]
        return super().get_context_data(
            filled=filled,
            still_vacant=sum(holder is None for holder in before.values()) - len(filled),
            seen=self.version(),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with self.lock() as debate:
                self.require_seen(request.POST.get("seen", ""))
                fill_vacancies(debate=debate, actor=self.actor)
        except DomainError as fault:
            messages.error(request, str(fault))
        else:
            messages.success(request, _("The vacant slots are filled."))
        return self.back("staff-speakers")


class Exchange(ListMixin, StaffForm):
    template_name = "sessions/staff/speakers_exchange.html"
    form_class = ExchangeForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"by_level": self._by_level()}

    def _by_level(self) -> Choices:
        """Return who still has a place to come, by level."""
        places = list(enumerate(self.speakers.lines, start=1))
        return [
            (
                str(label),
                [
                    (
                        line.delegation,
                        _("%(place)d. %(name)s (%(code)s)")
                        % {"place": place, "name": self.names.delegation(line.delegation), "code": line.delegation},
                    )
                    for place, line in places
                    if line.delegation
                    and line.level == level
                    and line.statement == Statement.NATIONAL
                    and not line.spoken
                ],
            )
            for level, label in Level.choices
        ]

    def get_initial(self) -> dict[str, Any]:
        return {"seen": self.version()}

    def perform(self, form: ExchangeForm) -> str:
        given = form.cleaned_data
        delegations = {
            each.code: each
            for each in Delegation.objects.filter(session=self.meeting_session, code__in=[given["one"], given["other"]])
        }
        if len(delegations) != 2:
            raise Http404("no such delegation")
        one, other = delegations[given["one"]], delegations[given["other"]]
        with self.lock() as debate:
            self.require_seen(str(given["seen"]))
            record_exchange(debate=debate, one=one, other=other, actor=self.actor, reason=given["reason"])
        return _("%(one)s and %(other)s have exchanged places.") % {"one": one.name, "other": other.name}

    def refuse(self, form: Any, fault: DomainError) -> HttpResponse:
        if fault.code == "list_changed":
            messages.error(self.request, str(fault))
            return self.done()
        return super().refuse(form, fault)
