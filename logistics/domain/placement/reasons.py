"""What could not be, and why: in codes and facts, for a page to put into words."""

from collections.abc import Iterable, Sequence

from logistics.domain.placement.board import Board, Spots, Standing, standing_at
from logistics.domain.placement.ground import NOWHERE, Candidate, Ground, hit_by, span, suits
from logistics.domain.placement.model import options_of
from logistics.domain.placement.problem import Event, Room
from logistics.domain.placement.proposal import Fact, Reason, Unmet, Why, Wish

MINUTES_A_STEP = 5


# --- left out ---------------------------------------------------------------------------------------------------------


def why_unplaced(ground: Ground, board: Board, candidate: Candidate) -> tuple[Reason, ...]:
    """Say why an event has no place beside what stands on the board."""
    event = candidate.event
    if event.needs_room and (rooms := no_suitable_room(event, ground.problem.rooms)):
        return rooms
    if not ground.within_days(event):
        return (_too_long(candidate),)
    if not candidate.starts:
        return (Reason(Why.ONLY_IMPOSSIBLE_TIMES),)
    return _no_free_start(ground, board, candidate, candidate.starts) or (Reason(Why.NOT_REACHED),)


def no_suitable_room(event: Event, rooms: Sequence[Room]) -> tuple[Reason, ...]:
    """Say what no room has that an event needs; empty where one has it all."""
    if any(suits(event, room) for room in rooms):
        return ()
    big = [room for room in rooms if room.capacity >= event.attendance]
    if not big:
        largest = max((room.capacity for room in rooms), default=0)
        return (Reason(Why.NO_ROOM_BIG_ENOUGH, {"attendance": event.attendance, "largest": largest}),)
    found = [
        Reason(Why.NO_ROOM_WITH, {"equipment": piece})
        for piece in sorted(event.equipment)
        if not any(piece in room.equipment for room in big)
    ]
    if event.needs_accessible and not any(room.accessible for room in big):
        found.append(Reason(Why.NO_ROOM_ACCESSIBLE))
    return tuple(found) or (Reason(Why.NO_ROOM_WITH_ALL),)


def _too_long(candidate: Candidate) -> Reason:
    return Reason(Why.TOO_LONG, {"minutes": candidate.length * MINUTES_A_STEP})


def _no_free_start(ground: Ground, board: Board, candidate: Candidate, starts: int) -> tuple[Reason, ...]:
    """Say why it can begin at none of these steps; empty where it can."""
    if not any(found & starts for found in candidate.spots.values()):
        return (Reason(Why.ROOMS_CLOSED, {"rooms": _suitable(ground, candidate.event)}),)
    if any(found & starts for found in board.free(candidate).values()):
        return ()
    found = []
    out = board.outside_lane(candidate)
    lane = candidate.event.lane
    if lane is not None and out & starts:
        full = _during(board.standing, starts & out, candidate.length)
        events = [each for each in full if each.lane == lane]
        at_once = ground.problem.lanes[lane]
        found.append(Reason(Why.LANE_FULL, {"lane": lane, "at_once": at_once, "events": _keys(ground, events)}))
    if starts & ~out and candidate.event.needs_room:
        # A room stays empty after an event, before one that stands as well as after it.
        near = _during(board.standing, starts & ~out, candidate.length + ground.turnaround, after=ground.turnaround)
        events = [each for each in near if each.room in candidate.spots]
        rooms = _suitable(ground, candidate.event)
        found.append(Reason(Why.ROOMS_FULL, {"rooms": rooms, "events": _keys(ground, events)}))
    return tuple(found)


def _suitable(ground: Ground, event: Event) -> list[str]:
    return sorted(room.key for room in ground.problem.rooms if suits(event, room))


def _during(standing: Iterable[Standing], starts: int, length: int, *, after: int = 0) -> list[Standing]:
    """Return those that something of this length, begun at any of these steps, would meet."""
    return [each for each in standing if hit_by(span(each.start, each.length + after), length) & starts]


