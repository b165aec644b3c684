"""What the solver proposes: small programmes whose best is known."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest

from logistics.domain.placement import Ended, Progress, Proposal, check, place
from logistics.domain.placement.problem import Problem
from tests.logistics.placing import HOUR, at, event, hours, many, problem, room, stands

pytestmark = pytest.mark.once


def proposed(asked: Problem) -> Proposal:
    """Have it placed, and see to it that nothing is broken."""
    found = place(asked, seconds=20)
    assert check(asked, found) == []
    return found


# --- what is not to be bargained for ----------------------------------------------------------------------------------


def test_events_of_a_room_leave_the_turnaround_between_them() -> None:
    found = proposed(problem([event("a"), event("b"), event("c")], [room("r")], hours(9, 12.5)))
    starts = sorted(each.starts_at for each in found.placements.values())
    assert starts == [at(9), at(10.25), at(11.5)]


def test_turnaround_is_kept_before_what_others_have_of_the_room() -> None:
    found = proposed(problem([event("a")], [room("r", taken=(hours(10, 11),))], hours(9, 12)))
    assert found.placements == {"a": stands("r", 11, 12)}


def test_as_many_of_a_lane_take_place_at_once_as_it_allows() -> None:
    events = [event(key, lane="high") for key in "abcd"]
    rooms = [room(key) for key in "rstu"]
    one = proposed(problem(events, rooms, hours(9, 11), lanes={"high": 1}))
    two = proposed(problem(events, rooms, hours(9, 11), lanes={"high": 2}))
    assert (list(one.placements), list(two.placements)) == (["a", "b"], ["a", "b", "c", "d"])


def test_event_without_a_room_takes_the_lane_and_no_room() -> None:
    events = [event("a", needs_room=False, lane="high"), event("b", lane="high")]
    found = proposed(problem(events, [room("r")], hours(9, 11), lanes={"high": 1}))
    assert found.placements == {"a": stands(None, 9, 10), "b": stands("r", 10, 11)}


def test_impossible_times_are_kept_free() -> None:
    found = proposed(problem([event("a", impossible=(hours(9.5, 10.5),))], [room("r")], hours(9, 12)))
    assert found.placements == {"a": stands("r", 10.5, 11.5)}


def test_room_has_the_seats_the_equipment_and_the_access_that_are_needed() -> None:
    rooms = [
        room("small", 20, equipment=frozenset({"screen"})),
        room("bare", 50),
        room("upstairs", 50, equipment=frozenset({"screen"}), accessible=False),
        room("fit", 300, equipment=frozenset({"screen", "booths"})),
    ]
    asked = event("a", attendance=40, equipment=frozenset({"screen"}), needs_accessible=True)
    assert proposed(problem([asked], rooms, hours(9, 10))).placements == {"a": stands("fit", 9, 10)}


def test_pinned_event_stays_and_the_others_make_way() -> None:
    events = [event("a", wished=(hours(9, 10),)), event("b", pinned=stands("r", 9, 10))]
    found = proposed(problem(events, [room("r")], hours(9, 12)))
    assert found.placements == {"a": stands("r", 10.25, 11.25), "b": stands("r", 9, 10)}


def test_pinned_event_stays_even_in_a_room_that_it_should_not_have() -> None:
    pinned = event("a", attendance=500, pinned=stands("r", 7, 9.5))
    found = proposed(problem([pinned], [room("r", 10, open=())], hours(9, 12)))
    assert found.placements == {"a": stands("r", 7, 9.5)}


# --- as many as possible ----------------------------------------------------------------------------------------------


def test_long_event_gives_way_where_two_short_ones_fit() -> None:
    events = [event("long", timedelta(hours=3)), event("b"), event("c")]
    found = proposed(problem(events, [room("r")], hours(9, 12)))
    assert (list(found.placements), list(found.unplaced), found.ended) == (["b", "c"], ["long"], Ended.BEST)


def test_later_receipt_is_left_out_even_where_it_wishes_what_the_others_do_not() -> None:
    first, second = event("first", wished=(hours(20, 21),)), event("second", wished=(hours(20, 21),))
    found = proposed(problem([first, second, event("late", wished=(hours(9, 10),))], [room("r")], hours(9, 11.5)))
    assert list(found.unplaced) == ["late"]


def test_narrow_event_finds_room_between_those_that_could_stand_anywhere() -> None:
    events = [event(key, lane="high") for key in "abc"]
    events.append(event("narrow", lane="high", impossible=(hours(0, 10), hours(11, 24))))
    found = proposed(problem(events, [room("r"), room("s")], hours(9, 13), lanes={"high": 1}))
    assert (found.unplaced, found.placements["narrow"].starts_at) == ({}, at(10))


# --- what is weighed --------------------------------------------------------------------------------------------------


def test_wished_time_is_met_for_all_where_that_can_be() -> None:
    events = [
        event("a", wished=(hours(9, 12),)),
        event("b", wished=(hours(9, 10),)),
        event("c", wished=(hours(10, 13),)),
    ]
    found = proposed(problem(events, [room("r")], hours(8, 14)))
    assert (found.unmet, found.cost, found.placements["b"]) == ((), 0, stands("r", 9, 10))


def test_nobody_is_in_two_places_even_at_the_price_of_a_wish() -> None:
    one = event("a", people=frozenset({"AT"}), wished=(hours(9, 10),))
    found = proposed(problem([one, replace(one, key="b")], [room("r"), room("s")], hours(9, 12)))
    starts = sorted(each.starts_at for each in found.placements.values())
    assert starts == [at(9), at(10)]


def test_somebody_is_in_two_places_rather_than_an_event_left_out() -> None:
    events = [event("a", people=frozenset({"AT"})), event("b", people=frozenset({"AT"}))]
    assert proposed(problem(events, [room("r"), room("s")], hours(9, 10))).unplaced == {}


def test_busy_time_is_avoided_but_not_at_the_price_of_a_wish() -> None:
    free, wishing = event("a", people=frozenset({"AT"})), event("b", people=frozenset({"AT"}), wished=(hours(9, 10),))
    busy = {"AT": (hours(9, 9.1),)}
    avoided = proposed(problem([free], [room("r")], hours(9, 11), busy=busy))
    wished = proposed(problem([wishing], [room("r")], hours(9, 11), busy=busy))
    assert (avoided.placements["a"].starts_at, wished.placements["b"].starts_at) == (at(9.25), at(9))


def test_smallest_room_that_does_is_taken() -> None:
    rooms = [room("hall", 500), room("small", 20), room("middle", 60)]
    found = proposed(problem([event("a", attendance=40), event("b", attendance=10)], rooms, hours(9, 10)))
    assert {key: each.room for key, each in found.placements.items()} == {"a": "middle", "b": "small"}


def test_event_stays_where_it_is_unless_there_is_a_wish_to_gain() -> None:
    stays = event("stays", current=stands("hall", 10 + 5 / 60, 11 + 5 / 60))
    goes = event("goes", current=stands("small", 9, 10), wished=(hours(10, 12),))
    found = proposed(problem([stays, goes], [room("hall", 500), room("small", 20)], hours(9, 12)))
    assert found.placements == {"stays": stays.current, "goes": stands("small", 10, 11)}


# --- the search -------------------------------------------------------------------------------------------------------


def test_search_keeps_to_its_time_and_says_that_it_was_over() -> None:
    asked, began = many(), monotonic()
    found = place(asked, seconds=1)
    assert (found.ended, monotonic() - began < 5, check(asked, found)) == (Ended.TIME, True, [])


def test_cancelled_search_proposes_the_best_it_has() -> None:
    asked, seen = many(), list[Progress]()
    found = place(asked, seconds=60, on_progress=seen.append, is_cancelled=lambda: any(each.rounds for each in seen))
    assert (found.ended, len(found.placements), check(asked, found)) == (Ended.CANCELLED, 60, [])


def test_search_cancelled_from_the_first_leaves_all_out_and_says_that_it_did_not_come_to_them() -> None:
    found = place(problem([event("a")], [room("r")], hours(9, 12)), seconds=60, is_cancelled=lambda: True)
    assert (found.placements, [each.why for each in found.unplaced["a"]]) == ({}, ["not_reached"])


def test_progress_rises_to_what_is_proposed() -> None:
    asked, seen = many(), list[Progress]()
    found = place(asked, seconds=2, on_progress=seen.append)
    costs = [each.cost for each in seen]
    assert (seen[0].phase, seen[-1].phase, seen[-1].cost) == ("first", "done", found.cost)
    assert costs == sorted(costs, reverse=True)


def test_failure_of_the_one_who_is_told_comes_out_of_the_search() -> None:
    def fail(progress: Progress) -> None:
        if progress.phase == "improving":
            raise LookupError("lost")

    asked = problem([event(key, lane="high", wished=(hours(9, 10),)) for key in "abcdef"], [room("r")], hours(9, 17))
    with pytest.raises(LookupError, match="lost"):
        place(
            Problem(asked.events, asked.rooms, asked.days, asked.turnaround, {"high": 1}), seconds=20, on_progress=fail
        )


def test_same_problem_gives_the_same_programme_in_another_process() -> None:
    code = (
        "from logistics.domain.placement import Effort, place\n"
        "from tests.logistics.placing import many\n"
        "found = place(many(20), seconds=60, effort=Effort(solved_whole=0, patience=4))\n"
        "print(found.ended, found.cost, sorted((key, str(each)) for key, each in found.placements.items()))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert (len(answers), answers.pop().startswith("settled")) == (1, True)


def test_lengths_that_are_no_multiple_of_five_minutes_are_refused() -> None:
    with pytest.raises(ValueError, match="no multiple of five minutes"):
        place(problem([event("a", HOUR + timedelta(minutes=1))], [room("r")], hours(9, 12)), seconds=1)


def test_lane_that_nobody_named_is_refused() -> None:
    with pytest.raises(KeyError, match="high"):
        place(problem([event("a", lane="high")], [room("r")], hours(9, 12)), seconds=1)
