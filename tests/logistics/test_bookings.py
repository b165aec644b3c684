"""A slot of a room requested: what it holds, and every way in which that is refused (RULES 6)."""

from datetime import timedelta

import pytest
import time_machine

from cnd.errors import DomainError, Invalid, NotPermitted, Refused
from cnd.models import ResourceVersion
from cnd.versions import version_of
from logistics.models import Block, Booking, Cell
from logistics.services import occupancy
from logistics.services.booking_answers import confirm_booking
from logistics.services.bookings import approve_booking, edit_booking
from logistics.services.note_verbale import confirm_note, hand_in_note
from logistics.services.occupancy import Claim
from sessions.models import MeetingSession
from tests.logistics.bilaterals import (
    DAY_TWO,
    asked,
    at,
    booking_session,
    cells,
    expected_cells,
    held_by,
    met,
    now_of,
    real,
    room,
)
from tests.logistics.sent import PDF
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, as_officer, correct, last_entry, state

pytestmark = pytest.mark.django_db

loaded = kept(lambda: booking_session().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


def refusal(fault: pytest.ExceptionInfo[DomainError]) -> str:
    return fault.value.code


def test_a_request_holds_room_and_requester_and_never_the_counterpart(session: MeetingSession) -> None:
    booking = asked(session)
    assert (booking.state, booking.starts_at, booking.ends_at) == ("requested", at(9), at(9, 30))
    assert held_by(state(session, "AT")) == {booking.holder}
    assert held_by(state(session, "BR")) == set()
    assert cells(session) == expected_cells(session)
    # Half an hour and the quarter after it, in both layers.
    assert Cell.objects.filter(resource=booking.room.resource).count() == 2 * 9


def test_the_answer_is_due_within_a_day(session: MeetingSession) -> None:
    booking = asked(session)
    assert booking.answer_by == booking.arrived_at + timedelta(hours=24)


def test_the_answer_is_due_at_the_cut_off_where_that_is_earlier(session: MeetingSession) -> None:
    booking = asked(session, when=at(15), arrived_at=real(session, at(8)))
    assert booking.answer_by == at(13)


def test_a_delegation_may_take_a_room_for_its_own_use(session: MeetingSession) -> None:
    assert asked(session, counterpart=None).state == "agreed"


def test_own_use_is_refused_where_the_rules_do_not_let_it(session: MeetingSession) -> None:
    correct(session, "bilateral.own_use", False)
    with pytest.raises(Invalid) as fault:
        asked(session, counterpart=None)
    assert list(fault.value.fields) == ["counterpart"]


def test_a_taken_slot_is_refused_with_the_nearest_free_ones(session: MeetingSession) -> None:
    asked(session)
    with pytest.raises(Refused) as fault:
        asked(session, "KE", "FR")
    assert refusal(fault) == "slot_taken"
    assert fault.value.details["nearest"][:2] == [
        {"room": "b2", "starts_at": "2024-03-14T08:00:00.000000Z"},
        {"room": "b3", "starts_at": "2024-03-14T08:00:00.000000Z"},
    ]


def test_a_blocked_slot_is_taken(session: MeetingSession) -> None:
    block = Block.objects.create(room=room(session), starts_at=at(8), ends_at=at(9, 5), reason="Paint")
    occupancy.occupy(
        session=session, holder=block.holder, claims=[Claim(room(session).resource, block.starts_at, block.ends_at)]
    )
    with pytest.raises(Refused) as fault:
        asked(session)
    assert refusal(fault) == "slot_taken"


def test_a_requester_cannot_be_in_two_meetings_at_once(session: MeetingSession) -> None:
    asked(session)
    with pytest.raises(Refused) as fault:
        asked(session, counterpart="KE", where="b2")
    assert refusal(fault) == "requester_busy"


def test_no_counterpart_is_held_before_its_yes_however_many_ask(session: MeetingSession) -> None:
    asked(session, "AT", "BR", where="b1")
    asked(session, "KE", "BR", where="b2")
    assert asked(session, "BR", "FR", where="b3").state == "requested"


@pytest.mark.parametrize(
    ("when", "where", "field"),
    [
        (at(9, 10), "b1", "starts_at"),
        (at(18), "b1", "starts_at"),
        (at(9, day=16), "b1", "starts_at"),
        (at(9), "d1", "room"),
        (at(9), "m3", "room"),
    ],
)
def test_what_is_no_slot_is_not_booked(session: MeetingSession, when: object, where: str, field: str) -> None:
    with pytest.raises(Invalid) as fault:
        asked(session, when=when, where=where)  # type: ignore[arg-type]
    assert list(fault.value.fields) == [field]


def test_needs_are_checked_against_the_room_and_the_rule_book(session: MeetingSession) -> None:
    with pytest.raises(Invalid) as fault:
        asked(session, people=1000, equipment=["piano"])
    assert sorted(fault.value.fields) == ["equipment", "people"]


def test_nobody_meets_itself(session: MeetingSession) -> None:
    with pytest.raises(Invalid) as fault:
        asked(session, "AT", "AT")
    assert refusal(fault) == "counterpart_unfit"


def test_nobody_books_for_another_delegation(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        asked(session, "KE", "FR", actor=as_focal_point(session, "AT"))


# --- windows ----------------------------------------------------------------------------------------------------------


def test_booking_opens_at_its_instant_of_arrival(session: MeetingSession) -> None:
    opens = at(10).replace(month=2, day=1)
    with pytest.raises(Refused) as fault:
        asked(session, arrived_at=real(session, opens - timedelta(microseconds=1)))
    assert refusal(fault) == "not_open_yet"
    assert asked(session, arrived_at=real(session, opens)).state == "requested"


def test_the_last_microsecond_before_the_cut_off_counts(session: MeetingSession) -> None:
    with pytest.raises(Refused) as fault:
        asked(session, when=at(15), arrived_at=real(session, at(13)))
    assert refusal(fault) == "cut_off_passed"
    last = real(session, at(13) - timedelta(microseconds=1))
    assert asked(session, when=at(15), arrived_at=last).answer_by == at(13)


def test_after_the_cut_off_staff_may_with_a_reason(session: MeetingSession) -> None:
    late = real(session, at(14))
    with pytest.raises(Invalid) as fault:
        asked(session, when=at(15), arrived_at=late, actor=as_officer())
    assert list(fault.value.fields) == ["reason"]
    booking = asked(session, when=at(15), arrived_at=late, actor=as_officer(), reason="By telephone")
    assert (booking.exception, booking.exception_reason, booking.answer_by) == ("time", "By telephone", at(15))


# --- limits -----------------------------------------------------------------------------------------------------------


def test_the_third_slot_of_a_day_is_refused(session: MeetingSession) -> None:
    asked(session, when=at(9))
    asked(session, when=at(12), counterpart="KE")
    with pytest.raises(Refused) as fault:
        asked(session, when=at(15), counterpart="FR")
    assert (refusal(fault), fault.value.details) == ("limit_reached", {"limits": {"a_day": 2}})


def test_the_fifth_slot_in_all_is_refused(session: MeetingSession) -> None:
    correct(session, "bilateral.slots_a_day", 0)
    for hour, minute in ((9, 0), (10, 30), (12, 0), (13, 30)):
        asked(session, when=at(hour, minute))
    with pytest.raises(Refused) as fault:
        asked(session, when=at(15, day=DAY_TWO))
    assert fault.value.details == {"limits": {"in_all": 4}}


def test_the_third_slot_in_a_row_is_refused(session: MeetingSession) -> None:
    correct(session, "bilateral.slots_a_day", 0)
    asked(session, when=at(9))
    asked(session, when=at(10, 30))
    with pytest.raises(Refused) as fault:
        asked(session, when=at(9, 45))
    assert fault.value.details == {"limits": {"consecutive": 2}}


def test_staff_exceed_a_limit_with_a_reason(session: MeetingSession) -> None:
    correct(session, "bilateral.slots_in_all", 1)
    asked(session)
    beyond = asked(session, when=at(12), actor=as_officer(), reason="Two ministers")
    assert (beyond.exception, beyond.exception_reason) == ("limit", "Two ministers")


def test_who_is_asked_is_not_counted_unless_the_rules_count_both(session: MeetingSession) -> None:
    correct(session, "bilateral.slots_in_all", 1)
    met(session, "AT", "BR")
    assert asked(session, "BR", "FR", when=at(12)).state == "requested"
    correct(session, "bilateral.limits_count", "both")
    with pytest.raises(Refused) as fault:
        asked(session, "BR", "KE", when=at(15))
    assert refusal(fault) == "limit_reached"


# --- the note verbale -------------------------------------------------------------------------------------------------


def test_a_note_verbale_is_confirmed_once_where_the_rules_want_one(session: MeetingSession) -> None:
    correct(session, "bilateral.note_verbale_required", True)
    with pytest.raises(Refused) as fault:
        asked(session)
    assert refusal(fault) == "note_missing"
    austria = state(session, "AT")
    hand_in_note(delegation=austria, name="note.pdf", content=PDF, actor=as_focal_point(session, "AT"))
    with pytest.raises(Refused):
        asked(session)
    confirm_note(delegation=austria, actor=as_officer())
    assert asked(session).state == "requested"
    assert asked(session, when=at(12)).state == "requested"


def test_a_note_that_is_no_pdf_is_refused(session: MeetingSession) -> None:
    with pytest.raises(Invalid) as fault:
        hand_in_note(
            delegation=state(session, "AT"), name="x.pdf", content=b"<html>", actor=as_focal_point(session, "AT")
        )
    assert list(fault.value.fields) == ["file"]


# --- edited, confirmed by conference services -------------------------------------------------------------------------


def test_what_is_private_stands_in_the_journal_as_a_reference_alone(session: MeetingSession) -> None:
    asked(session, purpose="The gas pipeline", participants="Anna Example")
    entry = last_entry(session)
    assert (entry.action, entry.subject) == ("request_booking", "delegation:AT")
    assert "pipeline" not in str(entry.changes) + str(entry.resources)
    assert "Anna" not in str(entry.changes)


def test_what_is_not_given_stays(session: MeetingSession) -> None:
    booking = asked(session, purpose="Trade", people=4)
    edited = edit_booking(booking=booking, actor=as_focal_point(session, "AT"), participants="Anna Example")
    assert (edited.detail("purpose"), edited.detail("participants"), edited.people) == ("Trade", "Anna Example", 4)


def test_a_number_of_people_is_taken_back(session: MeetingSession) -> None:
    booking = asked(session, people=4)
    edit_booking(booking=booking, people=0, actor=as_focal_point(session, "AT"))
    assert now_of(booking).people is None


def test_the_counterpart_does_not_edit(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        edit_booking(booking=asked(session), actor=as_focal_point(session, "BR"), purpose="Other")


def test_conference_services_confirm_what_is_agreed(session: MeetingSession) -> None:
    booking = confirm_booking(booking=asked(session), actor=as_focal_point(session, "BR"))
    assert (booking.state, booking.sequence) == ("agreed", None)
    approved = approve_booking(booking=booking, actor=as_officer())
    assert (approved.state, approved.sequence) == ("confirmed", 0)
    with pytest.raises(NotPermitted):
        approve_booking(booking=booking, actor=as_focal_point(session, "AT"))


def test_without_conference_services_the_yes_is_all(session: MeetingSession) -> None:
    correct(session, "bilateral.confirmed_by", "automatic")
    booking = confirm_booking(booking=asked(session), actor=as_focal_point(session, "BR"))
    assert (booking.state, booking.sequence) == ("confirmed", 0)


def test_what_was_not_agreed_is_not_confirmed(session: MeetingSession) -> None:
    with pytest.raises(Refused) as fault:
        approve_booking(booking=asked(session), actor=as_officer())
    assert refusal(fault) == "not_agreed"


def test_availability_and_bookings_have_versions_of_their_own(session: MeetingSession) -> None:
    chain = session.chain
    booking = asked(session)
    name = f"booking/{booking.pk}"
    first = version_of(chain, name, "delegation:AT")
    assert first == version_of(chain, name, "delegation:BR")
    public = version_of(chain, "availability", ResourceVersion.PUBLIC)
    edit_booking(booking=booking, actor=as_focal_point(session, "AT"), purpose="Trade")
    assert version_of(chain, name, "delegation:BR") > first
    assert version_of(chain, "availability", ResourceVersion.PUBLIC) == public
    assert version_of(chain, name, "delegation:KE") == 0


def test_a_request_overdue_makes_way_for_the_next_one_before_any_sweep(session: MeetingSession) -> None:
    overdue = asked(session)
    assert overdue.answer_by
    with time_machine.travel(real(session, overdue.answer_by)):
        assert asked(session, "KE", "FR").state == "requested"
    assert Booking.objects.get(pk=overdue.pk).state == "lapsed"
    assert now_of(overdue).ended_by == "service"
