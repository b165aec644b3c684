"""What could not be satisfied, and why, in codes and facts."""

import pytest

from logistics.domain.placement import Event, Problem, Reason, Unmet, Why, Wish, place
from tests.logistics.placing import event, hours, problem, room, stands

pytestmark = pytest.mark.once

SCREEN = frozenset({"screen"})


def left_out(asked: Problem, key: str = "a") -> tuple[Reason, ...]:
    return place(asked, seconds=20).unplaced[key]


def unmet(asked: Problem) -> tuple[Unmet, ...]:
    return place(asked, seconds=20).unmet


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (event("a", attendance=200), Reason(Why.NO_ROOM_BIG_ENOUGH, {"attendance": 200, "largest": 100})),
        (event("a", equipment=frozenset({"booths"})), Reason(Why.NO_ROOM_WITH, {"equipment": "booths"})),
        (event("a", attendance=60, needs_accessible=True), Reason(Why.NO_ROOM_ACCESSIBLE)),
        (event("a", equipment=SCREEN, needs_accessible=True), Reason(Why.NO_ROOM_WITH_ALL)),
        (event("a", hours(0, 4)[1] - hours(0, 4)[0]), Reason(Why.TOO_LONG, {"minutes": 240})),
        (event("a", impossible=(hours(0, 11.5),)), Reason(Why.ONLY_IMPOSSIBLE_TIMES)),
        (event("a", equipment=SCREEN), Reason(Why.ROOMS_CLOSED, {"rooms": ["big"]})),
    ],
    ids=lambda value: value.why if isinstance(value, Reason) else "",
)
def test_reason_is_named_where_an_event_fits_nowhere(asked: Event, reason: Reason) -> None:
    rooms = [room("big", 100, equipment=SCREEN, accessible=False, taken=(hours(8, 11.5),)), room("small", 50)]
    assert left_out(problem([asked], rooms, hours(9, 12))) == (reason,)


def test_full_lane_is_named_with_those_who_fill_it() -> None:
    events = [event(key, lane="high") for key in "ba"]
    asked = problem(events, [room("r"), room("s")], hours(9, 10), lanes={"high": 1})
    assert left_out(asked) == (Reason(Why.LANE_FULL, {"lane": "high", "at_once": 1, "events": ["b"]}),)


def test_full_rooms_are_named_with_those_who_fill_them() -> None:
    events = [event("c", pinned=stands("far", 9, 10)), event("b"), event("a")]
    asked = problem(events, [room("r"), room("far", open=())], hours(9, 11))
    assert left_out(asked) == (Reason(Why.ROOMS_FULL, {"rooms": ["far", "r"], "events": ["b"]}),)


def test_time_not_as_wished_names_those_who_have_the_rooms() -> None:
    events = [event("b", pinned=stands("r", 9, 10)), event("a", wished=(hours(9, 10),))]
    reason = Reason(Why.ROOMS_FULL, {"rooms": ["r"], "events": ["b"]})
    assert unmet(problem(events, [room("r")], hours(9, 12))) == (Unmet("a", Wish.TIME, (reason,)),)


def test_time_not_as_wished_names_the_event_at_which_its_organiser_is() -> None:
    austria = frozenset({"AT"})
    events = [event("b", people=austria, pinned=stands("r", 9, 10)), event("a", people=austria, wished=(hours(9, 10),))]
    reason = Reason(Why.CLASH, {"event": "b", "people": ["AT"]})
    assert unmet(problem(events, [room("r"), room("s")], hours(9, 12))) == (Unmet("a", Wish.TIME, (reason,)),)


def test_wish_for_an_impossible_time_or_one_too_short_is_named() -> None:
    events = [
        event("a", wished=(hours(9, 10),), impossible=(hours(9, 9.5),)),
        event("b", wished=(hours(9, 9.5),)),
    ]
    assert unmet(problem(events, [room("r"), room("s")], hours(9, 12))) == (
        Unmet("a", Wish.TIME, (Reason(Why.ONLY_IMPOSSIBLE_TIMES),)),
        Unmet("b", Wish.TIME, (Reason(Why.TOO_LONG, {"minutes": 60}),)),
    )


def test_delegation_in_two_places_is_told_of_once_with_the_later_receipt() -> None:
    events = [event("a", people=frozenset({"AT", "KE"})), event("b", people=frozenset({"AT", "RO"}))]
    reason = Reason(Why.CLASH, {"event": "a", "people": ["AT"]})
    assert unmet(problem(events, [room("r"), room("s")], hours(9, 10))) == (Unmet("b", Wish.PEOPLE, (reason,)),)


def test_delegation_known_to_be_elsewhere_is_named() -> None:
    asked = problem(
        [event("a", people=frozenset({"AT", "KE"}))], [room("r")], hours(9, 10), busy={"KE": (hours(9, 11),)}
    )
    assert unmet(asked) == (Unmet("a", Wish.FREE, (Reason(Why.BUSY, {"people": ["KE"]}),)),)


def test_room_that_a_pinned_event_should_not_have_is_named() -> None:
    pinned = event("a", attendance=500, equipment=SCREEN, needs_accessible=True, pinned=stands("r", 9, 10))
    assert unmet(problem([pinned], [room("r", 10, accessible=False)], hours(9, 12))) == (
        Unmet(
            "a",
            Wish.ROOM,
            (
                Reason(Why.ROOM_TOO_SMALL, {"room": "r", "attendance": 500, "capacity": 10}),
                Reason(Why.ROOM_WITHOUT, {"room": "r", "equipment": ["screen"]}),
                Reason(Why.ROOM_NOT_ACCESSIBLE, {"room": "r"}),
            ),
        ),
    )
