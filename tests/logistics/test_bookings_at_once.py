"""Several who act on bookings at one moment: one order of things, and nothing ever in two places."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from cnd import journal
from cnd.actors import COMMAND
from logistics.models import Booking, Offer
from logistics.services.booking_answers import confirm_booking, decline_booking
from logistics.services.booking_moves import cancel_booking, move_booking, swap_bookings
from logistics.services.check_in import check_in
from logistics.services.grid_change import change_grid
from logistics.services.lapses import settle_due
from logistics.services.waiting import accept_offer
from sessions.models import MeetingSession
from sessions.services.clock import shift_clock
from tests.logistics.bilaterals import (
    asked,
    at,
    booking_session,
    cells,
    expected_cells,
    met,
    now_of,
    offered_to,
    real,
    room,
    waits,
)
from tests.sessions.scenes import as_focal_point, as_officer
from tests.threads import PATIENCE_S, at_once, kinds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

ROOMS = ("b1", "b2", "b3", "b4")


@pytest.fixture
def session() -> MeetingSession:
    return booking_session()


def counted(*calls: Callable[[], Any]) -> dict[str, int]:
    """Count the outcomes of calls at once: a booking by its state, a refusal by its code."""
    return kinds([each if isinstance(each, Exception) else State(each.state) for each in at_once(*calls)])


class State(str):
    def __repr__(self) -> str:
        return str(self)


def as_each(session: MeetingSession, *codes: str) -> dict[str, Any]:
    """Return who acts for each: accounts are made before the threads begin."""
    return {code: as_focal_point(session, code) for code in codes}


def test_one_delegation_at_many_doors_gets_no_more_than_its_limit(session: MeetingSession) -> None:
    austria = as_each(session, "AT")["AT"]
    places = [(where, at(hour)) for where, hour in zip(ROOMS, (9, 12, 15, 12), strict=True)]
    found = counted(
        *(lambda place=place: asked(session, where=place[0], when=place[1], actor=austria) for place in places)
    )
    assert found.pop("requested") == 2
    assert set(found) <= {"limit_reached", "requester_busy"}
    assert cells(session) == expected_cells(session)


def test_of_many_at_one_slot_one_has_it(session: MeetingSession) -> None:
    actors = as_each(session, "AT", "KE", "FR", "BG")
    found = counted(*(lambda code=code: asked(session, code, None, actor=actors[code]) for code in actors))
    assert found == {"agreed": 1, "slot_taken": 3}
    assert cells(session) == expected_cells(session)


def test_who_is_asked_by_many_says_yes_to_one_at_a_time(session: MeetingSession) -> None:
    brazil = as_each(session, "BR")["BR"]
    requests = [asked(session, code, "BR", where=where) for code, where in zip(("AT", "KE", "FR"), ROOMS, strict=False)]
    found = counted(*(lambda each=each: confirm_booking(booking=each, actor=brazil) for each in requests))
    assert found == {"agreed": 1, "counterpart_busy": 2}
    assert cells(session) == expected_cells(session)


def test_two_crossing_requests_confirmed_at_once_become_one_meeting(session: MeetingSession) -> None:
    actors = as_each(session, "AT", "BR")
    one, other = asked(session, "AT", "BR", where="b1"), asked(session, "BR", "AT", where="b2")
    found = counted(
        lambda: confirm_booking(booking=one, actor=actors["BR"]),
        lambda: confirm_booking(booking=other, actor=actors["AT"]),
    )
    assert found == {"agreed": 1, "booking_ended": 1}
    assert sorted(now_of(each).state for each in (one, other)) == ["agreed", "cancelled"]
    assert cells(session) == expected_cells(session)


def test_confirmed_declined_moved_and_cancelled_at_once_it_ends_in_one_state(session: MeetingSession) -> None:
    actors, staff, booking = as_each(session, "AT", "BR"), as_officer(), asked(session)
    outcomes = at_once(
        lambda: confirm_booking(booking=booking, actor=actors["BR"]),
        lambda: decline_booking(booking=booking, actor=actors["BR"]),
        lambda: move_booking(booking=booking, room=room(session, "b2"), starts_at=at(12), actor=staff),
        lambda: cancel_booking(booking=booking, actor=actors["AT"]),
    )
    assert set(kinds([each for each in outcomes if isinstance(each, Exception)])) <= {"booking_ended", "answered"}
    assert now_of(booking).state in ("declined", "cancelled")
    assert sum(cells(session).values()) == 0
    assert journal.verify(session.chain) > 0


def test_moves_and_swaps_at_once_wait_for_one_another(session: MeetingSession) -> None:
    staff = as_officer()
    one, other = met(session, "AT", "BR", where="b1"), met(session, "KE", "FR", where="b2")
    third = met(session, "BG", "IN", where="b3")
    outcomes = at_once(
        lambda: swap_bookings(one=one, other=other, actor=staff),
        lambda: swap_bookings(one=other, other=third, actor=staff),
        lambda: move_booking(booking=one, room=room(session, "b4"), starts_at=at(9), actor=staff),
        lambda: move_booking(booking=third, room=room(session, "b4"), starts_at=at(9), actor=staff),
    )
    assert set(kinds([each for each in outcomes if isinstance(each, Exception)])) <= {"slot_taken"}
    assert Booking.objects.standing().count() == 3
    assert cells(session) == expected_cells(session)


def test_who_checks_in_in_time_keeps_the_room_that_is_just_being_released(session: MeetingSession) -> None:
    austria, booking = as_each(session, "AT")["AT"], met(session)
    shift_clock(session=session, to=at(9, 11), actor=COMMAND, reason="test")
    sweep = threading.Thread(target=swept, daemon=True)
    with transaction.atomic():
        check_in(booking=now_of(booking), actor=austria, arrived_at=real(session, at(9, 9)))
        sweep.start()
        until_one_waits()
    sweep.join(PATIENCE_S)
    assert now_of(booking).state == "held"
    assert cells(session) == expected_cells(session)


def swept() -> None:
    try:
        settle_due()
    finally:
        connections.close_all()


def until_one_waits() -> None:
    """Wait until another connection waits for what this one holds."""
    until = time.monotonic() + PATIENCE_S
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_a_freed_slot_is_offered_to_each_in_line_once(session: MeetingSession) -> None:
    actors = as_each(session, "AT", "BG", "KE", "FR")
    one, other = asked(session, "AT", None, where="b1"), asked(session, "BG", None, where="b2")
    line = [
        waits(session, who, room=room(session, where), starts_at=at(9)) for who in ("KE", "FR") for where in ROOMS[:2]
    ]
    at_once(
        lambda: cancel_booking(booking=one, actor=actors["AT"]),
        lambda: cancel_booking(booking=other, actor=actors["BG"]),
    )
    assert [offered_to(each) is not None for each in line] == [True, True, False, False]
    offers = [offered_to(each) for each in line[:2]]
    found = counted(*(lambda offer=offer: accept_offer(offer=offer, actor=actors["KE"]) for offer in offers))
    assert found == {"agreed": 1, "requester_busy": 1}
    assert Offer.objects.filter(state="open").count() == 1
    assert cells(session) == expected_cells(session)


def test_a_request_and_a_change_of_the_grid_never_pass_one_another(session: MeetingSession) -> None:
    actors, staff = as_each(session, "AT"), as_officer()
    values = {"slot": 60 * 60}
    outcomes = at_once(
        lambda: asked(session, when=at(9, 45), actor=actors["AT"]),
        lambda: change_grid(session=session, values=values, dispositions={}, reason="x", actor=staff),
    )
    assert kinds([each for each in outcomes if isinstance(each, Exception)]) in (
        {"no_such_slot": 1},
        {"bookings_in_the_way": 1},
    )
    assert cells(session) == expected_cells(session)
