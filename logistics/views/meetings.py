"""What a delegation reads of bilateral meetings: its own, what is free, a time for two."""

from functools import cached_property
from typing import Any, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from cnd.versions import version_of
from logistics.forms.meetings import FreeFilter, TogetherForm
from logistics.models import Booking, NoteVerbale, Room, Waiting
from logistics.services.availability import FreeTime, availability, free_times_for_two
from logistics.services.booking_holds import audience_of, resource_name
from logistics.services.booking_outlook import warnings_for
from logistics.services.booking_rules import BookingRules, booking_rules
from logistics.services.busy import busy_times
from logistics.views.meeting_feed import feed_url
from logistics.views.meeting_history import history_of
from logistics.views.meeting_reading import (
    Reader,
    limits_left,
    offers_of,
    private_of,
    shown,
    waiting_of,
    with_all,
)
from logistics.views.slot_grid import FreeGrid, taken_for
from sessions.models import Delegation
from sessions.views.delegation import OwnPage

TIMES_SHOWN = 30


class MeetingsMixin(OwnPage):
    """A page about the bilateral meetings of a delegation of one's own."""

    @cached_property
    def own(self) -> Delegation:
        """The delegation that the address names; anybody else's is 404."""
        return cast(Delegation, self.delegation)

    @cached_property
    def booking_rules(self) -> BookingRules:
        return booking_rules(self.meeting_session)

    @cached_property
    def reader(self) -> Reader:
        session = self.meeting_session
        return Reader(session, self.booking_rules, session.session_now, self.own)

    @cached_property
    def others(self) -> list[Delegation]:
        """The delegations that one can meet, by name."""
        found = self.meeting_session.delegations.exclude(pk=self.own.pk)
        return sorted(found, key=lambda each: each.name)

    @cached_property
    def rooms(self) -> list[Room]:
        return list(self.meeting_session.rooms.for_bilaterals())

    @property
    def is_booking_open(self) -> bool:
        return self.reader.now >= self.booking_rules.opens_at

    def bookings(self) -> "QuerySet[Booking]":
        """Return the bookings of this delegation with all that is shown of them."""
        return with_all(self.meeting_session.bookings.of_delegation(self.own))

    @cached_property
    def booking(self) -> Booking:
        """The one of them that the address names; 404 for any other, whosever it is."""
        booking: Booking = get_object_or_404(self.bookings(), pk=self.kwargs["pk"])
        booking.session = self.meeting_session
        return booking

    @property
    def version(self) -> int:
        """Which version of the booking this page shows."""
        return version_of(self.meeting_session.chain, resource_name(self.booking), audience_of(self.own))

    def own_url(self, name: str, *args: Any) -> str:
        return reverse(f"logistics:{name}", args=[self.meeting_session.code, self.own.code, *args])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"delegation": self.own}


class Meetings(MeetingsMixin):
    """All meetings of a delegation: what is to be answered, what comes, who waits, what is over."""

    template_name = "logistics/meetings/meetings.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        meetings = [shown(each, self.reader) for each in self.bookings().in_order()]  # type: ignore[attr-defined]
        coming = [each for each in meetings if not each.is_over]
        waiting = Waiting.objects.filter(delegation=self.own, state=Waiting.State.WAITING)
        entries = list(waiting.select_related("counterpart", "room"))
        line = list(self.meeting_session.waiting.in_line().values_list("pk", flat=True)) if entries else []
        return super().get_context_data(
            to_answer=[each for each in coming if each.needs_answer],
            coming=[each for each in coming if not each.needs_answer],
            past=[each for each in reversed(meetings) if each.is_over],
            offers=offers_of(self.reader),
            waiting=waiting_of(entries, self.reader, line),
            limits=limits_left(self.own, self.booking_rules),
            note=note_of(self.own) if self.booking_rules.needs_note else None,
            feed_url=self.request.build_absolute_uri(feed_url(self.memberships_of_own)),
            **kwargs,
        )

    @property
    def memberships_of_own(self) -> Any:
        return next(each for each in self.memberships if each.delegation == self.own)


