"""Waiting for rooms: who is offered what, for how long, and who comes next (RULES 6)."""

from datetime import date, time, timedelta

import pytest
import time_machine

from cnd.errors import DomainError, Invalid, Refused
from logistics.models import Block, Offer, Waiting
from logistics.services import occupancy
from logistics.services.booking_moves import cancel_booking, move_booking
from logistics.services.lapses import offer_free, settle_due
from logistics.services.occupancy import Claim
from logistics.services.waiting import accept_offer, decline_offer, lapse_waiting, leave_waiting
from sessions.models import MeetingSession
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
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, as_officer, correct, state

pytestmark = pytest.mark.django_db

loaded = kept(lambda: booking_session().pk)
AFTERNOON = {"day": date(2024, 3, 14), "from_time": time(13), "until_time": time(18)}


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


def code(fault: pytest.ExceptionInfo[DomainError]) -> str:
    return fault.value.code


def at_nine(session: MeetingSession, who: str) -> Waiting:
    return waits(session, who, room=room(session), starts_at=at(9))


def free_at_nine(session: MeetingSession) -> None:
    """Take the slot and give it back."""
    (booking,) = session.bookings.standing()
    cancel_booking(booking=booking, actor=as_officer(), reason="test")


def offer_of(entry: Waiting) -> Offer:
    offer = offered_to(entry)
    assert offer
    return offer


def test_a_freed_slot_is_held_for_the_first_in_line_at_once(session: MeetingSession) -> None:
    asked(session)
    first, second = at_nine(session, "KE"), at_nine(session, "FR")
    free_at_nine(session)
    offer = offer_of(first)
    assert (offer.room.code, offer.starts_at, offer.expires_at - offer.made_at) == ("b1", at(9), timedelta(hours=1))
    assert offered_to(second) is None
    with pytest.raises(Refused) as fault:
        asked(session, "BG", "FR")
    assert code(fault) == "slot_taken"
    assert cells(session) == expected_cells(session)


def test_it_goes_down_the_line_until_somebody_takes_it(session: MeetingSession) -> None:
    asked(session)
    line = [at_nine(session, who) for who in ("KE", "FR", "BG")]
    free_at_nine(session)
    first = offer_of(line[0])
    with time_machine.travel(session.chain.to_real(first.expires_at), tick=False):
        settle_due()
        second = offer_of(line[1])
        decline_offer(offer=second, actor=as_focal_point(session, "FR"))
        third = offer_of(line[2])
        booking = accept_offer(offer=third, actor=as_focal_point(session, "BG"))
    assert (booking.requester.code, booking.starts_at, booking.state) == ("BG", at(9), "agreed")
    assert [Waiting.objects.get(pk=each.pk).state for each in line] == ["lapsed", "left", "served"]
    assert cells(session) == expected_cells(session)


def test_an_offer_ends_at_its_instant(session: MeetingSession) -> None:
    asked(session)
    entry = at_nine(session, "KE")
    free_at_nine(session)
    offer, kenya = offer_of(entry), as_focal_point(session, "KE")
    with pytest.raises(Refused) as fault:
        accept_offer(offer=offer, actor=kenya, arrived_at=session.chain.to_real(offer.expires_at))
    assert code(fault) == "offer_ended"
    last = session.chain.to_real(offer.expires_at - timedelta(microseconds=1))
    first = accept_offer(offer=offer, actor=kenya, arrived_at=last)
    assert accept_offer(offer=offer, actor=kenya).pk == first.pk


def test_who_waits_for_any_room_is_offered_what_suits(session: MeetingSession) -> None:
    take_all(session)
    entry = waits(session, "KE", people=15, **AFTERNOON)
    bookings = {each.room.code: each for each in session.bookings.standing().select_related("room")}
    cancel_booking(booking=bookings["b1"], actor=as_officer(), reason="test")
    assert offered_to(entry) is None  # twelve seats
    cancel_booking(booking=bookings["b6"], actor=as_officer(), reason="test")
    assert offer_of(entry).room.code == "b6"


def take_all(session: MeetingSession) -> None:
    """Have every room booked at two o'clock, and nothing else be a slot of that afternoon."""
    correct(session, "bilateral.slot", 120 * 60)
    correct(session, "bilateral.day_opens", "14:00")
    for number, who in enumerate(("AT", "BG", "BR", "FR", "IN", "US"), start=1):
        asked(session, who, None, where=f"b{number}", when=at(14))


