"""Rooms and slots as the pages show them: a table of a day, and the same as a list by slot for a telephone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cnd.instants import hour_text
from logistics.domain.slots import Grid, Slot
from logistics.models import Block, Booking, Offer, Room
from logistics.services.availability import RoomSlots
from logistics.services.booking_rules import BookingRules, hours_of
from logistics.views.moments import stamp_of
from sessions.models import Delegation, MeetingSession

CLOSED, EVENT, FREE, OWN, PAST, REQUESTED, TAKEN = "blocked", "event", "free", "own", "past", "requested", "taken"
NONE = "past"


@dataclass(frozen=True)
class Cell:
    """One slot of one room as one reader sees it."""

    room: Room
    state: str
    text: str
    where: str = ""
    """Room and time, for whoever hears the cell without its table."""
    url: str = ""
    note: str = ""
    is_exception: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    """What the page's script moves by."""


@dataclass(frozen=True)
class Row:
    room: Room
    cells: list[Cell]


@dataclass(frozen=True)
class AtSlot:
    """What a telephone shows of one slot: the rooms of which something can be opened."""

    starts_at: datetime
    cells: list[Cell]
    is_past: bool
    wait_url: str = ""

    @property
    def free(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.state == FREE]

    @property
    def own(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.state != FREE]


@dataclass(frozen=True)
class Day:
    day: date
    slots: list[Slot]
    rows: list[Row]
    by_slot: list[AtSlot] = field(default_factory=list)


def where_of(room: Room, starts_at: datetime, tz: str) -> str:
    return f"{room.name}, {hour_text(starts_at, tz)}"


def slots_of_day(grid: Grid, rooms: Iterable[Room], day: date) -> list[Slot]:
    """Return the slots that any of these rooms has on a day, in order."""
    return sorted({slot for room in rooms for slot in grid.slots_of(day, hours_of(room, grid))})


# --- for a delegation -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """What one delegation is told of time that is taken: its own, and that a room is closed."""

    own: Sequence[Booking]
    offers: Sequence[Offer]
    blocks: Sequence[Block]


def taken_for(session: MeetingSession, delegation: Delegation, rooms: Iterable[Room]) -> Taken:
    """Read the own bookings and offers of a delegation, and when rooms are closed: three queries."""
    keys = [room.pk for room in rooms]
    own = Booking.objects.of_delegation(delegation).standing().filter(session=session)
    return Taken(
        own=list(own.select_related("requester", "counterpart")),
        offers=list(Offer.objects.filter(waiting__delegation=delegation, state=Offer.State.OPEN)),
        blocks=list(Block.objects.filter(room__in=keys, lifted_at__isnull=True)),
    )


