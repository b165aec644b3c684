"""The slot grid corrected: never while a booking is in its way that nobody has decided about (RULES 6)."""

from collections.abc import Mapping
from datetime import time, timedelta

import pytest

from cnd.actors import COMMAND
from cnd.errors import DomainError, Invalid, NotPermitted, Refused
from logistics.models import Waiting
from logistics.services.availability import availability
from logistics.services.booking_moves import cancel_booking
from logistics.services.grid_change import bookings_in_the_way, change_grid
from sessions.models import MeetingSession
from sessions.services.clock import shift_clock
from tests.logistics.bilaterals import (
    asked,
    at,
    booking_session,
    cells,
    expected_cells,
    held_by,
    met,
    now_of,
    offered_to,
    room,
    waits,
)
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, as_officer, correct, last_entry, state

pytestmark = pytest.mark.django_db

loaded = kept(lambda: booking_session().pk)
HOUR, HALF = {"slot": timedelta(hours=1)}, timedelta(minutes=30)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


def code(fault: pytest.ExceptionInfo[DomainError]) -> str:
    return fault.value.code


def changed(session: MeetingSession, values: Mapping[str, object], dispositions: object = None) -> None:
    change_grid(
        session=session,
        values=values,
        dispositions=dispositions or {},  # type: ignore[arg-type]
        reason="Longer talks",
        actor=as_officer(),
    )


def value(session: MeetingSession, key: str) -> object:
    return session.rules.get(scope="bilateral", key=key).value


def test_with_nothing_in_its_way_a_rule_of_the_grid_is_corrected_as_any(session: MeetingSession) -> None:
    correct(session, "bilateral.slot", 60 * 60)
    slots = availability(session=session, day=at(9).date())[0].slots
    assert [each.starts_at for each in slots][:2] == [at(9), at(10, 15)]


def test_a_booking_in_its_way_keeps_a_rule_from_being_corrected(session: MeetingSession) -> None:
    booking = asked(session, when=at(9, 45))
    with pytest.raises(Refused) as fault:
        correct(session, "bilateral.slot", 60 * 60)
    assert (code(fault), fault.value.details) == ("bookings_in_the_way", {"bookings": [f"booking/{booking.pk}"]})
    assert value(session, "slot") == 1800


@pytest.mark.parametrize(
    ("key", "new"),
    [
        ("day_opens", "09:30"),
        ("day_closes", "10:00"),
        ("first_day", "2024-03-15"),
        ("breaks", ["09:00-10:00"]),
        ("slot", 1200),
        ("between", 1800),
    ],
)
def test_every_rule_of_the_grid_asks_first(session: MeetingSession, key: str, new: object) -> None:
    asked(session, when=at(9, 45))
    with pytest.raises(Refused) as fault:
        correct(session, f"bilateral.{key}", new)
    assert code(fault) == "bookings_in_the_way"


@pytest.mark.parametrize(("key", "new"), [("slot", 420), ("day_opens", "09:01"), ("breaks", ["lunch"]), ("slot", 0)])
def test_a_value_that_makes_no_slots_is_refused(session: MeetingSession, key: str, new: object) -> None:
    with pytest.raises(Invalid) as fault:
        correct(session, f"bilateral.{key}", new)
    assert code(fault) == "grid_not_valid"


def test_each_booking_is_moved_cancelled_or_kept_in_the_same_transaction(session: MeetingSession) -> None:
    moved, cancelled = met(session, when=at(9, 45)), asked(session, "KE", "FR", where="b2", when=at(9, 45))
    stays = asked(session, "BG", "IN", where="b3", when=at(12, 45))
    assert [each.pk for each in bookings_in_the_way(session=session, values=HOUR)] == [
        moved.pk,
        cancelled.pk,
        stays.pk,
    ]
    changed(session, HOUR, {moved.pk: (room(session, "b4"), at(10, 15)), cancelled.pk: "cancel", stays.pk: "keep"})
    assert (now_of(moved).room.code, now_of(moved).ends_at, now_of(moved).sequence) == ("b4", at(11, 15), 1)
    assert (now_of(cancelled).state, now_of(cancelled).reason) == ("cancelled", "Longer talks")
    assert (now_of(stays).starts_at, now_of(stays).exception) == (at(12, 45), "grid")
    assert value(session, "slot") == 3600
    assert cells(session) == expected_cells(session)
    assert (last_entry(session).action, last_entry(session).reason) == ("change_grid", "Longer talks")


