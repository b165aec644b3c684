"""What staff read of bookings: the day at a glance, one booking, who waits, how full the rooms are."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from cnd.instants import day_text
from cnd.versions import version_of
from logistics.domain.slots import Slot
from logistics.models import Application, Block, Booking, NoteVerbale, Offer, Room, Waiting
from logistics.services.booking_holds import audience_of, resource_name
from logistics.services.booking_outlook import warnings_for
from logistics.services.booking_rules import BookingRules, booking_rules, hours_of
from logistics.services.occupancy import EVENTS, taken
from logistics.views.meeting_history import history_of
from logistics.views.meeting_reading import (
    Reader,
    ShownMeeting,
    private_of,
    shown,
    when_of,
    with_all,
)
from logistics.views.moments import stamp_of
from logistics.views.slot_grid import CLOSED, EVENT, REQUESTED, TAKEN, Item, day_of_staff
from sessions.models import RegionalGroup
from sessions.views.staff_base import StaffMixin, StaffPage

State = Booking.State


class BookingsMixin(StaffMixin):
    """A page of the secretariat about bookings."""

    @cached_property
    def rules(self) -> BookingRules:
        return booking_rules(self.meeting_session)

    @cached_property
    def reader(self) -> Reader:
        session = self.meeting_session
        return Reader(session, self.rules, session.session_now)

    @cached_property
    def rooms(self) -> list[Room]:
        return list(self.meeting_session.rooms.for_bilaterals())

    def bookings(self) -> Any:
        """Return the bookings of the session with all that is shown of them."""
        return with_all(self.meeting_session.bookings)

    @cached_property
    def booking(self) -> Booking:
        booking: Booking = get_object_or_404(self.bookings(), pk=self.kwargs["pk"])
        booking.session = self.meeting_session
        return booking

    @property
    def version(self) -> int:
        """Which version of the booking this page shows."""
        booking = self.booking
        return version_of(self.meeting_session.chain, resource_name(booking), audience_of(booking.requester))

    def url(self, name: str, *args: Any) -> str:
        return reverse(f"logistics:{name}", args=[self.meeting_session.code, *args])

    def back(self, name: str, *args: Any) -> HttpResponse:
        return redirect(self.url(name, *args))


def bounds_of(day: date, zone: Any) -> tuple[datetime, datetime]:
    """Return a day of the meeting's zone as a half-open interval in UTC."""
    begins, ends = (datetime.combine(each, time(), tzinfo=zone) for each in (day, day + timedelta(days=1)))
    return begins.astimezone(UTC), ends.astimezone(UTC)


class DayPage(BookingsMixin, StaffPage):
    """Rooms and slots of a day, with all that is in them; what waits for conference services; the day as a list."""

    template_name = "logistics/bookings/day.html"

    @cached_property
    def day(self) -> date:
        """The day that is asked for, else today where there are slots, else the first."""
        days, asked = self.rules.grid.days, self.request.GET.get("day", "")
        today = self.rules.grid.day_of(self.reader.now)
        named = next((each for each in days if each.isoformat() == asked), None)
        return named or (today if today in days else days[0])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session, standing = self.meeting_session, self.bookings().standing()
        begins, ends = bounds_of(self.day, session.zone)
        of_day = list(standing.filter(starts_at__lt=ends, ends_at__gt=begins).in_order())
        approval = list(standing.filter(state=State.AGREED, ends_at__gt=self.reader.now).in_order())
        meetings = [shown(each, self.reader) for each in of_day]
        items = [*(self._item(each) for each in meetings), *self._others(begins, ends)]

        def free_url(room: Room, slot: Slot) -> str:
            return f"{self.url('booking-new')}?room={room.code}&at={stamp_of(slot.starts_at)}"

        days = [day_of_staff(session, self.rules.grid, self.rooms, self.day, items, free_url)] if self.rooms else []
        return super().get_context_data(
            days=days,
            rooms=self.rooms,
            all_days=self.rules.grid.days,
            shown_day=self.day,
            standing=session.bookings.standing().count(),
            of_day=meetings,
            to_approve=[shown(each, self.reader) for each in approval],
            **kwargs,
        )

    def _item(self, meeting: ShownMeeting) -> Item:
        booking = meeting.booking
        other = booking.counterpart.code if booking.counterpart else _("own use")
        is_movable = booking.state != State.HELD and booking.ends_at > self.reader.now
        data: dict[str, Any] = {"booking": booking.pk, "what": meeting.title}
        if is_movable:
            data |= {"move": self.url("booking-move", booking.pk), "swap": self.url("booking-swap", booking.pk)}
        return Item(
            room_id=booking.room_id,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            state="booking" if booking.state in (State.CONFIRMED, State.HELD) else REQUESTED,
            text=f"{booking.requester.code} – {other}",
            url=meeting.url,
            note={
                State.AGREED.value: _("to confirm"),
                State.HELD.value: _("here"),
                State.REQUESTED.value: _("asked"),
            }.get(booking.state, ""),
            is_exception=bool(booking.exception),
            data=data,
        )

    def _others(self, begins: datetime, ends: datetime) -> Iterable[Item]:
        """Yield what else takes these rooms: side events, blocks, what is offered to who waits. Three queries."""
        by_resource = {room.resource: room.pk for room in self.rooms}
        keys = list(by_resource.values())
        events = [each for each in taken(list(by_resource), begins, ends) if each.holder.startswith(EVENTS)]
        titles = dict(
            Application.objects.filter(pk__in=[each.holder.removeprefix(EVENTS) for each in events]).values_list(
                "pk", "title"
            )
        )
        for each in events:
            title = titles.get(int(each.holder.removeprefix(EVENTS)), _("side event"))
            yield Item(by_resource[each.resource], each.starts_at, each.ends_at, EVENT, title)
        blocks = Block.objects.filter(room__in=keys, lifted_at__isnull=True, starts_at__lt=ends, ends_at__gt=begins)
        for block in blocks:
            yield Item(block.room_id, block.starts_at, block.ends_at, CLOSED, _("closed"), note=block.reason)
        offers = Offer.objects.filter(room__in=keys, state=Offer.State.OPEN, starts_at__lt=ends, ends_at__gt=begins)
        for offer in offers.select_related("waiting__delegation"):
            code = offer.waiting.delegation.code
            yield Item(
                offer.room_id, offer.starts_at, offer.ends_at, TAKEN, _("offered"), self.url("bookings-waiting"), code
            )