@dataclass(frozen=True)
class FreeGrid:
    """The grid of one delegation, day by day."""

    session: MeetingSession
    delegation: Delegation
    rules: BookingRules
    now: datetime
    taken: Taken
    is_open: bool

    def days(self, rooms: Sequence[RoomSlots], days: Iterable[date]) -> list[Day]:
        return [self._day(rooms, day) for day in days]

    def _day(self, rooms: Sequence[RoomSlots], day: date) -> Day:
        slots = slots_of_day(self.rules.grid, [each.room for each in rooms], day)
        rows = [self._row(each, slots) for each in rooms]
        by_slot = [
            AtSlot(
                starts_at=slot.starts_at,
                cells=[row.cells[at] for row in rows if row.cells[at].url],
                is_past=self.is_past(slot),
                wait_url="" if self.is_past(slot) or not self.is_open else self._wait_url(slot),
            )
            for at, slot in enumerate(slots)
        ]
        return Day(day, slots, rows, by_slot)

    def is_past(self, slot: Slot) -> bool:
        """Tell whether it is too late for a delegation to book it."""
        return self.now >= self.rules.cut_off_of(slot.starts_at)

    def _row(self, each: RoomSlots, slots: Sequence[Slot]) -> Row:
        is_free = {slot.starts_at: slot.is_free for slot in each.slots}
        return Row(each.room, [self._cell(each.room, slot, is_free.get(slot.starts_at)) for slot in slots])

    def _cell(self, room: Room, slot: Slot, is_free: bool | None) -> Cell:
        where = where_of(room, slot.starts_at, self.session.time_zone)
        overlapping = [each for each in self.taken.own if slot.overlaps(each.starts_at, each.ends_at)]
        own = next((each for each in overlapping if each.room_id == room.pk), None)
        if own is not None:
            return self._own(room, own, where)
        if any(each.room_id == room.pk and slot.overlaps(each.starts_at, each.ends_at) for each in self.taken.offers):
            return Cell(room, REQUESTED, _("offered to you"), where, self._url("meetings"))
        if is_free is None:
            return Cell(room, NONE, "–", where)
        if any(each.room_id == room.pk and slot.overlaps(each.starts_at, each.ends_at) for each in self.taken.blocks):
            return Cell(room, CLOSED, _("closed"), where)
        if self.is_past(slot):
            return Cell(room, PAST, _("too late") if is_free else _("taken"), where)
        if not is_free:
            return Cell(room, TAKEN, _("taken"), where)
        if overlapping:
            return Cell(room, TAKEN, _("you meet"), where)
        url = self._url("meetings-book", room.code, slot.starts_at) if self.is_open else ""
        return Cell(room, FREE, _("free"), where, url)

    def _own(self, room: Room, own: Booking, where: str) -> Cell:
        other = own.counterpart if own.requester_id == self.delegation.pk else own.requester
        state = REQUESTED if own.state == Booking.State.REQUESTED else OWN
        text = other.code if other else _("own use")
        return Cell(room, state, text, where, self._url("meeting", own.pk), note=_("yours"))

    def _url(self, name: str, *args: Any) -> str:
        return reverse(f"logistics:{name}", args=[self.session.code, self.delegation.code, *args])

    def _wait_url(self, slot: Slot) -> str:
        return f"{self._url('meetings-wait')}?from={stamp_of(slot.starts_at)}&until={stamp_of(slot.ends_at)}"


# --- for staff --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """Something that takes time in a room, for staff to see."""

    room_id: int
    starts_at: datetime
    ends_at: datetime
    state: str
    text: str
    url: str = ""
    note: str = ""
    is_exception: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


def day_of_staff(
    session: MeetingSession,
    grid: Grid,
    rooms: Sequence[Room],
    day: date,
    items: Sequence[Item],
    free_url: Callable[[Room, Slot], str],
) -> Day:
    """Return the table of a day for staff: what lies outside the grid stands in every slot that it touches."""
    slots, tz = slots_of_day(grid, rooms, day), session.time_zone
    rows = []
    for room in rooms:
        of_room = [each for each in items if each.room_id == room.pk]
        has = set(grid.slots_of(day, hours_of(room, grid)))
        cells = []
        for slot in slots:
            where = where_of(room, slot.starts_at, tz)
            found = next((each for each in of_room if slot.overlaps(each.starts_at, each.ends_at)), None)
            if found is not None:
                is_whole = (found.starts_at, found.ends_at) == (slot.starts_at, slot.ends_at)
                hours = f"{hour_text(found.starts_at, tz)}–{hour_text(found.ends_at, tz)}"
                note = found.note if is_whole else f"{hours} {found.note}".strip()
                data = {"room": "", **found.data}
                cells.append(Cell(room, found.state, found.text, where, found.url, note, found.is_exception, data))
            elif slot not in has:
                cells.append(Cell(room, NONE, "–", where))
            elif _is_turned_round(slot, of_room, grid):
                cells.append(Cell(room, TAKEN, _("pause"), where))
            else:
                data = {"room": room.code, "slot": stamp_of(slot.starts_at)}
                cells.append(Cell(room, FREE, _("free"), where, free_url(room, slot), data=data))
        rows.append(Row(room, cells))
    return Day(day, slots, rows)


def _is_turned_round(slot: Slot, items: Iterable[Item], grid: Grid) -> bool:
    """Tell whether a slot is lost to the time kept free before or after something that lies outside the grid."""
    return any(
        each.starts_at < slot.ends_at + grid.between and each.ends_at + grid.between > slot.starts_at
        for each in items
        if not slot.overlaps(each.starts_at, each.ends_at)
    )
