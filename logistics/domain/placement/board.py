"""A programme in the making: who has which steps of which room, lane and delegation."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from logistics.domain.placement.ground import NOWHERE, Candidate, Ground, Spot, bits_of, hit_by, span
from logistics.domain.placement.problem import Event

Spots = Mapping[int, Spot]
"""Where the events that can be moved stand, by their place in the order of receipt."""


@dataclass(frozen=True, order=True)
class Score:
    """The smaller the better: first fewer left out, then the later ones left out, then what is unmet."""

    left_out: int
    seniority: int
    cost: int


@dataclass(frozen=True)
class Standing:
    """An event that stands somewhere."""

    index: int
    room: int
    start: int
    length: int
    lane: str | None
    people: frozenset[str]
    steps: int


class Board:
    """What is taken by the pinned events and by those that stand at `spots`, all but `without`."""

    def __init__(self, ground: Ground, spots: Spots, without: Collection[int] = ()) -> None:
        self.ground = ground
        self.standing = [*pinned_of(ground)]
        for candidate in ground.candidates:
            spot = spots.get(candidate.index)
            if spot is not None and candidate.index not in without:
                self.standing.append(standing_at(candidate.index, candidate.event, spot, candidate.length))
        self.rooms: dict[int, int] = defaultdict(int)
        self.lanes: dict[str, list[int]] = {}
        self.people: dict[str, int] = defaultdict(int)
        self.excess = 0
        for each in self.standing:
            self._take(each)

    def add(self, candidate: Candidate, spot: Spot) -> None:
        each = standing_at(candidate.index, candidate.event, spot, candidate.length)
        self.standing.append(each)
        self._take(each)

    def _take(self, each: Standing) -> None:
        if each.room != NOWHERE:
            self.rooms[each.room] |= span(each.start, each.length + self.ground.turnaround)
        if each.lane is not None:
            # The k-th set holds the steps in which more than k take place.
            carried, levels = each.steps, self.lanes.setdefault(each.lane, [])
            for level, steps in enumerate(levels):
                levels[level], carried = steps | carried, steps & carried
            if carried:
                levels.append(carried)
        for key in each.people:
            self.excess += (self.people[key] & each.steps).bit_count()
            self.people[key] |= each.steps

    def lane_count(self, lane: str, step: int) -> int:
        return sum(steps >> step & 1 for steps in self.lanes.get(lane, ()))

    def lane_full(self, lane: str | None) -> int:
        """Return the steps in which no more of the lane may take place."""
        if lane is None:
            return 0
        at_once, levels = self.ground.problem.lanes[lane], self.lanes.get(lane, [])
        if at_once < 1:
            return self.ground.whole
        return levels[at_once - 1] if len(levels) >= at_once else 0

    def outside_lane(self, candidate: Candidate) -> int:
        """Return where it would meet a full lane."""
        return hit_by(self.lane_full(candidate.event.lane), candidate.length)

    def free(self, candidate: Candidate) -> dict[int, int]:
        """Return where it may begin beside all that stands, by room."""
        out, footprint = self.outside_lane(candidate), candidate.length + self.ground.turnaround
        found = {}
        for room, starts in candidate.spots.items():
            taken = 0 if room == NOWHERE else hit_by(self.rooms.get(room, 0), footprint)
            if left := starts & ~out & ~taken:
                found[room] = left
        return found

    def clash_costs(self, candidate: Candidate, starts: int) -> dict[int, int]:
        """Return what it costs that its people are at other events, by where it begins."""
        taken = [steps for key in candidate.event.people if (steps := self.people.get(key, 0))]
        return {
            start: self.ground.problem.weights.clash
            * sum((steps & span(start, candidate.length)).bit_count() for steps in taken)
            for start in bits_of(starts)
        }


def standing_at(index: int, event: Event, spot: Spot, length: int) -> Standing:
    return Standing(index, spot.room, spot.start, length, event.lane, event.people, span(spot.start, length))


def pinned_of(ground: Ground) -> list[Standing]:
    """Return the events that stay where they are."""
    found = []
    for index, event in enumerate(ground.problem.events):
        if event.pinned is not None:
            start, end = ground.step_of(event.pinned.starts_at), ground.step_of(event.pinned.ends_at)
            room = ground.room_index.get(event.pinned.room or "", NOWHERE)
            found.append(standing_at(index, event, Spot(room, start), end - start))
    return found


def score_of(ground: Ground, spots: Spots) -> Score:
    """Tell how good a programme is."""
    out = [each.index for each in ground.candidates if each.index not in spots]
    own = sum(each.cost(spots[each.index]) for each in ground.candidates if each.index in spots)
    seniority = sum(len(ground.problem.events) - index for index in out)
    return Score(len(out), seniority, own + ground.problem.weights.clash * Board(ground, spots).excess)
