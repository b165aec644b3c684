"""The choice of the best spots for some events beside the others, as a linear programme of zeros and ones, by HiGHS.

A variable says that an event stands at a spot. Of those that meet in a room in one step at most one is one; that is
asked only where one of them begins, because intervals that all meet each other do so where the last of them begins.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from time import monotonic

import highspy

from logistics.domain.placement.board import Board
from logistics.domain.placement.ground import NOWHERE, Candidate, Ground, Spot, bits_of, span

Stop = Callable[[], bool]
Watch = Callable[[float], None]
"""Told of what the costs cannot fall below."""


@dataclass(frozen=True)
class Option:
    """A spot that an event may take, and what that costs beside those that stay."""

    candidate: Candidate
    spot: Spot
    cost: int

    @property
    def end(self) -> int:
        return self.spot.start + self.candidate.length


class There:
    """Which of some columns stand for an event that takes place in a step, or has just ended."""

    def __init__(self, options: Sequence[Option], columns: Sequence[int], after: int = 0) -> None:
        ordered = sorted((options[at].spot.start, options[at].end + after, at) for at in columns)
        self.ordered = ordered
        self.starts = [start for start, _end, _at in ordered]
        self.longest = max((end - start for start, end, _at in ordered), default=0)

    def at(self, step: int) -> list[int]:
        near = self.ordered[bisect_left(self.starts, step - self.longest + 1) : bisect_left(self.starts, step + 1)]
        return [at for _start, end, at in near if end > step]


@dataclass
class Rows:
    """The programme as it is written down: minimise the costs, each row at most its bound (or equal to it)."""

    costs: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    begins: list[int] = field(default_factory=lambda: [0])
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, columns: Sequence[int], upper: float, *, lower: float = -highspy.kHighsInf, minus: int = -1) -> None:
        """Add the sum of some columns, less the column `minus`."""
        self.columns.extend(columns)
        self.values.extend([1.0] * len(columns))
        if minus >= 0:
            self.columns.append(minus)
            self.values.append(-1.0)
        self.begins.append(len(self.columns))
        self.lower.append(lower)
        self.upper.append(upper)


def best_spots(
    ground: Ground,
    board: Board,
    options: Sequence[Option],
    now: Mapping[int, Spot],
    *,
    until: float,
    stop: Stop,
    nodes: int | None = None,
    watch: Watch | None = None,
) -> tuple[dict[int, Spot], bool]:
    """Return the best spots for the events of these options beside those on the board, and whether that is proved.

    As many as possible are placed, the earliest receipts before others; `now`, where some of them stand, is one of the
    solutions. It ends at `until` on the machine's monotonic clock, when `stop` says so, or after `nodes`.
    """
    events = {each.candidate.index for each in options}
    kept, proved = set(now), True
    if kept != events:
        count = Model(ground, board, options, must=None, now=now)
        # Half of the time for how many, half for how well.
        chosen, proved = count.solve((monotonic() + until) / 2, stop, nodes, None)
        kept, now = set(chosen), now if set(chosen) == set(now) else chosen
    rest = [each for each in options if each.candidate.index in kept]
    if not rest:
        return dict(now), proved
    spots, as_well = Model(ground, board, rest, must=kept, now=now).solve(until, stop, nodes, watch)
    return spots, proved and as_well


class Silent(highspy.Highs):
    """The solver, which else greets on the standard output as soon as it is made."""

    def enableCallbacks(self) -> None:
        self.silent()
        super().enableCallbacks()


class Model:
    """One linear programme. With `must` these are placed at least cost; without, as many as possible at any."""

    def __init__(
        self,
        ground: Ground,
        board: Board,
        options: Sequence[Option],
        *,
        must: Collection[int] | None,
        now: Mapping[int, Spot],
    ) -> None:
        self.ground, self.board, self.options, self.now = ground, board, options, now
        self.rows = Rows()
        self.start = [float(now.get(each.candidate.index) == each.spot) for each in options]
        self.of_event: dict[int, list[int]] = defaultdict(list)
        for column, option in enumerate(options):
            self.of_event[option.candidate.index].append(column)
        for columns in self.of_event.values():
            self.rows.add(columns, 1.0, lower=1.0 if must is not None else 0.0)
        if must is None:
            # One more is worth more than any order of receipt.
            late = {index: len(ground.problem.events) - index for index in self.of_event}
            most = sum(late.values()) + 1
            self.rows.costs = [-float(most + late[each.candidate.index]) for each in options]
        else:
            self.rows.costs = [float(each.cost) for each in options]
        self._add_rooms()
        self._add_lanes()
        if must is not None:
            self._add_clashes()

    def _events(self, columns: Sequence[int]) -> int:
        return len({self.options[column].candidate.index for column in columns})

    def _add_rooms(self) -> None:
        by_room: dict[int, list[int]] = defaultdict(list)
        for column, option in enumerate(self.options):
            if option.spot.room != NOWHERE:
                by_room[option.spot.room].append(column)
        for columns in by_room.values():
            there = There(self.options, columns, self.ground.turnaround)
            for step in sorted({self.options[column].spot.start for column in columns}):
                meeting = there.at(step)
                if self._events(meeting) > 1:
                    self.rows.add(meeting, 1.0)

    def _add_lanes(self) -> None:
        by_lane: dict[str, list[int]] = defaultdict(list)
        for column, option in enumerate(self.options):
            if option.candidate.event.lane is not None:
                by_lane[option.candidate.event.lane].append(column)
        for lane, columns in by_lane.items():
            starts = {self.options[column].spot.start for column in columns}
            starts.update(each.start for each in self.board.standing if each.lane == lane)
            there = There(self.options, columns)
            for step in sorted(starts):
                meeting = there.at(step)
                left = self.ground.problem.lanes[lane] - self.board.lane_count(lane, step)
                if self._events(meeting) > left:
                    self.rows.add(meeting, float(left))

    def _add_clashes(self) -> None:
        """Have each delegation cost what it is expected in one place more than it can be in."""
        of_person: dict[str, list[int]] = defaultdict(list)
        for index, columns in self.of_event.items():
            for key in sorted(self.options[columns[0]].candidate.event.people):
                of_person[key].append(index)
        # Delegations that go to the same events clash at the same time.
        alike: dict[tuple[int, tuple[int, ...]], int] = defaultdict(int)
        for key, events in of_person.items():
            if len(events) > 1 and not self._one_at_a_time(events):
                alike[self.board.people.get(key, 0), tuple(events)] += 1
        for (elsewhere, together), times in alike.items():
            columns = [column for index in together for column in self.of_event[index]]
            edges = sorted({edge for at in columns for edge in (self.options[at].spot.start, self.options[at].end)})
            there = There(self.options, columns)
            for first, last in pairwise(edges):
                # Where it is at an event that stays, each of these clashes anyhow: their costs hold it.
                steps = (span(first, last - first) & ~elsewhere).bit_count()
                meeting = there.at(first)
                if steps and self._events(meeting) > 1:
                    clash = len(self.rows.costs)
                    self.rows.costs.append(float(times * steps * self.ground.problem.weights.clash))
                    self.start.append(max(0.0, sum(self.start[at] for at in meeting) - 1.0))
                    self.rows.add(meeting, 1.0, minus=clash)

    def _one_at_a_time(self, events: Sequence[int]) -> bool:
        lanes = {self.options[self.of_event[index][0]].candidate.event.lane for index in events}
        lane = next(iter(lanes))
        return len(lanes) == 1 and lane is not None and self.ground.problem.lanes[lane] <= 1

    def solve(self, until: float, stop: Stop, nodes: int | None, watch: Watch | None) -> tuple[dict[int, Spot], bool]:
        """Return what was found, never worse than what there is now, and whether it is proved to be the best."""
        left = until - monotonic()
        if left <= 0 or stop():
            return dict(self.now), False
        highs = Silent()
        options: dict[str, float | str] = {"threads": 1, "random_seed": 0, "time_limit": left, "mip_rel_gap": 0.0}
        # The rows are tight as they are; merging them made it ten times slower, and cannot be interrupted.
        options["presolve"] = "off"
        if nodes is not None:
            options["mip_max_nodes"] = nodes
        for name, value in options.items():
            highs.setOptionValue(name, value)
        highs.passModel(self._written())
        solution = highspy.HighsSolution()
        solution.col_value = self.start
        highs.setSolution(solution)

        failures: list[Exception] = []

        def look(event: highspy.HighsCallbackEvent) -> None:
            # An exception may not pass through the solver.
            try:
                if watch is not None:
                    watch(event.data_out.mip_dual_bound)
                is_over = stop()
            except Exception as failure:
                failures.append(failure)
                is_over = True
            if is_over:
                event.interrupt()

        highs.cbMipInterrupt += look
        highs.run()
        if failures:
            raise failures[0]
        values = highs.getSolution().col_value
        if highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return dict(self.now), False
        chosen = {
            option.candidate.index: option.spot
            for option, value in zip(self.options, values, strict=False)
            if value > 0.5
        }
        return chosen, highs.getModelStatus() == highspy.HighsModelStatus.kOptimal

    def _written(self) -> highspy.HighsLp:
        rows, spots = self.rows, len(self.options)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(rows.costs), len(rows.upper)
        lp.col_cost_ = rows.costs
        lp.col_lower_ = [0.0] * len(rows.costs)
        lp.col_upper_ = [1.0] * spots + [highspy.kHighsInf] * (len(rows.costs) - spots)
        lp.row_lower_, lp.row_upper_ = rows.lower, rows.upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.begins, rows.columns, rows.values
        whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        lp.integrality_ = [whole] * spots + [real] * (len(rows.costs) - spots)
        return lp


def options_of(
    board: Board,
    candidate: Candidate,
    *,
    most: int | None = None,
    rooms: int | None = None,
    now: Spot | None = None,
) -> list[Option]:
    """Return the spots that an event may take beside those on the board, the cheapest first.

    At most so many, at each time in so many of the cheapest rooms; `now`, where it stands, is one of them anyhow.
    """
    free = board.free(candidate)
    starts = 0
    for found in free.values():
        starts |= found
    clashes = board.clash_costs(candidate, starts)
    options = [
        Option(candidate, spot, candidate.cost(spot) + clashes[spot.start])
        for room, found in free.items()
        for spot in (Spot(room, start) for start in bits_of(found))
    ]
    options.sort(key=lambda each: (each.cost, each.spot.start, each.spot.room))
    if most is None and rooms is None:
        return options
    kept: list[Option] = []
    of_start: dict[int, int] = defaultdict(int)
    for option in options:
        of_start[option.spot.start] += 1
        is_kept = (rooms is None or of_start[option.spot.start] <= rooms) and (most is None or len(kept) < most)
        if is_kept or option.spot == now:
            kept.append(option)
    return kept
