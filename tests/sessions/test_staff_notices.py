"""The notices as staff follow them: coming, told, stuck; cancelled and taken back, sent again, found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cnd import clock
from cnd.errors import DomainError, NotPermitted
from cnd.models import Cause, Chain, Notice, User
from cnd.outbox.telling import fall_due, tell
from cnd.users import system_chain
from sessions.models import MeetingSession, Membership
from sessions.services.messages import send_message
from sessions.services.rules import correct_rule
from sessions.services.sending import cancel_cause, reinstate_cause, resend_stuck
from tests.sessions.scenes import as_focal_point, as_officer, focal_point, last_entry, make_session
from tests.sessions.staff_pages import signed_in, text_of, told, url

pytestmark = pytest.mark.django_db

State = Notice.State


@pytest.fixture
def session() -> MeetingSession:
    """A session in earnest, with the focal points of three delegations."""
    session = make_session(at=None)
    for code in ("AT", "DE", "KE"):
        reader(session, code)
    return session


def reader(session: MeetingSession, code: str) -> User:
    user = focal_point(session, code)
    user.email = f"{code.lower()}@example.org"
    user.save()
    return user


def message(session: MeetingSession, audience: str = "delegations", nonce: str = "a" * 32) -> Cause:
    return send_message(
        session=session,
        audience=audience,
        subject={"*": "The room has changed"},
        text={"*": "It is Boardroom D now."},
        actor=as_officer(),
        nonce=nonce,
    )


def coming(session: MeetingSession, key: str = "test/coming", **more: Any) -> Cause:
    """Plan a message for the next day."""
    facts: dict[str, Any] = {
        "kind": "message",
        "audience": "delegations",
        "context": {"subject": {"*": "Tomorrow"}, "text": {"*": "."}},
        "due_at": session.session_now + timedelta(days=1),
    }
    return tell(chain=session.chain, key=key, **(facts | more))


def put(cause: Cause, code: str, state: str, **more: Any) -> Notice:
    """Bring the mail to one reader to a state, as delivery leaves it."""
    notice = cause.notices.get(recipient__username=f"focal-{code.lower()}", channel="email")
    more |= {"sent_at": clock.now()} if state == State.SENT else {}
    more |= {} if state == State.WAITING else {"next_attempt_at": None}
    Notice.objects.filter(pk=notice.pk).update(state=state, **more)
    notice.refresh_from_db()
    return notice


def mails(cause: Cause) -> dict[str, str]:
    return dict(cause.notices.filter(channel="email").values_list("recipient__username", "state"))


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value.code


# --- the list ---------------------------------------------------------------------------------------------------------


def rows(**query: str) -> list[dict[str, Any]]:
    return list(signed_in().get(url("notices"), query).context["rows"])


def test_what_is_coming_says_when_and_whom_it_would_reach_now(session: MeetingSession) -> None:
    cause = coming(session)

    page = signed_in().get(url("notices"))

    [row] = [each for each in page.context["coming"] if each["cause"].pk == cause.pk]
    assert (row["title"], row["about"], row["audience"], row["people"]) == (
        "Message of the secretariat",
        "Tomorrow",
        "All delegations",
        3,
    )


def test_what_is_coming_stands_soonest_first_and_not_among_what_was_told(session: MeetingSession) -> None:
    later = coming(session, "test/later", due_at=session.session_now + timedelta(days=2))
    sooner = coming(session, "test/sooner")
    told_now = message(session)

    page = signed_in().get(url("notices"))

    assert [row["cause"].pk for row in page.context["coming"]] == [sooner.pk, later.pk]
    assert [row["cause"].pk for row in page.context["rows"]] == [told_now.pk]


def test_progress_counts_every_state(session: MeetingSession) -> None:
    cause = message(session)
    put(cause, "AT", State.SENT)
    put(cause, "DE", State.PARKED, last_error="mailbox full", attempts=9)

    [row] = rows()

    assert {state: row["progress"][state] for state in ("sent", "waiting", "parked", "lapsed", "total")} == {
        "sent": 4,
        "waiting": 1,
        "parked": 1,
        "lapsed": 0,
        "total": 6,
    }
    assert "4 of 6 sent, 1 parked" in text_of(signed_in().get(url("notices")))


def test_causes_are_found_by_state_kind_delegation_and_recipient(session: MeetingSession) -> None:
    everyone, kenya = message(session), message(session, "delegation:KE", "b" * 32)
    put(everyone, "AT", State.PARKED)
    for notice in kenya.notices.filter(channel="email"):
        Notice.objects.filter(pk=notice.pk).update(state=State.SENT, sent_at=clock.now(), next_attempt_at=None)
    later = coming(session)

    def found(**query: Any) -> set[int]:
        return {row["cause"].pk for row in rows(**{name: str(value) for name, value in query.items()})}

    austria = session.delegations.get(code="AT").pk
    assert found(state="stuck") == {everyone.pk}
    assert found(state="sending") == {everyone.pk}
    assert found(state="waiting") == {later.pk}
    assert found(state="told") == {everyone.pk, kenya.pk}
    assert found(state="cancelled") == set()
    assert found(kind="message", state="told") == {everyone.pk, kenya.pk}
    assert found(delegation=austria) == {everyone.pk}
    assert found(q="ke@example.org") == {everyone.pk, kenya.pk}
    assert found(q="nobody") == set()
    assert found(state="nonsense", delegation="nonsense") == {everyone.pk, kenya.pk}


def test_the_list_has_pages_and_asks_the_database_as_often_for_few_as_for_many(session: MeetingSession) -> None:
    client = signed_in()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url("notices")).status_code == 200
        return len(captured)

    coming(session, "test/first")
    message(session)
    queries()
    few = queries()
    for number in range(30):
        message(session, nonce=f"{number:032x}")
        coming(session, f"test/{number}")

    assert queries() == few
    assert [len(rows(page=str(page))) for page in (1, 2)] == [25, 6]


def test_notices_of_another_chain_are_not_shown(session: MeetingSession) -> None:
    other = Chain.objects.create(code="cnd99")
    cause = tell(chain=other, kind="message", key="test/other", audience="secretariat")

    assert rows() == []
    assert signed_in().get(url("notices-of", cause.pk)).status_code == 404


def test_mails_about_accounts_stand_apart_and_can_be_sent_again(session: MeetingSession) -> None:
    user = User.objects.get(username="focal-at")
    User.objects.filter(pk=user.pk).update(first_name="Jane", last_name="Roe")
    invitation = tell(chain=system_chain(), kind="account_changed", key="x", audience=f"user:{user.pk}",
                      context={"event": "password"})  # fmt: skip
    put(invitation, "AT", State.PARKED)
    client = signed_in()

    page = client.get(url("notices"))
    [row] = rows(of="accounts", state="stuck")
    client.post(url("notices-resend", invitation.pk))

    assert (page.context["parked"], page.context["parked_of_accounts"], page.context["rows"]) == (0, 1, [])
    assert (row["cause"].pk, row["audience"]) == (invitation.pk, "Jane Roe")
    assert client.get(url("notices-of", invitation.pk)).status_code == 200
    assert mails(invitation) == {"focal-at": "waiting"}


def test_while_something_is_on_its_way_the_page_asks_for_news(session: MeetingSession) -> None:
    cause = message(session)
    client = signed_in()
    under_way = client.get(url("notices")).content.decode()
    cause.notices.filter(channel="email").update(state=State.SENT, sent_at=clock.now(), next_attempt_at=None)

    part = client.get(url("notices"), headers={"HX-Request": "true"}).content.decode()

    assert 'hx-trigger="every 3s"' in under_way
    assert ("hx-trigger" in part, "<html" in part) == (False, False)


# --- one cause --------------------------------------------------------------------------------------------------------


def test_the_page_of_a_cause_names_everyone_with_the_last_error(session: MeetingSession) -> None:
    cause = message(session)
    put(cause, "DE", State.PARKED, last_error="550 no such mailbox", attempts=9)

    page = signed_in().get(url("notices-of", cause.pk))

    said = text_of(page)
    assert page.context["page_obj"].paginator.count == 6
    assert "focal-de de@example.org Germany E-mail parked tried 9 times 550 no such mailbox Send again" in said
    assert "Send the one again that was not delivered" in said


def test_recipients_are_shown_by_state_and_in_pages(session: MeetingSession) -> None:
    made = User.objects.bulk_create(
        [User(username=f"many-{n}", email=f"many-{n}@example.org", role="delegation") for n in range(80)]
    )
    delegation = session.delegations.get(code="BR")
    Membership.objects.bulk_create([Membership(user=user, delegation=delegation) for user in made])
    cause = message(session)
    client = signed_in()

    first, last = (client.get(url("notices-of", cause.pk), {"page": page}) for page in ("1", "9"))
    waiting = client.get(url("notices-of", cause.pk), {"state": "waiting"})

    assert [len(page.context["rows"]) for page in (first, last)] == [100, 66]
    assert {row["notice"].state for row in waiting.context["rows"]} == {"waiting"}
    assert waiting.context["page_obj"].paginator.count == 83


def test_news_of_a_cause_come_only_when_something_has_changed(session: MeetingSession) -> None:
    cause = message(session)
    client = signed_in()
    seen = client.get(url("notices-of", cause.pk)).context["seen"]

    def ask() -> Any:
        return client.get(url("notices-of", cause.pk), {"seen": seen}, headers={"HX-Request": "true"})

    same = ask()
    put(cause, "AT", State.SENT)
    news = ask()

    assert (same.status_code, same.content) == (204, b"")
    assert (news.status_code, "<html" in news.content.decode()) == (200, False)
    assert "4 of 6 sent" in text_of(news)


def test_a_cause_that_lapsed_says_that_nobody_was_told(session: MeetingSession) -> None:
    cause = coming(session, worth_until=session.session_now + timedelta(days=2))
    Cause.objects.filter(pk=cause.pk).update(
        due_at=session.session_now - timedelta(days=3), worth_until=session.session_now - timedelta(days=2)
    )
    fall_due()

    page = signed_in().get(url("notices-of", cause.pk))

    assert "Its moment had passed before it could be told" in text_of(page)
    assert f"{url('message')}?audience=delegations" in page.content.decode()


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
    assert refusal(lambda: reinstate_cause(cause=half, actor=as_officer())) == "not_cancelled"


def test_what_is_sent_cannot_be_cancelled(session: MeetingSession) -> None:
    cause = message(session)
    cause.notices.filter(channel="email").update(state=State.SENT, sent_at=clock.now(), next_attempt_at=None)

    assert refusal(lambda: cancel_cause(cause=cause, reason="too late", actor=as_officer())) == "nothing_to_cancel"


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

    assert refusal(lambda: reinstate_cause(cause=cause, actor=as_officer())) == "set_anew"
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