def note_of(delegation: Delegation) -> dict[str, bool]:
    """Return how far the note verbale of a delegation is."""
    note = NoteVerbale.objects.filter(delegation=delegation).only("file_id", "confirmed_at").first()
    return {"is_sent": note is not None, "is_confirmed": note is not None and note.confirmed_at is not None}


class FreeRooms(MeetingsMixin):
    """What is free at a glance, by day, size, equipment and access."""

    template_name = "logistics/meetings/free.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session, rules = self.meeting_session, self.booking_rules
        form = FreeFilter(
            self.request.GET, grid=rules.grid, tz=session.time_zone, equipment=rules.equipment, auto_id="id_%s"
        )
        rooms = availability(session=session, grid=rules.grid, **form.asked)
        taken = taken_for(session, self.own, [each.room for each in rooms])
        grid = FreeGrid(session, self.own, rules, self.reader.now, taken, self.is_booking_open)
        days = [form.day] if form.day else rules.grid.days
        shown_days = grid.days(rooms, days) if rooms else []
        cells = [cell for day in shown_days for row in day.rows for cell in row.cells]
        return super().get_context_data(
            form=form,
            days=shown_days,
            count_free=sum(cell.state == "free" for cell in cells),
            limits=limits_left(self.own, rules),
            opens_at=rules.opens_at,
            closed_why="" if self.is_booking_open else _("Booking opens"),
            **kwargs,
        )


class MeetingPage(MeetingsMixin):
    """One meeting of one's own, with all that one may know of it."""

    template_name = "logistics/meetings/meeting.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        booking = self.booking
        return super().get_context_data(
            booking=booking,
            meeting=shown(booking, self.reader),
            private=private_of(booking),
            warnings=warnings_for(booking, self.own) if booking.is_standing else [],
            history=history_of(booking, self.own),
            **kwargs,
        )


class Together(MeetingsMixin):
    """The next slots at which two delegations and a fitting room are free."""

    template_name = "logistics/meetings/together.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session, rules = self.meeting_session, self.booking_rules
        asked = self.request.GET if "counterpart" in self.request.GET else None
        form = TogetherForm(
            asked, delegations=self.others, grid=rules.grid, tz=session.time_zone, equipment=rules.equipment
        )
        times, other = None, None
        if asked is not None and form.is_valid():
            other = form.cleaned_data["counterpart"]
            times = self._times(form, other)
        return super().get_context_data(form=form, times=times, other=other, counterparts=self.others, **kwargs)

    def _times(self, form: TogetherForm, other: Delegation) -> list[dict[str, Any]]:
        found = free_times_for_two(
            session=self.meeting_session,
            one=self.own,
            other=other,
            day=form.day,
            people=form.cleaned_data["people"],
            equipment=form.cleaned_data["equipment"],
        )
        if not found:
            return []
        busy = self._busy(other, found)
        return [
            {
                "starts_at": each.starts_at,
                "room": each.rooms[0],
                "warnings": [said for begins, ends, said in busy if begins < each.ends_at and ends > each.starts_at],
                "url": f"{self.own_url('meetings-book', each.rooms[0].code, each.starts_at)}?with={other.code}",
            }
            for each in found[:TIMES_SHOWN]
        ]

    def _busy(self, other: Delegation, found: list[FreeTime]) -> list[tuple[Any, Any, str]]:
        """Return where either is known to be elsewhere; of the other one only what everybody may know."""
        names = {self.own.pk: self.own.name, other.pk: other.name}
        times = busy_times(
            self.meeting_session, [self.own, other], found[0].starts_at, found[-1].ends_at, without=("bookings",)
        )
        return [
            (each.starts_at, each.ends_at, f"{names[each.delegation_id]}: {each.what}")
            if each.is_public or each.delegation_id == self.own.pk
            else (each.starts_at, each.ends_at, _("%(name)s is busy then.") % {"name": names[each.delegation_id]})
            for each in times
        ]