class BookingPage(BookingsMixin, StaffPage):
    template_name = "logistics/bookings/booking.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        booking = self.booking
        return super().get_context_data(
            booking=booking,
            meeting=shown(booking, self.reader),
            private=private_of(booking),
            warnings=warnings_for(booking) if booking.is_standing else [],
            history=history_of(booking, None),
            **kwargs,
        )


class WaitingPage(BookingsMixin, StaffPage):
    template_name = "logistics/bookings/waiting.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries = self.meeting_session.waiting.standing().order_by("pk")
        related = entries.select_related("delegation", "counterpart", "room").prefetch_related("offers")
        return super().get_context_data(waiting=[self._row(each) for each in related], **kwargs)

    def _row(self, entry: Waiting) -> dict[str, Any]:
        offer = next((each for each in entry.offers.all() if each.state == Offer.State.OPEN), None)
        return {
            "delegation": entry.delegation,
            "counterpart": entry.counterpart,
            "when": when_of(entry, self.meeting_session.time_zone),
            "since": entry.joined_at,
            "state": "awaiting" if offer else "waiting",
            "state_label": entry.get_state_display(),
            "due_at": offer.expires_at if offer else None,
        }


# --- how full ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """How much of something is taken, and how much of it was used."""

    name: Any
    taken: int
    used: int
    total: int

    @property
    def percent(self) -> int:
        return round(100 * self.taken / self.total) if self.total else 0

    @property
    def percent_used(self) -> int:
        return round(100 * self.used / self.total) if self.total else 0


class Tally:
    """How many of something were taken, and how many used, by a key."""

    def __init__(self, keys: Iterable[tuple[Any, datetime | None]]) -> None:
        pairs = list(keys)
        self._taken = Counter(key for key, _at in pairs)
        self._used = Counter(key for key, at in pairs if at is not None)

    def of(self, key: Any) -> tuple[int, int]:
        return self._taken[key], self._used[key]


class Occupancy(BookingsMixin, StaffPage):
    """Slots taken and used, by room, by day and by regional group of the requester: four queries."""

    template_name = "logistics/bookings/occupancy.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        grid = self.rules.grid
        bookings = list(
            self.meeting_session.bookings.counted().values_list(
                "room_id", "starts_at", "checked_in_at", "requester__group_id"
            )
        )
        slots = {
            (room.pk, day): len(grid.slots_of(day, hours_of(room, grid))) for room in self.rooms for day in grid.days
        }
        by_room = Tally((room, at) for room, _begins, at, _group in bookings)
        by_day = Tally((grid.day_of(begins), at) for _room, begins, at, _group in bookings)
        by_group = Tally((group, at) for _room, _begins, at, group in bookings)
        groups = [(group.pk, group.name) for group in RegionalGroup.objects.filter(session=self.meeting_session)]
        return super().get_context_data(
            parts=[
                {
                    "title": _("By room"),
                    "what": _("Room"),
                    "has_total": True,
                    "rows": [
                        Share(room.name, *by_room.of(room.pk), sum(slots[room.pk, day] for day in grid.days))
                        for room in self.rooms
                    ],
                },
                {
                    "title": _("By day"),
                    "what": _("Day"),
                    "has_total": True,
                    "rows": [
                        Share(
                            day_text(day, self.meeting_session.time_zone),
                            *by_day.of(day),
                            sum(count for (_room, each), count in slots.items() if each == day),
                        )
                        for day in grid.days
                    ],
                },
                {
                    "title": _("By regional group of the requester"),
                    "what": _("Group"),
                    "has_total": False,
                    "rows": [
                        Share(name, *by_group.of(key), len(bookings))
                        for key, name in [*groups, (None, _("Without a group"))]
                    ]
                    if bookings
                    else [],
                },
            ],
            **kwargs,
        )


# --- notes verbales ---------------------------------------------------------------------------------------------------


class Notes(BookingsMixin, StaffPage):
    """The notes verbales that were handed in, to be confirmed once per delegation."""

    template_name = "logistics/bookings/notes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        notes = NoteVerbale.objects.filter(delegation__session=self.meeting_session)
        related = notes.select_related("delegation").order_by(F("confirmed_at").asc(nulls_first=True), "handed_in_at")
        return super().get_context_data(notes=list(related), needs_note=self.rules.needs_note, **kwargs)


class NoteFile(BookingsMixin, StaffPage):
    """The note itself, to be read by staff."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        notes = NoteVerbale.objects.select_related("file").filter(delegation__session=self.meeting_session)
        note = get_object_or_404(notes, delegation__code=self.kwargs["who"], file__isnull=False)
        assert note.file is not None
        response = HttpResponse(bytes(note.file.content), content_type=note.file.media_type)
        # Never shown within a page of ours: it is somebody else's file.
        response["Content-Disposition"] = f'attachment; filename="note-verbale-{self.kwargs["who"]}.pdf"'
        return response
