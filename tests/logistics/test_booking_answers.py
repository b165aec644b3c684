"""The counterpart's yes, no and other time; moving, swapping, cancelling, checking in, and what the clock decides."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import translation

from cnd import journal
from cnd.errors import DomainError, Invalid, NotFound, NotPermitted, Refused
from cnd.versions import Outdated, version_of
from logistics.models import Booking, Proposal
from logistics.services.booking_answers import (
    accept_proposal,
    confirm_booking,
    decline_booking,
    propose_time,
    refuse_proposal,
)
from logistics.services.booking_holds import audience_of, resource_name
from logistics.services.booking_moves import cancel_booking, move_booking, swap_bookings
from logistics.services.booking_outlook import outlook, warnings_for
from logistics.services.busy import Busy, busy_times, register_busy
from logistics.services.check_in import check_in, check_in_by_token, check_in_token
from logistics.services.lapses import settle_due
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
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, as_officer, correct, count_entries, last_entry, state

pytestmark = pytest.mark.django_db

loaded = kept(lambda: booking_session().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


def code(fault: pytest.ExceptionInfo[DomainError]) -> str:
    return fault.value.code


def test_from_its_yes_on_the_counterpart_is_held(session: MeetingSession) -> None:
    booking = confirm_booking(booking=asked(session), actor=as_focal_point(session, "BR"))
    assert held_by(state(session, "BR")) == {booking.holder}
    assert cells(session) == expected_cells(session)


def test_a_second_yes_changes_nothing(session: MeetingSession) -> None:
    booking = met(session)
    entries = count_entries(session)
    assert confirm_booking(booking=booking, actor=as_officer()).steps == booking.steps
    assert count_entries(session) == entries


def test_a_counterpart_found_busy_is_refused_and_the_request_stays(session: MeetingSession) -> None:
    met(session, "AT", "BR", where="b1")
    request = asked(session, "KE", "BR", where="b2")
    with pytest.raises(Refused) as fault:
        confirm_booking(booking=request, actor=as_focal_point(session, "BR"))
    assert (code(fault), now_of(request).state) == ("counterpart_busy", "requested")
    assert cells(session) == expected_cells(session)


def test_confirming_one_of_two_crossing_requests_cancels_the_other(session: MeetingSession) -> None:
    one = asked(session, "AT", "BR", where="b1")
    other = asked(session, "BR", "AT", where="b2")
    confirm_booking(booking=one, actor=as_focal_point(session, "BR"))
    assert [now_of(each).state for each in (one, other)] == ["agreed", "cancelled"]
    assert cells(session) == expected_cells(session)


def test_why_a_crossing_request_ended_is_told_in_the_readers_language(session: MeetingSession) -> None:
    one = asked(session, "AT", "BR", where="b1")
    other = asked(session, "BR", "AT", where="b2")
    with translation.override("fr"):
        confirm_booking(booking=one, actor=as_focal_point(session, "BR"))
        in_french = now_of(other).reason_told
    assert now_of(other).reason_told == ("The two delegations meet at another time: the other request was confirmed.")
    assert in_french != now_of(other).reason_told


def test_an_answer_counts_until_the_last_microsecond(session: MeetingSession) -> None:
    booking = asked(session)
    assert booking.answer_by
    with pytest.raises(Refused) as fault:
        confirm_booking(
            booking=booking, actor=as_focal_point(session, "BR"), arrived_at=real(session, booking.answer_by)
        )
    assert code(fault) == "answer_late"
    last = real(session, booking.answer_by - timedelta(microseconds=1))
    assert confirm_booking(booking=booking, actor=as_focal_point(session, "BR"), arrived_at=last).state == "agreed"


def test_a_declined_booking_gives_everything_back(session: MeetingSession) -> None:
    booking = decline_booking(booking=asked(session), actor=as_focal_point(session, "BR"), reason="Elsewhere")
    assert (booking.state, booking.ended_by, booking.reason) == ("declined", "BR", "Elsewhere")
    assert sum(cells(session).values()) == 0


def test_where_limits_count_both_the_counterparts_are_counted_at_its_yes(session: MeetingSession) -> None:
    correct(session, "bilateral.slots_in_all", 1)
    correct(session, "bilateral.limits_count", "both")
    met(session, "KE", "BR", when=at(12))
    with pytest.raises(Refused) as fault:
        confirm_booking(booking=asked(session), actor=as_focal_point(session, "BR"))
    assert code(fault) == "limit_reached"


# --- another time -----------------------------------------------------------------------------------------------------


def test_a_proposal_holds_nothing_until_it_is_accepted(session: MeetingSession) -> None:
    booking = asked(session)
    proposal = propose_time(
        booking=booking, room=room(session, "b2"), starts_at=at(14, 15), actor=as_focal_point(session, "BR")
    )
    assert cells(session) == expected_cells(session)
    moved = accept_proposal(booking=booking, actor=as_focal_point(session, "AT"))
    assert (moved.room.code, moved.starts_at, moved.state) == ("b2", at(14, 15), "agreed")
    assert Proposal.objects.get(pk=proposal.pk).state == "accepted"
    assert cells(session) == expected_cells(session)


def test_a_proposed_time_taken_meanwhile_is_refused_and_nothing_moves(session: MeetingSession) -> None:
    booking = asked(session)
    propose_time(booking=booking, room=room(session, "b2"), starts_at=at(12), actor=as_focal_point(session, "BR"))
    asked(session, "KE", "FR", where="b2", when=at(12))
    with pytest.raises(Refused) as fault:
        accept_proposal(booking=booking, actor=as_focal_point(session, "AT"))
    assert (code(fault), now_of(booking).starts_at) == ("slot_taken", at(9))
    assert cells(session) == expected_cells(session)


def test_a_refused_proposal_leaves_the_question_open(session: MeetingSession) -> None:
    booking = asked(session)
    brazil = as_focal_point(session, "BR")
    propose_time(booking=booking, room=room(session, "b2"), starts_at=at(12), actor=brazil)
    assert refuse_proposal(booking=booking, actor=as_focal_point(session, "AT")).state == "requested"
    with pytest.raises(Refused) as fault:
        accept_proposal(booking=booking, actor=as_focal_point(session, "AT"))
    assert code(fault) == "no_proposal"
    assert confirm_booking(booking=booking, actor=brazil).starts_at == at(9)


def test_only_the_counterpart_proposes_and_only_the_requester_answers(session: MeetingSession) -> None:
    booking = asked(session)
    with pytest.raises(NotPermitted):
        propose_time(booking=booking, room=room(session), starts_at=at(12), actor=as_focal_point(session, "AT"))
    with pytest.raises(NotPermitted):
        accept_proposal(booking=booking, actor=as_focal_point(session, "BR"))


# --- moved, swapped, cancelled ----------------------------------------------------------------------------------------


def test_moved_by_staff_a_meeting_stays_confirmed_and_both_are_held_there(session: MeetingSession) -> None:
    booking = move_booking(booking=met(session), room=room(session, "b2"), starts_at=at(12), actor=as_officer())
    assert (booking.state, booking.room.code, booking.sequence) == ("confirmed", "b2", 1)
    assert cells(session) == expected_cells(session)


def test_moved_by_the_requester_to_another_time_it_is_asked_anew(session: MeetingSession) -> None:
    moved = move_booking(
        booking=met(session), room=room(session), starts_at=at(12), actor=as_focal_point(session, "AT")
    )
    assert (moved.state, moved.sequence) == ("requested", 1)
    assert held_by(state(session, "BR")) == set()


def test_a_move_to_another_room_that_staff_confirm_anew_is_not_confirmed_meanwhile(session: MeetingSession) -> None:
    booking = met(session)
    moved = move_booking(
        booking=booking, room=room(session, "b2"), starts_at=at(9), actor=as_focal_point(session, "AT")
    )
    assert (moved.state, moved.confirmed_at) == ("agreed", None)


def test_a_counterpart_that_is_asked_anew_is_counted_at_its_yes_and_not_at_the_move(session: MeetingSession) -> None:
    correct(session, "bilateral.limits_count", "both")
    correct(session, "bilateral.slots_a_day", 1)
    booking = met(session, when=at(9))
    met(session, "KE", "BR", when=at(9, day=DAY_TWO))
    moved = move_booking(
        booking=booking, room=room(session), starts_at=at(12, day=DAY_TWO), actor=as_focal_point(session, "AT")
    )
    assert moved.state == "requested"
    with pytest.raises(Refused) as fault:
        confirm_booking(booking=moved, actor=as_focal_point(session, "BR"))
    assert code(fault) == "limit_reached"


def test_a_move_onto_what_is_taken_changes_nothing(session: MeetingSession) -> None:
    booking = met(session)
    met(session, "KE", "FR", where="b2")
    with pytest.raises(Refused) as fault:
        move_booking(booking=booking, room=room(session, "b2"), starts_at=at(9), actor=as_officer())
    assert code(fault) == "slot_taken"
    assert cells(session) == expected_cells(session)


def test_the_counterpart_does_not_move(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        move_booking(booking=met(session), room=room(session), starts_at=at(12), actor=as_focal_point(session, "BR"))


def test_two_meetings_change_places_even_of_one_delegation(session: MeetingSession) -> None:
    one, other = met(session, "AT", "BR"), met(session, "AT", "KE", where="b2", when=at(12))
    swap_bookings(one=one, other=other, actor=as_officer())
    assert [(now_of(each).room.code, now_of(each).starts_at) for each in (one, other)] == [
        ("b2", at(12)),
        ("b1", at(9)),
    ]
    assert cells(session) == expected_cells(session)


def test_a_swap_that_is_sent_twice_is_done_once(session: MeetingSession) -> None:
    one, other = met(session, "AT", "BR"), met(session, "KE", "RO", where="b2")
    seen = version_of(session.chain, resource_name(one), audience_of(one.requester))
    swap_bookings(one=one, other=other, actor=as_officer(), expected_version=seen)
    with pytest.raises(Outdated):
        swap_bookings(one=one, other=other, actor=as_officer(), expected_version=seen)
    assert [now_of(each).room.code for each in (one, other)] == ["b2", "b1"]


def test_a_swap_that_makes_somebody_busy_twice_changes_nothing(session: MeetingSession) -> None:
    one, other = met(session, "AT", "BR"), met(session, "KE", "FR", where="b2", when=at(12))
    met(session, "FR", "BG", where="b3", when=at(9))
    with pytest.raises(Refused) as fault:
        swap_bookings(one=one, other=other, actor=as_officer())
    assert code(fault) == "counterpart_busy"
    assert cells(session) == expected_cells(session)


@pytest.mark.parametrize("who", ["AT", "BR"])
def test_either_delegation_cancels_what_is_agreed_and_it_stays_readable(session: MeetingSession, who: str) -> None:
    booking = cancel_booking(booking=met(session), actor=as_focal_point(session, who), reason="Ill")
    assert (booking.state, booking.ended_by, booking.reason, booking.sequence) == ("cancelled", who, "Ill", 1)
    assert sum(cells(session).values()) == 0
    assert last_entry(session).reason == "Ill"
    assert journal.verify(session.chain) > 0


def test_what_was_only_asked_the_counterpart_declines_and_does_not_cancel(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        cancel_booking(booking=asked(session), actor=as_focal_point(session, "BR"))


def test_from_the_cut_off_on_only_staff_cancel_with_a_reason(session: MeetingSession) -> None:
    booking = met(session, when=at(15))
    late = real(session, at(13))
    with pytest.raises(Refused) as fault:
        cancel_booking(booking=booking, actor=as_focal_point(session, "AT"), arrived_at=late)
    assert code(fault) == "cut_off_passed"
    with pytest.raises(Invalid):
        cancel_booking(booking=booking, actor=as_officer(), arrived_at=late)
    cancelled = cancel_booking(booking=booking, actor=as_officer(), reason="Asked by telephone", arrived_at=late)
    assert cancelled.ended_by == "secretariat"


# --- at the door, and what the clock decides --------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["AT", "BR"])
def test_either_delegation_checks_in_by_the_code_at_the_door(session: MeetingSession, who: str) -> None:
    booking = met(session)
    with time_machine.travel(real(session, at(8, 45))):
        held = check_in_by_token(session=session, token=check_in_token(booking), actor=as_focal_point(session, who))
    assert (held.state, held.checked_in_at is not None) == ("held", True)


@pytest.mark.parametrize("token", ["", "x", "W10:abc:def"])
def test_a_code_that_is_none_or_not_ones_own_is_not_found(session: MeetingSession, token: str) -> None:
    booking = met(session)
    for given, who in ((token, "AT"), (check_in_token(booking), "KE")):
        with pytest.raises(NotFound):
            check_in_by_token(session=session, token=given, actor=as_focal_point(session, who))


@pytest.mark.parametrize(("when", "is_open"), [((8, 44), False), ((8, 45), True), ((9, 9), True), ((9, 10), False)])
def test_one_checks_in_within_its_time(session: MeetingSession, when: tuple[int, int], is_open: bool) -> None:
    booking, arrived_at = met(session), real(session, at(*when))
    if is_open:
        assert check_in(booking=booking, actor=as_focal_point(session, "AT"), arrived_at=arrived_at).state == "held"
    else:
        with pytest.raises(Refused) as fault:
            check_in(booking=booking, actor=as_focal_point(session, "AT"), arrived_at=arrived_at)
        assert code(fault) == "not_the_time"


def test_where_nobody_checked_in_the_room_is_released_by_the_sweep(session: MeetingSession) -> None:
    booking, other = met(session), met(session, "KE", "FR", where="b2")
    with time_machine.travel(real(session, at(9))):
        check_in(booking=other, actor=as_officer())
    with time_machine.travel(real(session, at(9, 10)) - timedelta(seconds=1), tick=False):
        settle_due()
    assert now_of(booking).state == "confirmed"
    with time_machine.travel(real(session, at(9, 10)), tick=False):
        settle_due()
        settle_due()
    assert [now_of(each).state for each in (booking, other)] == ["released", "held"]
    assert cells(session) == expected_cells(session)


def test_who_did_not_come_had_the_slot_all_the_same(session: MeetingSession) -> None:
    correct(session, "bilateral.slots_in_all", 1)
    met(session)
    with time_machine.travel(real(session, at(9, 10)), tick=False):
        settle_due()
        with pytest.raises(Refused) as fault:
            asked(session, when=at(9, day=DAY_TWO))
    assert code(fault) == "limit_reached"


def test_unanswered_a_request_lapses_once(session: MeetingSession) -> None:
    booking = asked(session)
    assert booking.answer_by
    with time_machine.travel(real(session, booking.answer_by), tick=False):
        settle_due()
        entries = count_entries(session)
        settle_due()
    assert (now_of(booking).state, count_entries(session)) == ("lapsed", entries)
    assert Booking.objects.standing().count() == 0


# --- what is said before ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["cancel", "decline", "move", "propose", "confirm", "swap"])
def test_every_act_says_what_it_loses(session: MeetingSession, act: str) -> None:
    assert all(outlook(asked(session), act))


def test_a_clash_is_a_warning_and_says_of_the_other_only_what_is_public(session: MeetingSession) -> None:
    booking, austria, brazil = asked(session), state(session, "AT"), state(session, "BR")
    register_busy(
        "test",
        lambda _session, ids, _from, _until: [
            Busy(brazil.pk, at(9), at(10), "test", "A secret lunch", is_public=False),
            Busy(austria.pk, at(8), at(9, 15), "test", "A draft event", is_public=False),
        ],
    )
    try:
        assert warnings_for(booking, austria) == [
            f"{austria.name} is elsewhere from 08:00 to 09:15: A draft event.",
            f"{brazil.name} is busy from 09:00 to 10:00.",
        ]
        assert "A secret lunch" in str(warnings_for(booking))
    finally:
        register_busy("test", lambda *_: [])


def test_who_plans_other_things_knows_when_a_delegation_meets_and_not_with_whom(session: MeetingSession) -> None:
    asked(session, "AT", "BR")
    met(session, "KE", "BR", where="b2", when=at(12))
    everybody = [state(session, code) for code in ("AT", "BR", "KE")]
    found = busy_times(session, everybody, at(8), at(18))
    names = {each.pk: each.code for each in everybody}
    assert [(names[each.delegation_id], each.starts_at, each.what, each.is_public) for each in found] == [
        ("AT", at(9), "bilateral meeting", False),
        ("BR", at(12), "bilateral meeting", False),
        ("KE", at(12), "bilateral meeting", False),
    ]
