"""Which bookings are exceptions where they are now: off the grid, beyond a limit, past the cut-off; and no others."""

import pytest

from cnd.actors import COMMAND
from logistics.services.booking_answers import accept_proposal, propose_time
from logistics.services.booking_moves import swap_bookings
from logistics.services.grid_change import KEEP, bookings_in_the_way, change_grid
from sessions.models import MeetingSession
from sessions.services.clock import shift_clock
from tests.logistics.bilaterals import DAY_TWO, asked, at, booking_session, met, now_of, room
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, as_officer

pytestmark = pytest.mark.django_db

loaded = kept(lambda: booking_session().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


def test_a_meeting_that_takes_a_proposed_slot_is_no_exception_any_more(session: MeetingSession) -> None:
    booking = asked(session, when=at(17, 15))
    change_grid(
        session=session,
        values={"day_closes": "17:00"},
        dispositions={booking.pk: KEEP},
        reason="The house closes",
        actor=as_officer(),
    )
    assert now_of(booking).exception == "grid"
    propose_time(booking=booking, room=room(session), starts_at=at(12), actor=as_focal_point(session, "BR"))
    taken = accept_proposal(booking=now_of(booking), actor=as_focal_point(session, "AT"))
    assert (taken.exception, taken.exception_reason) == ("", "")
    later = bookings_in_the_way(session=session, values={"day_closes": "12:00"})
    assert later == [booking]


def test_staff_who_take_a_proposed_time_beyond_a_limit_make_an_exception_of_it(session: MeetingSession) -> None:
    booking = asked(session, when=at(9, day=DAY_TWO))
    met(session, "AT", "KE", when=at(9))
    met(session, "AT", "FR", when=at(12))
    propose_time(booking=booking, room=room(session), starts_at=at(16, 30), actor=as_focal_point(session, "BR"))
    taken = accept_proposal(booking=now_of(booking), actor=as_officer(), reason="The ministers leave")
    assert (taken.exception, taken.exception_reason) == ("limit", "The ministers leave")


def test_swapped_to_where_no_slot_is_any_more_a_meeting_is_an_exception_and_the_other_none(
    session: MeetingSession,
) -> None:
    late, early = met(session, "AT", "BR", when=at(17, 15)), met(session, "KE", "RO", when=at(9))
    change_grid(
        session=session,
        values={"day_closes": "17:00"},
        dispositions={late.pk: KEEP},
        reason="The house closes",
        actor=as_officer(),
    )
    swap_bookings(one=late, other=early, actor=as_officer(), reason="A delegation comes late")
    assert [now_of(each).exception for each in (late, early)] == ["", "grid"]


def test_swapped_after_the_cut_off_a_meeting_is_an_exception(session: MeetingSession) -> None:
    one, other = met(session, "AT", "BR"), met(session, "KE", "RO", where="b2", when=at(15))
    shift_clock(session=session, to=at(8), actor=COMMAND, reason="test")
    swap_bookings(one=one, other=other, actor=as_officer(), reason="A delegation comes late")
    assert [now_of(each).exception for each in (one, other)] == ["", "time"]