def _keys(ground: Ground, standing: Iterable[Standing]) -> list[str]:
    return [ground.problem.events[index].key for index in sorted({each.index for each in standing})]


# --- not as wished ----------------------------------------------------------------------------------------------------


def unmet_wishes(ground: Ground, spots: Spots) -> tuple[Unmet, ...]:
    """Say what the events that stand do not have of what was wished for them, in order of receipt."""
    board = Board(ground, spots)
    standing = sorted(board.standing, key=lambda each: each.index)
    candidates = {each.index: each for each in ground.candidates}
    found = []
    for each in standing:
        event = ground.problem.events[each.index]
        if event.pinned is not None and event.needs_room:
            found += _unfit_room(ground, event)
        if event.wished and not _as_wished(ground, event, each):
            found.append(Unmet(event.key, Wish.TIME, _why_not_wished(ground, spots, candidates.get(each.index))))
        clashes = _clashes(ground, each, [other for other in standing if other.index < each.index])
        if clashes:
            found.append(Unmet(event.key, Wish.PEOPLE, clashes))
        if busy := _busy(ground, each):
            found.append(Unmet(event.key, Wish.FREE, busy))
    return tuple(found)


def _unfit_room(ground: Ground, event: Event) -> list[Unmet]:
    at = ground.room_index.get((event.pinned and event.pinned.room) or "", NOWHERE)
    if at == NOWHERE:
        return []
    room, found = ground.problem.rooms[at], []
    if room.capacity < event.attendance:
        facts: dict[str, Fact] = {"room": room.key, "attendance": event.attendance, "capacity": room.capacity}
        found.append(Reason(Why.ROOM_TOO_SMALL, facts))
    if missing := sorted(event.equipment - room.equipment):
        found.append(Reason(Why.ROOM_WITHOUT, {"room": room.key, "equipment": missing}))
    if event.needs_accessible and not room.accessible:
        found.append(Reason(Why.ROOM_NOT_ACCESSIBLE, {"room": room.key}))
    return [Unmet(event.key, Wish.ROOM, tuple(found))] if found else []


def _as_wished(ground: Ground, event: Event, standing: Standing) -> bool:
    begins, ends = ground.moment(standing.start), ground.moment(standing.start + standing.length)
    return any(first <= begins and ends <= last for first, last in event.wished)


def _why_not_wished(ground: Ground, spots: Spots, candidate: Candidate | None) -> tuple[Reason, ...]:
    """Say why an event does not stand at a wished time: empty for a pinned one, which staff put there."""
    if candidate is None:
        return ()
    event = candidate.event
    wished = [(ground.step_up(first), ground.step_down(last) - candidate.length) for first, last in event.wished]
    within = 0
    for first, last in wished:
        if first <= last:
            within |= span(max(first, 0), max(last + 1 - max(first, 0), 0))
    if not within & ground.within_days(event):
        return (_too_long(candidate),)
    starts = within & candidate.starts
    if not starts:
        return (Reason(Why.ONLY_IMPOSSIBLE_TIMES),)
    board = Board(ground, spots, without={candidate.index})
    if nothing_free := _no_free_start(ground, board, candidate, starts):
        return nothing_free
    free = [each for each in options_of(board, candidate) if starts >> each.spot.start & 1]
    there = standing_at(candidate.index, event, free[0].spot, candidate.length)
    return (*_clashes(ground, there, board.standing), *_busy(ground, there)) or (Reason(Why.OUTWEIGHED),)


def _clashes(ground: Ground, standing: Standing, others: Sequence[Standing]) -> tuple[Reason, ...]:
    return tuple(
        Reason(Why.CLASH, {"event": ground.problem.events[other.index].key, "people": sorted(both)})
        for other in sorted(others, key=lambda each: each.index)
        if (both := standing.people & other.people) and standing.steps & other.steps
    )


def _busy(ground: Ground, standing: Standing) -> tuple[Reason, ...]:
    people = sorted(key for key in standing.people if ground.busy.get(key, 0) & standing.steps)
    return (Reason(Why.BUSY, {"people": people}),) if people else ()
