"""The notices as staff follow them: coming, told, stuck; found, and shown with everyone they go to."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cnd import clock
from cnd.models import Cause, Chain, Notice, User
from cnd.outbox.telling import fall_due, tell
from cnd.users import system_chain
from sessions.models import MeetingSession, Membership
from tests.sessions.mails import coming, mails, message, put, told_session
from tests.sessions.staff_pages import signed_in, text_of, url

pytestmark = pytest.mark.django_db

State = Notice.State


@pytest.fixture
def session() -> MeetingSession:
    return told_session()


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
