"""What staff do about notices on their way: cancelled and taken back, sent again."""

import pytest

from cnd import clock
from cnd.errors import NotPermitted
from cnd.models import Cause, Notice
from sessions.models import MeetingSession
from sessions.services.rules import correct_rule
from sessions.services.sending import cancel_cause, reinstate_cause, resend_stuck
from tests.sessions.mails import coming, mails, message, put, reader, refusal, told_session
from tests.sessions.scenes import as_focal_point, as_officer, last_entry, make_session
from tests.sessions.staff_pages import signed_in, text_of, told, url

pytestmark = pytest.mark.django_db

State = Notice.State


@pytest.fixture
def session() -> MeetingSession:
    return told_session()


# --- cancelling, and taking it back -----------------------------------------------------------------------------------


def test_cancelling_what_is_coming_keeps_it_from_being_told(session: MeetingSession) -> None:
    cause = coming(session)

    response = signed_in().post(url("notices-cancel", cause.pk), {"reason": "The visit is off."})

    cause.refresh_from_db()
    entry = last_entry(session)
    assert told(response) == ["Cancelled: nobody will be told."]
    assert (cause.state, cause.is_withheld) == ("cancelled", True)
    assert (entry.action, entry.reason) == ("cancel_notices", "The visit is off.")


def test_cancelling_half_way_leaves_what_was_sent(session: MeetingSession) -> None:
    cause = message(session)
    put(cause, "AT", State.SENT)
    put(cause, "DE", State.PARKED)

    response = signed_in().post(url("notices-cancel", cause.pk), {"reason": "wrong room"})

    assert told(response) == ["Cancelled: 2 notices will not go out."]
    assert mails(cause) == {"focal-at": "sent", "focal-de": "cancelled", "focal-ke": "cancelled"}


def test_cancelling_says_before_what_it_does_and_needs_a_reason(session: MeetingSession) -> None:
    cause = message(session)
    put(cause, "AT", State.SENT)
    client = signed_in()

    page, refused = client.get(url("notices-cancel", cause.pk)), client.post(url("notices-cancel", cause.pk), {})

    assert "2 notices that wait are not sent. 4 that were sent stay sent" in text_of(page)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reason"])
    assert mails(cause)["focal-de"] == "waiting"


def test_taking_it_back_lets_everything_go_on(session: MeetingSession) -> None:
    planned, half = coming(session), message(session)
    put(half, "AT", State.SENT)
    client = signed_in()
    for cause in (planned, half):
        client.post(url("notices-cancel", cause.pk), {"reason": "wrong"})
        client.post(url("notices-reinstate", cause.pk))
        cause.refresh_from_db()

    assert (planned.state, planned.settled_at, half.state) == ("waiting", None, "told")
    assert mails(half) == {"focal-at": "sent", "focal-de": "waiting", "focal-ke": "waiting"}
    assert refusal(lambda: reinstate_cause(cause=half, actor=as_officer())).code == "not_cancelled"


def test_what_is_sent_cannot_be_cancelled(session: MeetingSession) -> None:
    cause = message(session)
    cause.notices.filter(channel="email").update(state=State.SENT, sent_at=clock.now(), next_attempt_at=None)

    assert refusal(lambda: cancel_cause(cause=cause, reason="too late", actor=as_officer())).code == "nothing_to_cancel"


@pytest.fixture
def reminded() -> MeetingSession:
    """A rehearsal a month before inscriptions close, with its reminders planned."""
    session = make_session()
    reader(session, "AT")
    return session


def reminder_of(session: MeetingSession, rule: str) -> Cause:
    found = Cause.objects.filter(chain=session.chain, state="waiting", key__startswith="deadline:", context__rule=rule)
    cause = found.order_by("due_at").first()
    assert cause is not None
    return cause


def correct(session: MeetingSession, name: str, value: str) -> None:
    scope, key = name.split(".")
    rule = session.rules.get(scope=scope, key=key)
    correct_rule(rule=rule, value=value, reason="later", actor=as_officer())


