"""The queue of a window: places and the waiting list, promotion, lapse, withdrawal, reopening (RULES 5)."""

from datetime import datetime, timedelta

import pytest
import time_machine

from cnd import journal
from cnd.actors import COMMAND
from cnd.errors import Invalid, NotPermitted, Refused
from logistics.models import Application
from logistics.services.decisions import accept_application, reject_application, request_correction
from logistics.services.drafts import edit_application
from logistics.services.places import look_for_overdue
from logistics.services.queue import (
    answer_correction,
    confirm_promotion,
    outlook,
    position_of,
    reopen_application,
    settle,
    withdraw_application,
)
from sessions.models import MeetingSession
from tests.logistics.windows import FREEZE, IN_WINDOW, again, kind_of, others, received, windowed
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, as_officer, correct

pytestmark = pytest.mark.django_db

full = kept(lambda: _full().pk)


def _full() -> MeetingSession:
    session = windowed()
    others(session, 11)
    return session


@pytest.fixture
def session(full: int) -> MeetingSession:
    """Return a session in whose high-level window all eleven places are held."""
    return MeetingSession.objects.select_related("chain").get(pk=full)


def holder(session: MeetingSession, place: int) -> Application:
    return Application.objects.select_related("kind__session__chain", "organiser").get(
        kind=kind_of(session), place=place
    )


def at(session: MeetingSession, moment: datetime) -> time_machine.travel:
    """Have it be this moment of session time."""
    return time_machine.travel(session.chain.to_real(moment), tick=False)


def test_the_eleventh_gets_a_place_and_the_twelfth_waits(session: MeetingSession) -> None:
    twelfth = received(session, "AT")
    places = Application.objects.holding().order_by("place").values_list("place", flat=True)
    assert list(places) == list(range(1, 12))
    assert (twelfth.state, twelfth.place, twelfth.receipt_number, position_of(twelfth)) == ("waiting", None, 12, 1)


def test_a_place_that_is_given_up_goes_to_the_first_waiting_in_the_same_entry(session: MeetingSession) -> None:
    first, second = received(session, "AT"), received(session, "KE")
    withdraw_application(application=holder(session, 4), actor=COMMAND, reason="The minister cannot come.")
    promoted = again(first)
    assert (promoted.state, promoted.place) == ("promoted", 4)
    assert promoted.due_at
    assert abs(promoted.due_at - session.chain.now() - timedelta(hours=48)) < timedelta(minutes=5)
    assert position_of(again(second)) == 1
    assert journal.verify(session.chain) > 0


def test_who_confirms_in_time_is_under_review(session: MeetingSession) -> None:
    first = received(session, "AT")
    withdraw_application(application=holder(session, 4), actor=COMMAND)
    confirmed = confirm_promotion(application=again(first), actor=as_focal_point(session, "AT"))
    assert (confirmed.state, confirmed.place, confirmed.due_at) == ("under_review", 4, None)
    assert confirm_promotion(application=confirmed, actor=COMMAND).state == "under_review"


def test_the_last_microsecond_is_in_time_whenever_the_lock_is_had(session: MeetingSession) -> None:
    first = received(session, "AT")
    withdraw_application(application=holder(session, 4), actor=COMMAND)
    due_at = again(first).due_at
    assert due_at
    arrived_at = session.chain.to_real(due_at - timedelta(microseconds=1))
    with at(session, due_at + timedelta(seconds=20)):
        look_for_overdue()  # it waits for requests that are on their way
        confirmed = confirm_promotion(application=again(first), actor=COMMAND, arrived_at=arrived_at)
    assert confirmed.state == "under_review"


def test_who_confirms_too_late_is_told_so(session: MeetingSession) -> None:
    first = received(session, "AT")
    withdraw_application(application=holder(session, 4), actor=COMMAND)
    due_at = again(first).due_at
    assert due_at
    with pytest.raises(Refused) as refusal:
        confirm_promotion(application=again(first), actor=COMMAND, arrived_at=session.chain.to_real(due_at))
    assert refusal.value.code == "lapsed"


def test_the_sweep_lets_lapse_and_promotes_though_nobody_calls(session: MeetingSession) -> None:
    first, second = received(session, "AT"), received(session, "KE")
    withdraw_application(application=holder(session, 4), actor=COMMAND)
    with at(session, IN_WINDOW + timedelta(hours=49)):
        look_for_overdue()
        look_for_overdue()
    assert again(first).state == "lapsed"
    assert (again(second).state, again(second).place) == ("promoted", 4)
    assert journal.verify(session.chain) > 0


def test_a_correction_keeps_the_place_until_it_is_overdue(session: MeetingSession) -> None:
    waiting = received(session, "AT")
    asked = request_correction(application=holder(session, 3), text="Which Minister?", actor=as_officer())
    assert (asked.state, asked.place) == ("correction_requested", 3)
    with at(session, IN_WINDOW + timedelta(hours=49)):
        settle(kind_of(session))
    assert again(asked).state == "lapsed"
    assert (again(waiting).state, again(waiting).place) == ("promoted", 3)


