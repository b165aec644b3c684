"""Whether a programme keeps to what is not to be bargained for. It shares nothing with the search but the values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from logistics.domain.placement.problem import Event, Placement, Problem, Room, Window, Windows
from logistics.domain.placement.proposal import Proposal

FIVE_MINUTES = timedelta(minutes=5)


@dataclass(frozen=True, order=True)
class Violation:
    """What is broken, and by which events."""

    what: str
    events: tuple[str, ...]


def check(problem: Problem, proposal: Proposal) -> list[Violation]:
    """Return everything that is broken, in a fixed order; empty for a programme that may be taken over.

    What pinned events do to each other, and to their rooms, was decided by those who pinned them: it breaks nothing.
    """
    events = {each.key: each for each in problem.events}
    found = list(_incomplete(events, proposal))
    placed = [(event, proposal.placements[key]) for key, event in events.items() if key in proposal.placements]
    rooms = {each.key: each for each in problem.rooms}
    for event, placement in placed:
        what = _alone(problem, rooms, event, placement) if event.pinned is None else _moved(event, placement)
        found += [Violation(each, (event.key,)) for each in what]
    found += _room_twice(problem, placed)
    found += _lane_too_full(problem, placed)
    return sorted(found)


def _incomplete(events: dict[str, Event], proposal: Proposal) -> Iterator[Violation]:
    for key in sorted(set(events) | set(proposal.placements) | set(proposal.unplaced)):
        if key not in events:
            yield Violation("unknown_event", (key,))
        elif (key in proposal.placements) == (key in proposal.unplaced):
            yield Violation("neither_placed_nor_left_out", (key,))


def _moved(event: Event, placement: Placement) -> Iterator[str]:
    if placement != event.pinned:
        yield "pinned_moved"


def _alone(problem: Problem, rooms: dict[str, Room], event: Event, placement: Placement) -> Iterator[str]:
    """Yield what is wrong with a placement whatever the others do."""
    own = (placement.starts_at, placement.ends_at)
    if placement.ends_at - placement.starts_at != event.length:
        yield "wrong_length"
    if (placement.starts_at - datetime(1970, 1, 1, tzinfo=UTC)) % FIVE_MINUTES:
        yield "no_multiple_of_five_minutes"
    if not any(first <= own[0] and own[1] <= last for first, last in problem.days):
        yield "outside_the_days"
    if any(_meet(own, window) for window in event.impossible):
        yield "impossible_time"
    if (placement.room is not None) != event.needs_room:
        yield "room_missing" if event.needs_room else "room_not_needed"
    elif placement.room is not None:
        room = rooms.get(placement.room)
        if room is None:
            yield "unknown_room"
        else:
            yield from _in_room(problem, room, event, own)


def _in_room(problem: Problem, room: Room, event: Event, own: Window) -> Iterator[str]:
    if room.capacity < event.attendance:
        yield "room_too_small"
    if event.equipment - room.equipment:
        yield "room_without_equipment"
    if event.needs_accessible and not room.accessible:
        yield "room_not_accessible"
    if not _covered(own, room.open):
        yield "room_closed"
    if any(_meet((own[0], own[1] + problem.turnaround), window) for window in room.taken):
        yield "room_taken"


def _room_twice(problem: Problem, placed: list[tuple[Event, Placement]]) -> Iterator[Violation]:
    for at, (event, one) in enumerate(placed):
        for other_event, other in placed[at + 1 :]:
            if one.room is None or one.room != other.room or (event.pinned and other_event.pinned):
                continue
            if _meet(
                (one.starts_at, one.ends_at + problem.turnaround), (other.starts_at, other.ends_at + problem.turnaround)
            ):
                yield Violation("room_twice", (event.key, other_event.key))


def _lane_too_full(problem: Problem, placed: list[tuple[Event, Placement]]) -> Iterator[Violation]:
    for lane, at_once in sorted(problem.lanes.items()):
        within = [(event, placement) for event, placement in placed if event.lane == lane]
        for _event, one in within:
            there = [event for event, each in within if each.starts_at <= one.starts_at < each.ends_at]
            if len(there) > at_once and not all(event.pinned for event in there):
                yield Violation("lane_too_full", tuple(event.key for event in there))


def _meet(one: Window, other: Window) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _covered(own: Window, windows: Windows) -> bool:
    """Tell whether windows that may follow on each other hold all of it."""
    reached = own[0]
    for first, last in sorted(windows):
        if first <= reached < last:
            reached = last
    return reached >= own[1]
