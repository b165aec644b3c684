"""The display at a door: what it shows to whoever passes by, how cheaply it asks, and the code behind it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cnd import clock
from logistics.models import Block, Booking
from logistics.services.booking_moves import cancel_booking
from logistics.services.check_in import check_in, check_in_token
from logistics.services.door import Entry, register_occupants
from sessions.models import MeetingSession
from sessions.services.clock import shift_clock
from tests.logistics.bilaterals import asked, at, booking_session, met, now_of, room
from tests.logistics.meeting_pages import of, of_staff, page
from tests.sessions.kept import kept
from tests.sessions.scenes import COMMAND, as_officer
from tests.sessions.staff_pages import text_of

pytestmark = pytest.mark.django_db

MORNING = at(8, 50)
loaded = kept(lambda: booking_session(MORNING).pk)
DOOR = "b1"


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


def door() -> str:
    return page("door", DOOR)


def early(session: MeetingSession, **more: Any) -> Booking:
    """Return a meeting of this morning, entered by staff past the cut-off."""
    return met(session, actor=as_officer(), reason="test", **more)


def test_a_door_says_that_the_room_is_reserved_and_never_for_whom(session: MeetingSession, client: Client) -> None:
    early(session, purpose="Of great weight")
    Block.objects.create(room=room(session), starts_at=at(15), ends_at=at(16), reason="A leak in the roof")
    text = text_of(client.get(door()))
    assert "Free until 09:00" in text
    assert "Reserved 09:00–09:30" in text
    assert "15:00–16:00 Closed" in text
    words = ("Austria", "Brazil", "weight", "leak", "AT", "BR")
    assert [word for word in words if word in text.split()] == []


def test_others_have_what_they_hold_shown_too(session: MeetingSession, client: Client) -> None:
    register_occupants("test:", lambda *_asked: [Entry(at(12), at(13), "On water", "A side event", "test:1")])
    try:
        assert "12:00–13:00 On water" in text_of(client.get(door()))
    finally:
        register_occupants("test:", lambda *_asked: [])


def test_a_display_that_knows_it_all_is_answered_by_one_query(
    session: MeetingSession, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with time_machine.travel(clock.now(), tick=False):
        tag = client.get(door()).headers["ETag"]
        with django_assert_num_queries(1):
            answer = client.get(door(), headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_news_and_the_next_five_minutes_reach_the_display(session: MeetingSession, client: Client) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        tag = client.get(door()).headers["ETag"]
        booking = early(session)
        changed = client.get(door(), headers={"If-None-Match": tag})
        assert "Reserved" in text_of(changed)
        moment.shift(timedelta(minutes=10))
        begun = client.get(door(), headers={"If-None-Match": changed.headers["ETag"]})
        assert "Now Reserved" in text_of(begun)
        cancel_booking(booking=booking, actor=as_officer(), reason="test")
        ended = client.get(door(), headers={"If-None-Match": begun.headers["ETag"]})
        assert "Now Free" in text_of(ended)


def test_the_code_is_gone_at_the_next_poll_after_somebody_checked_in(session: MeetingSession, client: Client) -> None:
    booking = early(session)
    with time_machine.travel(clock.now(), tick=False):
        before = client.get(door())
        check_in(booking=now_of(booking), actor=as_officer())
        after = client.get(door(), headers={"If-None-Match": before.headers["ETag"]})
    assert (before.context["check_in"] is None, after.status_code) == (False, 200)
    assert after.context["check_in"] is None


def test_what_is_private_moves_no_display(session: MeetingSession, client: Client) -> None:
    with time_machine.travel(clock.now(), tick=False):
        tag = client.get(door()).headers["ETag"]
        shown = client.get(page("door", "b2")).headers["ETag"]
        assert tag != shown
        of_staff().get(page("bookings"))
        assert client.get(door(), headers={"If-None-Match": tag}).status_code == 304


def test_no_room_and_no_session_have_no_door(session: MeetingSession, client: Client) -> None:
    assert client.get(page("door", "nowhere")).status_code == 404
    assert client.get(door().replace("cnd67", "cnd99")).status_code == 404


# --- the code ---------------------------------------------------------------------------------------------------------


def test_the_code_is_shown_from_a_while_before_until_the_room_is_released(
    session: MeetingSession, client: Client
) -> None:
    booking = early(session)
    url = page("door-check-in", DOOR, check_in_token(booking))
    assert client.get(door()).context["check_in"]["url"] == f"http://testserver{url}"
    shift_clock(session=session, to=at(9, 11), actor=COMMAND, reason="test")
    assert client.get(door()).context["check_in"] is None


def test_whoever_scans_the_code_signs_in_and_says_that_they_are_here(session: MeetingSession, client: Client) -> None:
    booking = early(session)
    url = page("door-check-in", DOOR, check_in_token(booking))
    assert client.get(url).headers["Location"].startswith("/sign-in/")
    brazil = of(session, "BR")
    assert "We are here" in text_of(brazil.get(url))
    answer = brazil.post(url, follow=True)
    assert "checked in" in text_of(answer)
    assert now_of(booking).state == "held"


def test_the_code_tells_strangers_nothing(session: MeetingSession) -> None:
    booking = early(session)
    kenya = of(session, "KE")
    right, wrong = (page("door-check-in", DOOR, token) for token in (check_in_token(booking), "nothing:of:that"))
    answers = [kenya.get(right), kenya.get(wrong), kenya.post(right)]
    assert {answer.status_code for answer in answers} == {404}
    assert text_of(answers[0]) == text_of(answers[1])
    assert now_of(booking).state == "confirmed"


def test_a_request_that_nobody_confirmed_shows_no_code(session: MeetingSession, client: Client) -> None:
    asked(session, actor=as_officer(), reason="test")
    assert "Check in" not in text_of(client.get(door()))
