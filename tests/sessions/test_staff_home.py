"""The secretariat's home: what is due, to be decided, failed; each with the link that deals with it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cnd import clock
from cnd.models import Cause, Chain, Heartbeat, Notice
from cnd.outbox.telling import tell
from sessions.models import DrawSource, Invitation
from sessions.services.announcements import NumbersFormat, Sources
from sessions.services.draw import ask_annulment
from sessions.services.inscriptions import withdraw
from sessions.services.quotas import confirm_quotas, proposed_quotas
from tests.sessions.mails import message, put, reader
from tests.sessions.scenes import (
    VIENNA,
    announce_now,
    as_officer,
    correct,
    draw_now,
    drawn_session,
    focal_point,
    inscribe_states,
    inscribed,
    make_session,
    ready_session,
)
from tests.sessions.staff_pages import signed_in, text_of, url

pytestmark = pytest.mark.django_db

ENGINE = ("Worker:", "Beat:", "Broker:")


def items(block: str) -> list[Any]:
    return list(signed_in().get(url("staff")).context[block])


def verbs(block: str) -> list[str]:
    """Return the links of a block; of what fails without what concerns workers, of which there is none here."""
    return [item.verb for item in items(block) if not item.said.startswith(ENGINE)]


# --- due --------------------------------------------------------------------------------------------------------------


def test_deadlines_of_a_week_stand_in_order_with_todays_marked() -> None:
    make_session(datetime(2024, 2, 26, 9, tzinfo=VIENNA))

    due = [item for item in items("due_items") if "/rules/" in item.url]

    assert [(item.said, item.is_today) for item in due][:2] == [
        ("Inscription on the list of speakers closes", True),
        ("Day on which the drawing of lots is announced; quotas are confirmed before", False),
    ]
    assert all(item.at <= due[0].at + timedelta(days=7, hours=9) for item in due)
    assert [item.at for item in due] == sorted(item.at for item in due)


def test_a_window_that_ends_at_midnight_ends_today() -> None:
    session = make_session(datetime(2024, 2, 26, 9, tzinfo=VIENNA))
    correct(session, "debate.inscription_closes", "2024-02-26T23:00:00Z")

    [closing] = [item for item in items("due_items") if item.url.endswith("/debate/inscription_closes/")]

    assert closing.is_today
    assert "26 February 2024, 24:00" in text_of(signed_in().get(url("staff")))


def test_reminders_that_will_go_out_stand_among_the_deadlines() -> None:
    session = make_session(datetime(2024, 2, 26, 9, tzinfo=VIENNA))
    waiting = Cause.objects.filter(chain=session.chain, state="waiting", due_at__lte=session.session_now + timedelta(7))
    first = waiting.earliest("due_at")

    reminders = [item for item in items("due_items") if "/notices/" in item.url]

    assert reminders[0].url == url("notices-of", first.pk)
    assert (reminders[0].verb, reminders[0].at) == ("See whom it reaches", first.due_at)


def test_of_many_reminders_the_first_are_shown_and_the_others_counted() -> None:
    session = make_session()
    Cause.objects.all().delete()
    for number in range(8):
        due_at = session.session_now + timedelta(hours=number + 1)
        tell(chain=session.chain, kind="message", key=f"test/{number}", audience="secretariat", due_at=due_at)

    said = [item.said for item in items("due_items") if "/notices/" in item.url]

    assert (len(said), said[-1]) == (5, "4 more notices go out.")


def test_with_nothing_in_a_week_the_next_deadline_is_named() -> None:
    make_session(datetime(2023, 11, 1, 9, tzinfo=VIENNA))

    assert len([item for item in items("due_items") if "/rules/" in item.url]) == 1


def test_after_everything_the_block_says_so() -> None:
    make_session(datetime(2024, 6, 1, 9, tzinfo=VIENNA))

    assert "Nothing is due within a week, and no deadline lies ahead." in text_of(signed_in().get(url("staff")))


# --- waiting for a decision -------------------------------------------------------------------------------------------


def decisions() -> list[str]:
    return [verb for verb in verbs("decisions") if verb != "Invite focal points"]


def test_the_decisions_follow_the_general_debate() -> None:
    session = make_session()
    said = [decisions()]
    inscribe_states(session, 10)
    said.append(decisions())
    confirm_quotas(debate=session.debate, quotas=proposed_quotas(session.debate), actor=as_officer())
    said.append(decisions())
    inscribed(session, "BR")
    said.append(decisions())
    drawing = announce_now(session)
    said.append(decisions())
    inscribed(session, "SE")
    said.append(decisions())
    draw_now(drawing)
    ask_annulment(drawing=drawing, reason="wrong quotas", actor=as_officer())
    said.append(decisions())

    assert said[:3] == [["Import a roster"], ["Confirm the quotas"], ["Announce the drawing"]]
    assert said[3][-1] == "Announce the drawing"
    assert said[4:6] == [[], ["See what waits for the draw"]]
    assert "Agree or keep the result" in said[6]


def test_while_inscriptions_are_open_nothing_is_to_be_confirmed() -> None:
    session = make_session(datetime(2024, 2, 20, 9, tzinfo=VIENNA))
    inscribe_states(session, 5)

    assert decisions() == []


def test_numbers_are_asked_for_between_their_moments() -> None:
    session = ready_session()
    balls = NumbersFormat(title="Balls", count=6, minimum=1, maximum=45)
    announce_now(session, sources=Sources(has_drand=False, numbers=balls, has_rehearsal_seed=True))
    before = decisions()
    at = clock.now()
    DrawSource.objects.filter(kind="numbers").update(
        not_before=at - timedelta(minutes=1), deadline=at + timedelta(minutes=5)
    )

    [asked] = [item for item in items("decisions") if item.verb == "Enter the numbers"]

    assert before == []
    assert asked.url == url("staff-draw-numbers", 1)
    assert "by two people, 0 of them so far" in asked.said


def test_vacant_slots_with_somebody_waiting_are_to_be_filled() -> None:
    session = make_session()
    correct(session, "debate.slots", 5)
    made = inscribe_states(session, 15)
    drawing = announce_now(session)
    draw_now(drawing)
    assert "Fill the vacant slots" not in decisions()
    group = made[0].group
    for each in made:
        if each.group == group:
            withdraw(inscription=each, actor=as_officer(), reason="test")

    assert "Fill the vacant slots" in decisions()


def test_invitations_that_expire_and_delegations_without_anybody_are_named() -> None:
    session = make_session()
    at = clock.now()
    for code, hours in (("AT", -1), ("DE", 5), ("KE", 70)):
        user = focal_point(session, code)
        delegation = session.delegations.get(code=code)
        user.memberships.all().delete()
        Invitation.objects.create(
            user=user, delegation=delegation, nonce=code, sent_at=at, expires_at=at + timedelta(hours=hours)
        )

    said = [item.said for item in items("decisions")]

    assert "One invitation has expired unused." in said
    assert "One invitation expires within a day." in said
    assert f"{session.delegations.count() - 3} delegations have nobody who acts for them." in said


# --- failed -----------------------------------------------------------------------------------------------------------


def test_nothing_failed_is_said_in_words() -> None:
    make_session()
    for part in Heartbeat.Part.values:
        Heartbeat.renew(Heartbeat.Part(part))

    page = signed_in().get(url("staff"))

    assert page.context["failed"] == []
    assert "Nothing failed." in text_of(page)


def test_a_silent_worker_and_a_silent_beat_are_told_with_what_to_do() -> None:
    make_session()

    found = {item.said.partition(":")[0]: item.more for item in items("failed")}

    assert found["Worker"].startswith("Start a worker")
    assert found["Beat"].startswith("Start beat")


def test_what_could_not_be_delivered_or_was_too_late_is_counted() -> None:
    session = make_session(at=None)
    for code in ("AT", "DE"):
        reader(session, code)
    cause = message(session)
    put(cause, "AT", Notice.State.PARKED)
    put(cause, "DE", Notice.State.LAPSED)
    now = session.session_now
    late = tell(chain=session.chain, kind="message", key="a", audience="secretariat", due_at=now + timedelta(hours=1))
    Cause.objects.filter(pk=late.pk).update(due_at=now - timedelta(hours=1))
    lapsed = tell(chain=session.chain, kind="message", key="b", audience="secretariat", due_at=now + timedelta(hours=1))
    Cause.objects.filter(pk=lapsed.pk).update(state="lapsed", settled_at=clock.now())

    assert verbs("failed") == ["Send them again", "See which lapsed", "See what was not told", "See what is overdue"]


def test_a_source_that_failed_and_a_drawing_that_waits_are_named() -> None:
    drawing = announce_now(ready_session())
    assert verbs("failed") == []
    DrawSource.objects.filter(drawing=drawing).update(failed_at=clock.now())
    type(drawing).objects.filter(pk=drawing.pk).update(
        announced_at=clock.now() - timedelta(hours=3),
        seals_at=clock.now() - timedelta(hours=2),
        draw_at=clock.now() - timedelta(hours=2),
    )

    assert verbs("failed") == ["See the sources", "Look at the drawing"]


# --- what it costs ----------------------------------------------------------------------------------------------------


def test_the_page_asks_as_often_for_few_as_for_many() -> None:
    session, _drawing = drawn_session(30)
    client = signed_in()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url("staff")).status_code == 200
        return len(captured)

    soon = session.session_now + timedelta(hours=1)
    tell(chain=session.chain, kind="message", key="test/one", audience="secretariat", due_at=soon)
    queries()
    few = queries()
    for number in range(20):
        tell(chain=session.chain, kind="message", key=f"test/{number}", audience="secretariat", due_at=soon)
        message(session, nonce=f"{number:032x}", audience="secretariat")

    # One more counts the reminders that are not shown.
    assert queries() <= few + 1
    assert few < 60


def test_every_link_of_the_page_opens() -> None:
    session = make_session()
    inscribe_states(session, 5)
    message(session, audience="secretariat")
    client = signed_in()
    page = client.get(url("staff"))
    blocks = ("due_items", "decisions", "failed")
    links = {item.url for block in blocks for item in page.context[block] if item.url}

    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_a_session_of_another_chain_adds_nothing() -> None:
    session = make_session()
    other = Chain.objects.create(code="cnd99")
    soon = session.session_now + timedelta(hours=1)
    foreign = tell(chain=other, kind="message", key="x", audience="secretariat", due_at=soon)

    assert url("notices-of", foreign.pk) not in {item.url for item in items("due_items")}
