"""The check of a programme, and that no problem makes the search break what it looks at."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.domain.placement import (
    Effort,
    Ended,
    Event,
    Placement,
    Problem,
    Proposal,
    Room,
    Violation,
    Window,
    check,
    place,
)
from tests.logistics.placing import QUARTER, at, event, hours, problem, room, stands

pytestmark = pytest.mark.once


def programme(**placements: Placement) -> Proposal:
    return Proposal(placements, {}, (), cost=0, bound=0, ended=Ended.BEST, rounds=0)


# --- what it finds ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("placement", "broken"),
    [
        (stands("r", 9, 10), []),
        (stands("r", 9, 10.5), ["wrong_length"]),
        (stands("r", 9.05, 10.05), ["no_multiple_of_five_minutes"]),
        (stands("r", 7, 8), ["outside_the_days"]),
        (stands("r", 11.5, 12.5), ["impossible_time"]),
        (stands(None, 9, 10), ["room_missing"]),
        (stands("nowhere", 9, 10), ["unknown_room"]),
        (stands("poor", 9, 10), ["room_not_accessible", "room_too_small", "room_without_equipment"]),
        (stands("r", 14.5, 15.5), ["room_closed"]),
        (stands("r", 13, 14), ["room_taken"]),
    ],
    ids=lambda value: "+".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_what_is_wrong_with_one_placement_is_named(placement: Placement, broken: list[str]) -> None:
    equipment = frozenset({"screen"})
    asked = event("a", attendance=50, equipment=equipment, needs_accessible=True, impossible=(hours(12, 13),))
    rooms = [
        room("r", equipment=equipment, open=(hours(0, 10), hours(10, 15)), taken=(hours(14, 14.5),)),
        room("poor", 10, accessible=False),
    ]
    assert check(problem([asked], rooms, hours(9, 18)), programme(a=placement)) == [
        Violation(what, ("a",)) for what in broken
    ]


def test_two_in_a_room_are_named_and_so_are_too_many_in_a_lane() -> None:
    asked = problem([event(key, lane="high") for key in "ab"], [room("r")], hours(9, 12), lanes={"high": 1})
    assert check(asked, programme(a=stands("r", 9, 10), b=stands("r", 9.5, 10.5))) == [
        Violation("lane_too_full", ("a", "b")),
        Violation("room_twice", ("a", "b")),
    ]


def test_missing_turnaround_is_two_in_a_room() -> None:
    asked = problem([event("a"), event("b")], [room("r")], hours(9, 12))
    assert check(asked, programme(a=stands("r", 9, 10), b=stands("r", 10, 11))) == [Violation("room_twice", ("a", "b"))]


def test_pinned_event_that_moved_is_named() -> None:
    asked = problem([event("a", pinned=stands("r", 9, 10))], [room("r")], hours(9, 12))
    assert check(asked, programme(a=stands("r", 10, 11))) == [Violation("pinned_moved", ("a",))]


def test_event_that_is_forgotten_or_invented_is_named() -> None:
    asked = problem([event("a")], [room("r")], hours(9, 12))
    assert check(asked, programme(b=stands("r", 9, 10))) == [
        Violation("neither_placed_nor_left_out", ("a",)),
        Violation("unknown_event", ("b",)),
    ]


# --- whatever is asked ------------------------------------------------------------------------------------------------

EQUIPMENT = ["screen", "booths"]
PEOPLE = ["AT", "BR", "KE", "RO"]


@st.composite
def windows(draw: st.DrawFn, most: int) -> tuple[Window, ...]:
    found = []
    for _ in range(draw(st.integers(0, most))):
        first, steps = at(8 + draw(st.integers(0, 47)) / 12, draw(st.integers(0, 1))), draw(st.integers(1, 30))
        found.append((first, first + steps * timedelta(minutes=5)))
    return tuple(found)


@st.composite
def rooms(draw: st.DrawFn, key: str) -> Room:
    return Room(
        key,
        draw(st.sampled_from([20, 60])),
        draw(st.frozensets(st.sampled_from(EQUIPMENT))),
        draw(st.booleans()),
        open=draw(st.sampled_from([(hours(8, 12), hours(8, 12, 1)), (hours(8, 10), hours(10, 11))])),
        taken=draw(windows(2)),
    )


@st.composite
def events(draw: st.DrawFn, key: str) -> Event:
    return Event(
        key,
        timedelta(minutes=draw(st.sampled_from([5, 30, 60, 90]))),
        draw(st.booleans()),
        draw(st.sampled_from([0, 20, 50])),
        draw(st.frozensets(st.sampled_from(EQUIPMENT), max_size=1)),
        draw(st.booleans()),
        draw(st.frozensets(st.sampled_from(PEOPLE), max_size=2)),
        draw(windows(2)),
        draw(windows(1)),
        lane=draw(st.sampled_from([None, "one", "two"])),
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    asked = problem(
        [draw(events(f"e{index}")) for index in range(draw(st.integers(0, 9)))],
        [draw(rooms(f"r{index}")) for index in range(draw(st.integers(0, 3)))],
        hours(8, 12),
        hours(8, 11, 1),
        lanes={"one": 1, "two": 2},
        busy={"AT": draw(windows(2))},
        turnaround=draw(st.sampled_from([timedelta(0), QUARTER])),
    )
    # Some stay where a first search put them, as if staff had moved and pinned them; some are only there now.
    now = place(asked, seconds=30).placements
    kept = draw(st.sets(st.sampled_from(sorted(now)))) if now else set()
    pinned = {key for key in sorted(kept) if draw(st.booleans())}
    return replace(
        asked,
        events=tuple(
            replace(each, pinned=now[each.key] if each.key in pinned else None, current=now[each.key])
            if each.key in kept
            else each
            for each in asked.events
        ),
    )


@given(problems())
@settings(deadline=None, max_examples=40)
def test_proposal_breaks_nothing_and_explains_whatever_it_leaves_out(asked: Problem) -> None:
    found = place(asked, seconds=30)
    assert check(asked, found) == []
    assert all(found.unplaced.values())


@given(problems())
@settings(deadline=None, max_examples=15)
def test_search_bit_by_bit_breaks_nothing_and_finds_nothing_better_than_the_best(asked: Problem) -> None:
    best = place(asked, seconds=30)
    found = place(asked, seconds=30, effort=Effort(solved_whole=0, patience=4))
    assert (best.ended, check(asked, found)) == (Ended.BEST, [])
    assert len(found.unplaced) >= len(best.unplaced)
    assert found.cost >= best.cost or list(found.unplaced) != list(best.unplaced)
