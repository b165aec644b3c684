"""A problem in steps of five minutes: what is possible and what it costs, before anything is placed.

A set of steps is the bits of one integer, so that a week of a room is looked at in one operation.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from logistics.domain.cells import CELL, moment_of, number_of
from logistics.domain.placement.problem import Event, Placement, Problem, Room, Windows

NOWHERE = -1
"""The room of an event that needs none."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Spot:
    """A room and a first step."""

    room: int
    start: int


@dataclass(frozen=True)
class Candidate:
    """An event that can still be moved, and where it may stand."""

    index: int
    """Its place in the order of receipt."""
    event: Event
    length: int
    starts: int
    """Where it may begin, whatever the rooms."""
    spots: dict[int, int]
    """Where it may begin, by room."""
    time_costs: dict[int, int]
    room_costs: dict[int, int]
    least: int
    """What it costs at least."""

    def cost(self, spot: Spot) -> int:
        """Return what this costs, whatever the others do."""
        return self.time_costs[spot.start] + self.room_costs[spot.room]

    @property
    def size(self) -> int:
        return sum(starts.bit_count() for starts in self.spots.values())


def span(start: int, length: int) -> int:
    """Return the set of `length` steps from `start` on."""
    return ((1 << length) - 1) << start


def bits_of(steps: int) -> list[int]:
    """Return the steps of a set, in order."""
    found = []
    while steps:
        lowest = steps & -steps
        found.append(lowest.bit_length() - 1)
        steps ^= lowest
    return found


def hit_by(taken: int, length: int) -> int:
    """Return where something of that length would begin so as to meet one of the steps taken."""
    hit, reach = taken, 1
    while reach < length:
        by = min(reach, length - reach)
        hit |= hit >> by
        reach += by
    return hit


class Ground:
    """A problem as sets of steps."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        days = [(number_of(begins), number_of(ends)) for begins, ends in problem.days]
        pinned = [each.pinned for each in problem.events if each.pinned]
        begins = [first for first, _last in days] + [number_of(each.starts_at) for each in pinned]
        ends = [last for _first, last in days] + [number_of(each.ends_at) for each in pinned]
        self.origin = min(begins, default=0)
        self.turnaround = -(-problem.turnaround // CELL)
        self.horizon = max(ends, default=0) - self.origin + self.turnaround
        self.whole = span(0, self.horizon)
        self.days = [(first - self.origin, last - self.origin) for first, last in days]
        self.room_index = {room.key: index for index, room in enumerate(problem.rooms)}
        self.closed = [self.whole & ~self.inside(room.open) for room in problem.rooms]
        self.taken = [self.touched(room.taken) for room in problem.rooms]
        self.busy = {key: self.touched(windows) for key, windows in problem.busy.items()}
        self.candidates = [
            self._candidate(index, event) for index, event in enumerate(problem.events) if event.pinned is None
        ]

    # --- moments and steps --------------------------------------------------------------------------------------------

    def step_of(self, moment: datetime) -> int:
        return number_of(moment) - self.origin

    def step_up(self, moment: datetime) -> int:
        """Return the first step that begins at a moment or after it."""
        return -((self.moment(0) - moment) // CELL)

    def step_down(self, moment: datetime) -> int:
        """Return the last step that begins at a moment or before it."""
        return (moment - self.moment(0)) // CELL

    def moment(self, step: int) -> datetime:
        return moment_of(step + self.origin)

    def _between(self, first: int, last: int) -> int:
        first, last = max(first, 0), min(last, self.horizon)
        return span(first, last - first) if last > first else 0

    def touched(self, windows: Windows) -> int:
        """Return the steps of which any part lies within the windows."""
        found = 0
        for begins, ends in windows:
            found |= self._between(self.step_down(begins), self.step_up(ends))
        return found

    def inside(self, windows: Windows) -> int:
        """Return the steps that lie wholly within a window."""
        found = 0
        for begins, ends in windows:
            found |= self._between(self.step_up(begins), self.step_down(ends))
        return found

    def placement(self, candidate: Candidate, spot: Spot) -> Placement:
        room = None if spot.room == NOWHERE else self.problem.rooms[spot.room].key
        return Placement(room, self.moment(spot.start), self.moment(spot.start + candidate.length))

    # --- what is possible ---------------------------------------------------------------------------------------------

    def within_days(self, event: Event) -> int:
        """Return where the event may begin so as to lie within a day."""
        length, step = event.length // CELL, self.problem.step // CELL
        found = 0
        for first, last in self.days:
            for start in range(first, last - length + 1, step):
                found |= 1 << start
            if event.current:
                now = self.step_of(event.current.starts_at)
                if first <= now <= last - length:
                    found |= 1 << now
        return found

    def open_at(self, room: int, length: int) -> int:
        """Return where an event of this length may begin in a room that nobody else of these has."""
        taken = hit_by(self.taken[room], length + self.turnaround) | hit_by(self.closed[room], length)
        return self.whole & ~taken

    def _candidate(self, index: int, event: Event) -> Candidate:
        length, rest = divmod(event.length, CELL)
        if rest or length < 1:
            raise ValueError(f"{event.key} is no multiple of five minutes long")
        starts = self.within_days(event) & ~hit_by(self.touched(event.impossible), length)
        if event.needs_room:
            rooms = [at for at, room in enumerate(self.problem.rooms) if suits(event, room)]
            spots = {room: starts & self.open_at(room, length) for room in rooms}
        else:
            spots = {NOWHERE: starts}
        spots = {room: found for room, found in spots.items() if found}
        time_costs = {start: self._time_cost(event, start, length) for start in bits_of(starts)}
        room_costs = self._room_costs(event, list(spots))
        least = min(
            (room_costs[room] + min(time_costs[start] for start in bits_of(found)) for room, found in spots.items()),
            default=0,
        )
        return Candidate(index, event, length, starts, spots, time_costs, room_costs, least)

    # --- what it costs ------------------------------------------------------------------------------------------------

    def _time_cost(self, event: Event, start: int, length: int) -> int:
        weights, steps = self.problem.weights, span(start, length)
        cost = weights.busy * sum((self.busy.get(key, 0) & steps).bit_count() for key in event.people)
        if event.wished:
            cost += self._wish_cost(event.wished, self.moment(start), self.moment(start + length))
        if event.current and self.step_of(event.current.starts_at) != start:
            cost += weights.moved_time
        return cost

    def _wish_cost(self, wished: Windows, begins: datetime, ends: datetime) -> int:
        away = min(max(first - begins, ends - last, timedelta(0)) for first, last in wished)
        # An hour more is worth something, a day more is as bad as any.
        return self.problem.weights.wish + self.problem.weights.wish_hour * min(away // HOUR, 19) if away else 0

    def _room_costs(self, event: Event, rooms: list[int]) -> dict[int, int]:
        weights = self.problem.weights
        sizes = sorted({self.problem.rooms[room].capacity for room in rooms if room != NOWHERE})
        now = self.room_index.get(event.current.room or "", NOWHERE) if event.current else None
        return {
            room: (weights.larger_room * sizes.index(self.problem.rooms[room].capacity) if room != NOWHERE else 0)
            + (weights.moved_room if now is not None and now != room else 0)
            for room in rooms
        }


def suits(event: Event, room: Room) -> bool:
    """Tell whether a room has what an event needs."""
    return (
        room.capacity >= event.attendance
        and room.equipment >= event.equipment
        and (room.accessible or not event.needs_accessible)
    )
