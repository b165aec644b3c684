"""What is free: by room and slot, nearest to a moment, and for two delegations at once (RULES 6).

Free or taken, never by whom: what is public, and what one delegation is told of another.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from logistics.domain.cells import numbers_of
from logistics.domain.slots import Grid, Slot, by_nearness
from logistics.models import Cell, Room
from logistics.services.booking_rules import BookingRules, booking_rules, grid_of, hours_of
from sessions.models import Delegation, MeetingSession

MOST_NEAREST = 5
MOST_FOR_TWO = 100


@dataclass(frozen=True)
class SlotState:
    """One slot of a room: free or taken, whoever has it."""

    starts_at: datetime
    ends_at: datetime
    is_free: bool


@dataclass(frozen=True)
class RoomSlots:
    """The slots of one room in order."""

    room: Room
    slots: list[SlotState]


def fitting_rooms(
    session: MeetingSession,
    *,
    people: int | None = None,
    equipment: Collection[str] = (),
    only_accessible: bool = False,
    rooms: Iterable[Room] | None = None,
) -> list[Room]:
    """Return the rooms booked by slot that hold so many people and have this equipment, in their order."""
    found = session.rooms.for_bilaterals() if rooms is None else rooms
    return [
        room
        for room in found
        if (people is None or room.capacity >= people)
        and set(equipment) <= set(room.equipment)
        and (room.is_accessible or not only_accessible)
    ]


def availability(
    *,
    session: MeetingSession,
    day: date | None = None,
    people: int | None = None,
    equipment: Collection[str] = (),
    only_accessible: bool = False,
    room: Room | None = None,
    grid: Grid | None = None,
) -> list[RoomSlots]:
    """Return what is free of the rooms that fit, on one day or all: three queries. Nothing of it asks the clock."""
    grid = grid or grid_of(session)
    rooms = fitting_rooms(
        session,
        people=people,
        equipment=equipment,
        only_accessible=only_accessible,
        rooms=None if room is None else session.rooms.for_bilaterals().filter(pk=room.pk),
    )
    days = grid.days if day is None else [day]
    slots = {each.pk: [slot for one in days for slot in grid.slots_of(one, hours_of(each, grid))] for each in rooms}
    wanted = [slot for found in slots.values() for slot in found]
    taken = _taken_numbers([each.resource for each in rooms], wanted, grid)
    return [
        RoomSlots(
            each,
            [
                SlotState(slot.starts_at, slot.ends_at, _is_free(slot, taken[each.resource], grid))
                for slot in slots[each.pk]
            ],
        )
        for each in rooms
    ]


def _taken_numbers(resources: Sequence[str], slots: Collection[Slot], grid: Grid) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    if not slots:
        return found
    numbers = numbers_of(min(each.starts_at for each in slots), max(each.ends_at for each in slots) + grid.between)
    cells = Cell.objects.filter(resource__in=resources, number__gte=numbers.start, number__lt=numbers.stop)
    # Both layers: what is planned and not published takes the room all the same.
    for resource, number in cells.order_by().values_list("resource", "number").distinct():
        found[resource].add(number)
    return found


def _is_free(slot: Slot, taken: set[int], grid: Grid, *, is_room: bool = True) -> bool:
    return taken.isdisjoint(numbers_of(slot.starts_at, slot.ends_at + grid.between if is_room else slot.ends_at))


def nearest_free(
    *,
    session: MeetingSession,
    rules: BookingRules,
    room: Room | None,
    starts_at: datetime,
    delegation: Delegation,
    now: datetime,
    people: int | None = None,
    equipment: Collection[str] = (),
    most: int | None = MOST_NEAREST,
) -> list[tuple[Room, Slot]]:
    """Return the free slots nearest to a moment that this delegation could still book; of two, that of the room."""
    found = _free_for(session, rules, [delegation], rules.grid.days, now=now, people=people, equipment=equipment)
    slots = by_nearness({slot for _room, slot in found}, starts_at)
    order = {slot: place for place, slot in enumerate(slots)}
    found.sort(key=lambda each: (order[each[1]], each[0] != room, each[0].position))
    return found[:most]


def _free_for(
    session: MeetingSession,
    rules: BookingRules,
    delegations: Collection[Delegation],
    days: Iterable[date],
    *,
    now: datetime,
    people: int | None,
    equipment: Collection[str],
) -> list[tuple[Room, Slot]]:
    """Return the slots before their cut-off in which a fitting room and all these delegations are free."""
    grid = rules.grid
    rooms = fitting_rooms(session, people=people, equipment=equipment)
    slots = {
        room.pk: [
            slot
            for day in days
            for slot in grid.slots_of(day, hours_of(room, grid))
            if now < rules.cut_off_of(slot.starts_at)
        ]
        for room in rooms
    }
    names = [f"delegation:{each.pk}" for each in delegations]
    wanted = {slot for found in slots.values() for slot in found}
    taken = _taken_numbers([*(room.resource for room in rooms), *names], wanted, grid)
    are_free = {slot for slot in wanted if all(_is_free(slot, taken[name], grid, is_room=False) for name in names)}
    return [
        (room, slot)
        for room in rooms
        for slot in slots[room.pk]
        if slot in are_free and _is_free(slot, taken[room.resource], grid)
    ]


@dataclass(frozen=True)
class FreeTime:
    """A slot in which two delegations and these rooms are free."""

    starts_at: datetime
    ends_at: datetime
    rooms: list[Room]


def free_times_for_two(
    *,
    session: MeetingSession,
    one: Delegation,
    other: Delegation,
    day: date | None = None,
    people: int | None = None,
    equipment: Collection[str] = (),
    now: datetime | None = None,
) -> list[FreeTime]:
    """Return the next slots in which both and a fitting room are free, on a day or on all; never what either does.

    A request that was not answered holds nobody but who made it, so it says nothing of the one who was asked.
    """
    rules = booking_rules(session)
    days = rules.grid.days if day is None else [day]
    now = session.session_now if now is None else now
    rooms: dict[Slot, list[Room]] = defaultdict(list)
    for room, slot in _free_for(session, rules, [one, other], days, now=now, people=people, equipment=equipment):
        rooms[slot].append(room)
    return [FreeTime(slot.starts_at, slot.ends_at, rooms[slot]) for slot in sorted(rooms)][:MOST_FOR_TWO]