def planned_rules(session: MeetingSession) -> list[str]:
    """Return rules of which a reminder is still to come, in order of time."""
    causes = Cause.objects.filter(chain=session.chain, state="waiting", key__startswith="deadline:")
    return list(dict.fromkeys(cause.context["rule"] for cause in causes.order_by("due_at")))


def moved(session: MeetingSession, name: str) -> str:
    scope, key = name.split(".")
    value = session.rules.get(scope=scope, key=key).value
    return f"{value[:8]}{int(value[8:10]) - 1:02d}{value[10:]}"


def test_a_reminder_that_staff_cancelled_stays_so_when_another_deadline_moves(reminded: MeetingSession) -> None:
    one, other = planned_rules(reminded)[0], planned_rules(reminded)[-1]
    cause = reminder_of(reminded, one)
    cancel_cause(cause=cause, reason="said by telephone", actor=as_officer())

    correct(reminded, other, moved(reminded, other))

    cause.refresh_from_db()
    assert cause.state == "cancelled"
    reinstate_cause(cause=cause, actor=as_officer())
    cause.refresh_from_db()
    assert cause.state == "waiting"


def test_a_reminder_of_a_deadline_that_has_moved_since_is_not_taken_back(reminded: MeetingSession) -> None:
    rule = planned_rules(reminded)[-1]
    cause = reminder_of(reminded, rule)
    cancel_cause(cause=cause, reason="said by telephone", actor=as_officer())
    correct(reminded, rule, moved(reminded, rule))

    assert refusal(lambda: reinstate_cause(cause=cause, actor=as_officer())).code == "set_anew"
    cause.refresh_from_db()
    assert (cause.state, cause.is_withheld) == ("cancelled", True)


# --- sending again ----------------------------------------------------------------------------------------------------


def test_one_is_sent_again_and_the_others_are_left(session: MeetingSession) -> None:
    cause = message(session)
    parked, _other = (put(cause, code, State.PARKED, attempts=9) for code in ("AT", "DE"))

    response = signed_in().post(url("notice-resend", cause.pk, parked.pk))

    assert told(response) == ["It is sent again to focal-at."]
    assert mails(cause) == {"focal-at": "waiting", "focal-de": "parked", "focal-ke": "waiting"}


def test_everything_that_is_stuck_is_sent_again_in_one_decision(session: MeetingSession) -> None:
    cause = message(session)
    put(cause, "AT", State.PARKED)
    put(cause, "DE", State.LAPSED)
    number = last_entry(session).number

    response = signed_in().post(url("notices-resend", cause.pk))

    assert told(response) == ["2 notices are sent again."]
    assert set(mails(cause).values()) == {"waiting"}
    assert (last_entry(session).number, last_entry(session).action) == (number + 1, "resend_notices")


def test_what_was_sent_is_not_sent_again(session: MeetingSession) -> None:
    cause = message(session)
    sent = put(cause, "AT", State.SENT)

    signed_in().post(url("notice-resend", cause.pk, sent.pk))

    assert mails(cause)["focal-at"] == "sent"


def test_a_notice_of_another_cause_is_not_found(session: MeetingSession) -> None:
    one, other = message(session), message(session, nonce="b" * 32)

    assert signed_in().post(url("notice-resend", one.pk, other.notices.all()[0].pk)).status_code == 404


def test_only_the_secretariat_cancels_and_sends_again(session: MeetingSession) -> None:
    cause = message(session)
    put(cause, "AT", State.PARKED)
    actor = as_focal_point(session, "AT")

    for call in (
        lambda: cancel_cause(cause=cause, reason="mine", actor=actor),
        lambda: reinstate_cause(cause=cause, actor=actor),
        lambda: resend_stuck(cause=cause, actor=actor),
    ):
        with pytest.raises(NotPermitted):
            call()
    assert mails(cause) == {"focal-at": "parked", "focal-de": "waiting", "focal-ke": "waiting"}