def test_a_correction_may_change_anything_and_is_handed_in_complete(session: MeetingSession) -> None:
    asked = request_correction(application=holder(session, 3), text="Another title.", actor=as_officer())
    edit_application(application=asked, content={"title": ""}, actor=as_focal_point(session, asked.organiser.code))
    with pytest.raises(Invalid) as refusal:
        answer_correction(application=again(asked), actor=COMMAND)
    assert list(refusal.value.fields) == ["title"]
    edit_application(application=again(asked), content={"title": "Another"}, actor=COMMAND, reason="as agreed")
    answered = answer_correction(application=again(asked), actor=COMMAND)
    assert (answered.state, answered.place, answered.receipt_number) == ("under_review", 3, asked.receipt_number)
    assert [each.fields for each in answered.revisions.all()] == [[], ["title"], ["title"]]


def test_after_the_freeze_nobody_is_promoted(session: MeetingSession) -> None:
    waiting = received(session, "AT")
    with at(session, FREEZE):
        withdraw_application(application=holder(session, 4), actor=COMMAND)
        assert again(waiting).state == "waiting"
        with pytest.raises(Refused) as refusal:
            request_correction(application=holder(session, 5), text="Too late.", actor=as_officer())
    assert refusal.value.code == "frozen"


def test_every_deadline_ends_with_the_freeze(session: MeetingSession) -> None:
    received(session, "AT")
    with at(session, FREEZE - timedelta(hours=3)):
        asked = request_correction(application=holder(session, 3), text="Quickly.", actor=as_officer())
        assert asked.due_at == FREEZE


def test_a_freeze_that_moves_nearer_takes_the_deadlines_along(session: MeetingSession) -> None:
    asked = request_correction(application=holder(session, 3), text="Which Minister?", actor=as_officer())
    nearer = IN_WINDOW + timedelta(hours=5)
    correct(session, "side-event-high-level.freeze_at", nearer)
    settle(kind_of(session))
    assert again(asked).due_at == nearer


def test_more_places_promote_at_once(session: MeetingSession) -> None:
    waiting = received(session, "AT")
    correct(session, "side-event-high-level.places", 12)
    look_for_overdue()
    assert (again(waiting).state, again(waiting).place) == ("promoted", 12)


def test_reopening_takes_no_place_from_one_who_waits(session: MeetingSession) -> None:
    rejected = reject_application(application=holder(session, 2), actor=as_officer(), reason="Promotes a product.")
    waiting = received(session, "AT")
    assert waiting.place == 2  # nobody waited then
    behind = received(session, "KE")
    reopened = reopen_application(application=rejected, actor=as_officer(), reason="It was a mistake.")
    assert (reopened.state, reopened.receipt_number) == ("waiting", 2)
    # At its old receipt it is promoted before who came later.
    assert (position_of(reopened), position_of(again(behind))) == (1, 2)


def test_reopening_takes_a_place_that_is_free(session: MeetingSession) -> None:
    rejected = reject_application(application=holder(session, 2), actor=as_officer(), reason="Promotes a product.")
    reopened = reopen_application(application=rejected, actor=as_officer(), reason="It was a mistake.")
    assert (reopened.state, reopened.place) == ("under_review", 2)


def test_reopening_obeys_the_limit(session: MeetingSession) -> None:
    code = holder(session, 2).organiser.code
    rejected = reject_application(application=holder(session, 2), actor=as_officer(), reason="Promotes a product.")
    received(session, code)
    received(session, code)
    with pytest.raises(Refused) as refusal:
        reopen_application(application=rejected, actor=as_officer(), reason="It was a mistake.")
    assert refusal.value.code == "limit_reached"


def test_an_accepted_event_gives_its_place_up_when_it_is_withdrawn(session: MeetingSession) -> None:
    waiting = received(session, "AT")
    accepted = accept_application(application=holder(session, 9), actor=as_officer())
    withdraw_application(application=accepted, actor=as_focal_point(session, accepted.organiser.code))
    assert (again(waiting).state, again(waiting).place) == ("promoted", 9)


def test_nobody_else_withdraws(session: MeetingSession) -> None:
    stranger = as_focal_point(session, "AT")
    with pytest.raises(NotPermitted):
        withdraw_application(application=holder(session, 9), actor=stranger)
    assert holder(session, 9).state == "under_review"


def test_who_comes_next_is_said_to_staff_alone(session: MeetingSession) -> None:
    received(session, "AT")
    fourth = holder(session, 4)
    own = outlook(application=fourth, act="withdraw", actor=as_focal_point(session, fourth.organiser.code))
    staff = outlook(application=fourth, act="withdraw", actor=as_officer())
    assert own[0] == "This gives up place 4."
    assert staff[:2] == ["This gives up place 4.", "It goes to Austria, first on the waiting list."]
    assert len(own) == 2
