"""The search for a good programme: one made at once, then made better bit by bit until the time is over."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import ceil, isfinite
from random import Random
from time import monotonic

from logistics.domain.placement.board import Board, Score, Spots, score_of
from logistics.domain.placement.ground import NOWHERE, Candidate, Ground, Spot, span
from logistics.domain.placement.model import Option, best_spots, options_of
from logistics.domain.placement.problem import Problem
from logistics.domain.placement.proposal import Ended, Progress, Proposal
from logistics.domain.placement.reasons import unmet_wishes, why_unplaced

AT_FIRST, AT_MOST = 8, 20
"""How many events are taken up at once; more of them the longer nothing better is found."""
SPOTS_EACH = 80
NODES = 200
"""A bit of the search ends after so many, not after some time: the same input then gives the same programme."""
EVERY_S = 0.25
"""How often whoever asked is told how far it is, and asked whether to go on."""


@dataclass(frozen=True)
class Effort:
    """How much is tried, unless the time is over before."""

    solved_whole: int = 15_000
    """So many spots are looked at in one go, and the best is proved; more of them are taken a few events at a time."""
    patience: int = 60
    """After so many rounds without anything better the search has settled."""


def place(
    problem: Problem,
    *,
    seconds: float,
    on_progress: Callable[[Progress], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    effort: Effort = Effort(),
) -> Proposal:
    """Propose a programme within so many seconds.

    The same problem gives the same proposal unless the time was over before the search was: `ended` says which.
    A search that is cancelled proposes the best it has. Raises ValueError for times that are no multiples of five
    minutes, and KeyError for a lane that the problem does not name.
    """
    search = Search(problem, monotonic(), seconds, on_progress, is_cancelled or (lambda: False), effort)
    return search.run()


class Search:
    """One search. It always has a programme that could be published."""

    def __init__(
        self,
        problem: Problem,
        began: float,
        seconds: float,
        on_progress: Callable[[Progress], None] | None,
        is_cancelled: Callable[[], bool],
        effort: Effort,
    ) -> None:
        self.began, self.until = began, began + seconds
        self.on_progress, self.is_cancelled, self.effort = on_progress, is_cancelled, effort
        self.was_cancelled = self.was_cut_short = False
        for event in problem.events:
            if event.lane is not None and event.lane not in problem.lanes:
                raise KeyError(event.lane)
        self.ground = Ground(problem)
        self.pinned = Board(self.ground, {})
        self.movable = [each for each in self.ground.candidates if self.pinned.free(each)]
        self.spots: dict[int, Spot] = {}
        self.score = score_of(self.ground, {})
        self.proved = 0
        self.rounds = 0
        self.told, self.tell_next, self.ask_next = "", began, began

    def run(self) -> Proposal:
        ended = self._search()
        self._tell("done")
        stand = {index: event.pinned for index, event in enumerate(self.ground.problem.events) if event.pinned}
        for candidate in self.ground.candidates:
            if spot := self.spots.get(candidate.index):
                stand[candidate.index] = self.ground.placement(candidate, spot)
        board = Board(self.ground, self.spots)
        left_out = [each for each in self.ground.candidates if each.index not in self.spots]
        return Proposal(
            placements={self.ground.problem.events[index].key: stand[index] for index in sorted(stand)},
            unplaced={each.event.key: why_unplaced(self.ground, board, each) for each in left_out},
            unmet=unmet_wishes(self.ground, self.spots),
            cost=self.score.cost,
            bound=self._bound(),
            ended=ended,
            rounds=self.rounds,
        )

    # --- the whole course ---------------------------------------------------------------------------------------------

    def _search(self) -> Ended:
        for order in self._orders():
            spots = self._first(order)
            if score_of(self.ground, spots) < self.score:
                self._keep(spots)
            self._tell("first")
        if ended := self._over():
            return ended
        if self._is_best():
            return Ended.BEST
        if sum(each.size for each in self.movable) <= self.effort.solved_whole and self._solve_whole():
            return Ended.BEST
        ended = self._improve()
        return Ended.TIME if ended == Ended.SETTLED and self.was_cut_short else ended

    def _orders(self) -> list[list[Candidate]]:
        return [
            sorted(self.movable, key=lambda each: (each.size, each.index)),
            sorted(self.movable, key=lambda each: each.index),
        ]

    def _first(self, order: Iterable[Candidate]) -> dict[int, Spot]:
        """Place one after the other where it costs least."""
        spots: dict[int, Spot] = {}
        board = Board(self.ground, {})
        for candidate in order:
            if self._over():
                break
            if spot := cheapest(board, candidate):
                spots[candidate.index] = spot
                board.add(candidate, spot)
        return spots

    def _solve_whole(self) -> bool:
        """Look at everything at once for half of the time, and tell whether the best was found."""
        rooms = 3 if self._one_after_the_other() else None
        options = [
            option
            for each in self.movable
            for option in options_of(self.pinned, each, rooms=rooms, now=self.spots.get(each.index))
        ]
        half = (monotonic() + self.until) / 2
        spots, is_proved = best_spots(
            self.ground, self.pinned, options, self.spots, until=half, stop=self._is_cancelled, watch=self._raise_bound
        )
        self._take(spots)
        self.was_cut_short = not is_proved
        if is_proved:
            self.proved = self.score.cost
        return is_proved

    def _one_after_the_other(self) -> bool:
        """Tell whether only the event before and the one after can be in the way of a room: then three will do."""
        inside = [each for each in self.movable if each.event.needs_room]
        lanes = {each.event.lane for each in inside}
        lane = next(iter(lanes), None)
        is_one = len(lanes) == 1 and lane is not None and self.ground.problem.lanes[lane] == 1
        return is_one and all(each.length >= self.ground.turnaround for each in inside)

    def _improve(self) -> Ended:
        # No secret hangs on it, and the same problem has to give the same programme.
        chance = Random(0)
        idle = 0
        while not self._is_best():
            if ended := self._over():
                return ended
            if idle >= self.effort.patience:
                return Ended.SETTLED
            self.rounds += 1
            size = AT_FIRST + (AT_MOST - AT_FIRST) * idle // self.effort.patience
            idle = 0 if self._take(self._round(chance, size)) else idle + 1
            self._tell("improving")
        return Ended.BEST

    # --- one round ----------------------------------------------------------------------------------------------------

    def _round(self, chance: Random, size: int) -> dict[int, Spot]:
        """Take up some events around one that could stand better, and put them down in the best way."""
        taken_up = self._around(chance, size)
        board = Board(self.ground, self.spots, without={each.index for each in taken_up})
        options: list[Option] = []
        for each in taken_up:
            options += options_of(board, each, most=SPOTS_EACH, rooms=3, now=self.spots.get(each.index))
        now = {each.index: self.spots[each.index] for each in taken_up if each.index in self.spots}
        if not options:
            return dict(self.spots)
        found, _proved = best_spots(
            self.ground, board, options, now, until=self.until, stop=self._is_cancelled, nodes=NODES
        )
        rest = {index: spot for index, spot in self.spots.items() if index not in now}
        return rest | found

    def _around(self, chance: Random, size: int) -> list[Candidate]:
        """Choose an event that could stand better, those in the way of a spot it would like, and some near by."""
        board = Board(self.ground, self.spots)
        first = self._one_to_help(chance, board)
        chosen = {first.index: first}
        spot = self._liked(chance, first)
        steps = span(spot.start, first.length + self.ground.turnaround)
        by_index = {each.index: each for each in self.movable}
        near: list[Candidate] = []
        for each in board.standing:
            candidate = by_index.get(each.index)
            if candidate is None or each.index in chosen:
                continue
            meets = bool(span(each.start, each.length + self.ground.turnaround) & steps)
            in_the_way = each.room == spot.room != NOWHERE or (each.lane is not None and each.lane == first.event.lane)
            if meets and (in_the_way or each.people & first.event.people) and len(chosen) < size:
                chosen[each.index] = candidate
            elif meets or each.room == spot.room:
                near.append(candidate)
        chance.shuffle(near)
        out = [each for each in self.movable if each.index not in self.spots and each.index not in chosen]
        others = [each for each in self.movable if each.index not in chosen]
        chance.shuffle(others)
        for candidate in [*out[: size // 4], *near, *others]:
            if len(chosen) >= size:
                break
            chosen[candidate.index] = candidate
        return [chosen[index] for index in sorted(chosen)]

    def _one_to_help(self, chance: Random, board: Board) -> Candidate:
        """Choose by chance, the likelier the more could be gained; one that is left out before all others."""
        out = [each for each in self.movable if each.index not in self.spots]
        if out and chance.random() < 0.7:
            return chance.choice(out)
        gains = []
        for each in self.movable:
            spot = self.spots.get(each.index)
            gains.append(0 if spot is None else each.cost(spot) - each.least + self._clashing(board, each, spot))
        if not any(gains):
            return chance.choice(self.movable)
        return chance.choices(self.movable, gains)[0]

    def _clashing(self, board: Board, candidate: Candidate, spot: Spot) -> int:
        if not board.excess:
            return 0
        steps, met = span(spot.start, candidate.length), 0
        for each in board.standing:
            if each.index != candidate.index and each.steps & steps:
                met += (each.steps & steps).bit_count() * len(each.people & candidate.event.people)
        return met * self.ground.problem.weights.clash

    def _liked(self, chance: Random, candidate: Candidate) -> Spot:
        """Choose one of the spots that it would like best if it were alone."""
        options = options_of(self.pinned, candidate)
        return chance.choice(options[: max(12, len(options) // 20)]).spot

    # --- what there is ------------------------------------------------------------------------------------------------

    def _take(self, spots: dict[int, Spot]) -> bool:
        """Keep a programme that is as good or better, and tell whether it is better."""
        score = score_of(self.ground, spots)
        if score > self.score or not self._is_possible(spots):
            return False
        is_better = score < self.score
        self._keep(spots, score)
        return is_better

    def _keep(self, spots: dict[int, Spot], score: Score | None = None) -> None:
        self.spots, self.score = spots, score or score_of(self.ground, spots)

    def _is_possible(self, spots: Spots) -> bool:
        """Tell whether nothing is taken twice, so that no rounding inside the solver does harm."""
        board = Board(self.ground, {})
        for candidate in self.movable:
            spot = spots.get(candidate.index)
            if spot is not None:
                if not board.free(candidate).get(spot.room, 0) >> spot.start & 1:
                    return False
                board.add(candidate, spot)
        return True

    def _bound(self) -> int:
        """Return what a programme of as many events costs at least: all of them alone, or what the solver proved."""
        alone = sum(each.least for each in self.movable if each.index in self.spots) + self._unavoidable()
        return min(max(alone, self.proved), self.score.cost)

    def _unavoidable(self) -> int:
        """Return what the pinned events cost among themselves."""
        return self.pinned.excess * self.ground.problem.weights.clash

    def _is_best(self) -> bool:
        return len(self.spots) == len(self.movable) and self.score.cost == self._bound()

    def _is_cancelled(self) -> bool:
        """Ask now and then: it may cost a look into the database."""
        if not self.was_cancelled and monotonic() >= self.ask_next:
            self.was_cancelled = self.is_cancelled()
            self.ask_next = monotonic() + EVERY_S
        return self.was_cancelled

    def _over(self) -> Ended | None:
        if self._is_cancelled():
            return Ended.CANCELLED
        return Ended.TIME if monotonic() >= self.until else None

    def _raise_bound(self, bound: float) -> None:
        if len(self.spots) == len(self.movable) and isfinite(bound):
            # Costs are whole numbers; the solver's are not quite.
            self.proved = max(self.proved, ceil(bound - 1e-6) + self._unavoidable())
        self._tell("improving")

    def _tell(self, phase: str) -> None:
        """Tell how far it is: now and then, and whenever another phase begins."""
        if self.on_progress is None or (phase == self.told and monotonic() < self.tell_next):
            return
        pinned = len(self.ground.problem.events) - len(self.ground.candidates)
        placed, of = len(self.spots) + pinned, len(self.ground.problem.events)
        elapsed = monotonic() - self.began
        self.on_progress(Progress(phase, placed, of, self.score.cost, self._bound(), self.rounds, elapsed))
        self.told, self.tell_next = phase, monotonic() + EVERY_S


def cheapest(board: Board, candidate: Candidate) -> Spot | None:
    """Return the free spot that costs least, the earliest of several."""
    options = options_of(board, candidate)
    return options[0].spot if options else None
