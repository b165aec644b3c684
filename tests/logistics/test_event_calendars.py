"""Side events in calendar programs, as feeds and attached to notices."""

from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar, Event

from cnd.models import User
from cnd.outbox.kinds import kind_of
from cnd.outbox.texts import word
from logistics.models import Application
from logistics.services.busy import busy_times
from sessions.models import MeetingSession
from tests.logistics.placed import at, place, publish, published_day, unplace
from tests.sessions.scenes import focal_point, make_session, state
from tests.sessions.told import causes

pytestmark = pytest.mark.django_db

FEED = "/cnd67/programme/programme.ics"


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


@pytest.fixture
def events(session: MeetingSession) -> list[Application]:
    return published_day(session)


def read(content: bytes) -> dict[str, Any]:
    calendar = Calendar.from_ical(content)
    found = [each for each in calendar.walk("VEVENT") if isinstance(each, Event)]
    assert calendar.errors == []
    return {str(each["uid"]).partition("@")[0].removeprefix("cnd67.side-event."): each for each in found}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"high-level-1", "high-level-2", "regular-1"}),
        ("?room=c2", {"high-level-2"}),
        ("?organiser=at", {"high-level-1"}),
        ("?room=nowhere", set()),
    ],
)
def test_a_feed_is_of_all_of_a_room_or_of_an_organiser(
    events: list[Application], client: Client, query: str, found: set[str]
) -> None:
    assert set(read(client.get(FEED + query).content)) == found


def test_an_event_keeps_its_uid_and_raises_its_sequence_when_it_changes(
    session: MeetingSession, events: list[Application], client: Client
) -> None:
    before = read(client.get(FEED).content)
    place(events[0], at(17), "c2", minutes=60)
    publish(session)
    after = read(client.get(FEED).content)
    assert {name: each["sequence"] for name, each in before.items()} == dict.fromkeys(before, 1)
    assert {name: each["sequence"] for name, each in after.items()} == dict.fromkeys(before, 1) | {"high-level-1": 2}
    moved = after["high-level-1"]
    assert (moved["dtstart"].dt, moved["dtend"].dt) == (at(17), at(18))
    assert str(moved["location"]) == "Conference Room 2, Building C, floor 4"


def test_a_feed_speaks_the_language_that_is_asked_for(events: list[Application], client: Client) -> None:
    event = read(client.get(FEED + "?lang=fr").content)["high-level-1"]
    assert str(event["location"]).startswith("Salle de conférence 1")


def notice_of(session: MeetingSession, kind: str, code: str) -> tuple[Any, User]:
    [cause] = causes(session, "programme:", kind=kind, audience=f"delegation:{code}")
    return cause, focal_point(session, code)


def test_an_organiser_is_told_old_and_new_time_with_a_calendar_file(
    session: MeetingSession, events: list[Application]
) -> None:
    place(events[0], at(17))
    publish(session, "The minister comes later.")
    cause, reader = notice_of(session, "side_event_moved", "AT")
    text = word(cause, reader, language="en").body
    assert "Now: 14 March 2024, 17:00 (Vienna), until 18:30\nConference Room 1" in text
    assert "Before: 14 March 2024, 13:00 (Vienna), until 14:30, Conference Room 1" in text
    assert "The minister comes later." in text
    calendar = kind_of(cause.kind).calendar
    assert calendar is not None
    attached = read(calendar(cause, reader) or b"")["high-level-1"]
    assert (attached["dtstart"].dt, attached["sequence"], str(attached["status"])) == (at(17), 2, "CONFIRMED")


def test_what_was_taken_out_is_cancelled_in_the_calendar(session: MeetingSession, events: list[Application]) -> None:
    unplace(events[1])
    publish(session)
    cause, reader = notice_of(session, "side_event_removed", "KE")
    calendar = kind_of(cause.kind).calendar
    assert calendar is not None
    attached = read(calendar(cause, reader) or b"")["high-level-2"]
    assert (attached["sequence"], str(attached["status"])) == (2, "CANCELLED")


def test_organisers_and_cosponsors_are_busy_at_their_published_events(
    session: MeetingSession, events: list[Application]
) -> None:
    wanted = [state(session, code) for code in ("AT", "PE", "BR")]
    place(events[0], at(17))  # in the draft alone: nobody knows yet
    found = busy_times(session, wanted, at(8), at(20))
    codes = {each.pk: each.code for each in wanted}
    assert sorted((codes[each.delegation_id], each.starts_at, each.ends_at, each.what) for each in found) == [
        (code, at(13), at(14, 30), "Side event: Alternative development, ten years on") for code in ("AT", "PE")
    ]
    assert busy_times(session, wanted, at(14, 30), at(20)) == []