def test_what_moves_to_an_earlier_time_is_to_be_answered_before_that(session: MeetingSession) -> None:
    shift_clock(session=session, to=at(14, day=13), actor=COMMAND, reason="test")
    booking = asked(session, when=at(17, 15))
    assert booking.answer_by is not None
    assert booking.answer_by > at(9)
    changed(session, {"day_closes": time(17)}, {booking.pk: (room(session), at(9))})
    assert now_of(booking).answer_by == at(7)


def test_what_was_kept_is_in_nobodys_way_again(session: MeetingSession) -> None:
    booking = asked(session, when=at(9, 45))
    changed(session, HOUR, {booking.pk: "keep"})
    changed(session, {"slot": timedelta(minutes=40)})
    assert (value(session, "slot"), now_of(booking).exception) == (2400, "grid")


def test_one_left_out_refuses_it_all(session: MeetingSession) -> None:
    one, other = met(session, when=at(9, 45)), asked(session, "KE", "FR", where="b2", when=at(9, 45))
    with pytest.raises(Refused) as fault:
        changed(session, HOUR, {one.pk: "cancel"})
    assert fault.value.details == {"bookings": [f"booking/{other.pk}"]}
    assert (now_of(one).state, value(session, "slot")) == ("confirmed", 1800)


def test_a_move_onto_a_place_that_is_taken_refuses_it_all(session: MeetingSession) -> None:
    one, other = met(session, when=at(9, 45)), asked(session, "KE", "FR", where="b2", when=at(9, 45))
    to = (room(session), at(10, 15))
    with pytest.raises(Refused) as fault:
        changed(session, HOUR, {one.pk: to, other.pk: to})
    assert code(fault) == "slot_taken"
    assert (now_of(one).starts_at, value(session, "slot")) == (at(9, 45), 1800)
    assert cells(session) == expected_cells(session)


def test_what_stays_a_slot_is_held_with_the_new_time_between(session: MeetingSession) -> None:
    booking = asked(session)
    changed(session, {"between": HALF})
    assert (now_of(booking).starts_at, now_of(booking).exception) == (at(9), "")
    assert cells(session) == expected_cells(session, HALF)


def test_opening_and_closing_move_together(session: MeetingSession) -> None:
    changed(session, {"day_opens": time(19), "day_closes": time(22)})
    changed(session, {"day_opens": time(8), "day_closes": time(12)})
    assert (value(session, "day_opens"), value(session, "day_closes")) == ("08:00", "12:00")


def test_who_waits_for_what_is_no_slot_any_more_leaves_the_line(session: MeetingSession) -> None:
    booking = asked(session, when=at(9, 45))
    entry = waits(session, "KE", room=room(session), starts_at=at(9, 45))
    changed(session, HOUR, {booking.pk: "cancel"})
    assert Waiting.objects.get(pk=entry.pk).state == "lapsed"


def test_an_offer_that_stays_a_slot_stays_an_offer(session: MeetingSession) -> None:
    booking = asked(session)
    entry = waits(session, "KE", room=room(session), starts_at=at(9))
    cancel_booking(booking=booking, actor=as_focal_point(session, "AT"))
    changed(session, {"between": HALF})
    assert offered_to(entry) is not None
    assert cells(session) == expected_cells(session, HALF)
    changed(session, HOUR)
    assert offered_to(entry) is None
    assert Waiting.objects.get(pk=entry.pk).state in ("waiting", "lapsed")
    assert held_by(state(session, "KE")) == set()


def test_only_staff_change_the_grid_and_with_a_reason(session: MeetingSession) -> None:
    for actor, reason, refusal in (
        (as_focal_point(session, "AT"), "x", NotPermitted),
        (as_officer(), " ", Invalid),
    ):
        with pytest.raises(refusal):
            change_grid(session=session, values=HOUR, dispositions={}, reason=reason, actor=actor)