def test_who_waits_for_any_room_stays_in_line_after_a_no_and_is_not_asked_twice(session: MeetingSession) -> None:
    take_all(session)
    entry = waits(session, "KE", **AFTERNOON)
    first, second = session.bookings.standing().order_by("pk")[:2]
    cancel_booking(booking=first, actor=as_officer(), reason="test")
    decline_offer(offer=offer_of(entry), actor=as_focal_point(session, "KE"))
    offer_free()
    assert offered_to(entry) is None
    cancel_booking(booking=second, actor=as_officer(), reason="test")
    assert offer_of(entry).room.code == "b2"


def test_who_is_busy_or_has_all_its_slots_is_passed_over(session: MeetingSession) -> None:
    correct(session, "bilateral.slots_in_all", 1)
    asked(session)
    busy, full, third = at_nine(session, "KE"), at_nine(session, "FR"), at_nine(session, "BG")
    met(session, "IN", "KE", where="b2")
    met(session, "FR", "IN", where="b3", when=at(12))
    free_at_nine_of(session, "AT")
    assert [offered_to(each) is not None for each in (busy, full, third)] == [False, False, True]


def free_at_nine_of(session: MeetingSession, who: str) -> None:
    booking = session.bookings.standing().get(requester__code=who)
    cancel_booking(booking=booking, actor=as_officer(), reason="test")


def test_a_slot_left_by_a_move_is_offered(session: MeetingSession) -> None:
    booking, entry = asked(session), at_nine(session, "KE")
    move_booking(booking=booking, room=room(session, "b2"), starts_at=at(9), actor=as_officer())
    assert offer_of(entry).room.code == "b1"


def test_a_slot_that_a_lifted_block_sets_free_is_offered_by_the_sweep(session: MeetingSession) -> None:
    block = Block.objects.create(room=room(session), starts_at=at(9), ends_at=at(9, 30), reason="Paint")
    claim = Claim(room(session).resource, block.starts_at, block.ends_at)
    occupancy.occupy(session=session, holder=block.holder, claims=[claim])
    entry = at_nine(session, "KE")
    offer_free()
    assert offered_to(entry) is None
    occupancy.release(holder=block.holder)
    offer_free()
    assert offer_of(entry).starts_at == at(9)


def test_from_the_cut_off_on_nothing_is_offered(session: MeetingSession) -> None:
    booking = asked(session, when=at(15))
    entry = waits(session, "KE", room=room(session), starts_at=at(15))
    with time_machine.travel(real(session, at(13)), tick=False):
        cancel_booking(booking=booking, actor=as_officer(), reason="test")
    assert offered_to(entry) is None
    assert now_of(booking).state == "cancelled"


def test_the_same_wish_again_is_the_same_place_in_line(session: MeetingSession) -> None:
    asked(session)
    assert at_nine(session, "KE").pk == at_nine(session, "KE").pk


def test_who_leaves_gives_what_is_offered_to_the_next(session: MeetingSession) -> None:
    asked(session)
    first, second = at_nine(session, "KE"), at_nine(session, "FR")
    free_at_nine(session)
    assert leave_waiting(entry=first, actor=as_focal_point(session, "KE")).state == "left"
    assert offer_of(second).state == "open"
    assert leave_waiting(entry=second, actor=as_focal_point(session, "FR")).state == "left"
    assert sum(cells(session).values()) == 0


def test_whose_hours_are_over_leaves_the_line(session: MeetingSession) -> None:
    asked(session)
    entry = at_nine(session, "KE")
    with time_machine.travel(real(session, at(9, 30)), tick=False):
        lapse_waiting()
    assert Waiting.objects.get(pk=entry.pk).state == "lapsed"


@pytest.mark.parametrize(
    "wish",
    [{}, {"starts_at": at(9, 10)}, {"day": date(2024, 3, 20)}, {"day": date(2024, 3, 14), "until_time": time(9)}],
)
def test_a_wish_in_which_no_slot_lies_is_refused(session: MeetingSession, wish: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        waits(session, "KE", **wish)


def test_what_was_said_when_waiting_stands_in_the_booking(session: MeetingSession) -> None:
    asked(session)
    entry = waits(
        session, "KE", room=room(session), starts_at=at(9), counterpart=state(session, "FR"), purpose="Trade", people=4
    )
    free_at_nine(session)
    booking = accept_offer(offer=offer_of(entry), actor=as_focal_point(session, "KE"))
    assert (booking.counterpart, booking.detail("purpose"), booking.people) == (state(session, "FR"), "Trade", 4)
