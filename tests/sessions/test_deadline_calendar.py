"""The calendar of deadlines: what RFC 5545 asks of it, what it says, and that it changes only with its data."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar, Event

from cnd.actors import COMMAND
from cnd.outbox.kinds import kind_of
from sessions.models import MeetingSession
from sessions.services.announcements import withdraw_announcement
from sessions.services.deadlines import deadlines_for
from tests.sessions.public_pages import text_of, url
from tests.sessions.scenes import VIENNA, announce_now, correct, focal_point, inscribed, make_session
from tests.sessions.told import causes

pytestmark = pytest.mark.django_db

ADDRESS = "/cnd67/deadlines.ics"
NEW_YEAR = datetime(2024, 1, 2, 9, tzinfo=VIENNA)
LANGUAGES = ("ar", "zh-hans", "en", "fr", "ru", "es")


@pytest.fixture
def session() -> MeetingSession:
    """A session in earnest, loaded on New Year."""
    with time_machine.travel(NEW_YEAR, tick=False):
        return make_session(None)


def raw(client: Client, query: str = "", **headers: Any) -> bytes:
    response = client.get(ADDRESS + query, headers=headers)
    assert response.status_code == 200
    return bytes(response.content)


def events(content: bytes) -> dict[str, Event]:
    calendar = Calendar.from_ical(content)
    assert calendar.errors == []
    every = [each for each in calendar.walk("VEVENT") if isinstance(each, Event)]
    found = {str(each["uid"]).removeprefix("cnd67.").partition("@")[0]: each for each in every}
    assert [each.errors for each in found.values() if each.errors] == []
    return found


# --- the format -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_end_with_crlf_and_none_is_longer_than_75_octets(
    session: MeetingSession, client: Client, language: str
) -> None:
    correct(session, "debate.inscription_closes", datetime(2024, 3, 1, 12, tzinfo=VIENNA))
    content = raw(client, f"?lang={language}")
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert re.findall(rb"(?<!\r)\n|\r(?!\n)", content) == []
    lines = content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    # No character is torn by the folding: every physical line is UTF-8 by itself.
    assert [line for line in lines if line.decode("utf-8", "replace").count("\ufffd")] == []


def test_the_calendar_has_what_the_standard_requires_and_programs_look_for(
    session: MeetingSession, client: Client
) -> None:
    calendar = Calendar.from_ical(raw(client, "?lang=en"))
    named = "Deadlines: Commission on Narcotic Drugs, sixty-seventh session"
    assert {
        name: str(calendar[name]) for name in ("version", "prodid", "method", "calscale", "name", "x-wr-calname")
    } == {
        "version": "2.0",
        "prodid": "-//Meeting-logistics planner//Deadlines//EN",
        "method": "PUBLISH",
        "calscale": "GREGORIAN",
        "name": named,
        "x-wr-calname": named,
    }
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in raw(client)


def test_every_event_has_identity_stamp_and_beginning_in_utc(session: MeetingSession, client: Client) -> None:
    content = raw(client).decode()
    found = events(content.encode())
    needed = ("uid", "dtstamp", "dtstart", "summary")
    assert [(uid, name) for uid, each in found.items() for name in needed if name not in each] == []
    moments = re.findall(r"^(?:DTSTAMP|DTSTART|DTEND|LAST-MODIFIED)[:;].*$", content, re.MULTILINE)
    assert [line for line in moments if not re.fullmatch(r"[A-Z-]+:\d{8}T\d{6}Z\r?", line)] == []
    assert [
        each for each in found.values() if "dtend" in each and each.decoded("dtend") <= each.decoded("dtstart")
    ] == []
    assert "BEGIN:VALARM" not in content


def test_it_is_sent_as_a_calendar(session: MeetingSession, client: Client) -> None:
    response = client.get(ADDRESS)
    assert response["Content-Type"].split(";")[0] == "text/calendar"
    assert "charset=utf-8" in response["Content-Type"]
    assert response["Content-Disposition"] == 'inline; filename="cnd67-deadlines.ics"'


def test_of_a_session_that_is_none_there_is_no_calendar(session: MeetingSession, client: Client) -> None:
    assert client.get("/cnd99/deadlines.ics").status_code == 404


def test_nothing_can_be_written_to_it(session: MeetingSession, client: Client) -> None:
    assert client.post(ADDRESS).status_code == 405


# --- what it says -----------------------------------------------------------------------------------------------------


def test_it_holds_every_public_deadline_and_none_of_the_secretariats(session: MeetingSession, client: Client) -> None:
    public = {each.rule.name for each in deadlines_for(session) if each.is_public}
    assert set(events(raw(client))) == public
    assert "debate.announcement_on" not in public


def test_a_closing_ends_at_its_moment_and_so_stands_on_the_day_it_ends(session: MeetingSession, client: Client) -> None:
    event = events(raw(client, "?lang=en"))["side-event-high-level.applications_close"]
    midnight = datetime(2024, 1, 12, tzinfo=VIENNA)
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (midnight - timedelta(minutes=15), midnight)
    assert "11 January 2024, 24:00 (Vienna)" in str(event["description"])


def test_anything_else_begins_at_its_moment(session: MeetingSession, client: Client) -> None:
    event = events(raw(client))["debate.draw_at"]
    assert (event.decoded("dtstart"), "dtend" in event) == (datetime(2024, 2, 29, 9, tzinfo=UTC), False)


def test_a_deadline_in_summer_is_at_the_same_hour_of_vienna(session: MeetingSession, client: Client) -> None:
    correct(session, "debate.draw_at", datetime(2024, 4, 2, 10, tzinfo=VIENNA))
    assert events(raw(client))["debate.draw_at"].decoded("dtstart") == datetime(2024, 4, 2, 8, tzinfo=UTC)


def test_a_deadline_that_moved_keeps_its_identity_and_counts_up(session: MeetingSession, client: Client) -> None:
    before = events(raw(client))["debate.inscription_closes"]
    at = datetime(2024, 2, 1, 12, 0, 30, tzinfo=UTC)
    with time_machine.travel(at, tick=False):
        correct(session, "debate.inscription_closes", datetime(2024, 3, 1, 12, tzinfo=VIENNA))
    after = events(raw(client, "?lang=en"))["debate.inscription_closes"]
    assert (before["uid"], before["sequence"], "last-modified" in before) == (after["uid"], 0, False)
    assert (after["sequence"], after.decoded("last-modified"), after.decoded("dtstamp")) == (1, at, at)
    assert "Corrected; it was 26 February 2024, 18:00 (Vienna): test" in str(after["description"])


def test_an_announced_drawing_stands_at_its_announced_moment_and_goes_back_when_it_is_withdrawn(client: Client) -> None:
    session = make_session()
    inscribed(session, "AT")
    drawing = announce_now(session, lead_s=86400)
    announced = events(raw(client))["debate.draw_at"]
    assert announced.decoded("dtstart") == session.chain.to_session(drawing.draw_at).replace(microsecond=0)
    withdraw_announcement(drawing=drawing, reason="test", actor=COMMAND)
    back = events(raw(client))["debate.draw_at"]
    assert back.decoded("dtstart") == datetime(2024, 2, 29, 9, tzinfo=UTC)
    assert (announced["sequence"], back["sequence"]) == (1, 2)


def test_a_rehearsal_says_so_in_every_summary(client: Client) -> None:
    make_session()
    summaries = [str(each["summary"]) for each in events(raw(client, "?lang=en")).values()]
    assert [summary for summary in summaries if not summary.startswith("[Rehearsal] ")] == []


def test_in_earnest_no_summary_says_rehearsal(session: MeetingSession, client: Client) -> None:
    assert b"Rehearsal" not in raw(client, "?lang=en")


def test_the_language_is_the_one_asked_for_else_the_readers(session: MeetingSession, client: Client) -> None:
    french = "Commission des stupéfiants, soixante-septième session"

    def title(query: str = "", **headers: str) -> str:
        return str(Calendar.from_ical(raw(client, query, **headers))["x-wr-calname"])

    assert title("?lang=fr").endswith(french)
    assert title(accept_language="fr").endswith(french)
    assert title("?lang=en", accept_language="fr").endswith("sixty-seventh session")
    assert title("?lang=tlh", accept_language="fr").endswith(french)


# --- polled by many programs ------------------------------------------------------------------------------------------


def test_it_is_a_function_of_its_data_not_of_the_clock(session: MeetingSession, client: Client) -> None:
    first = raw(client)
    with time_machine.travel(datetime(2024, 2, 28, tzinfo=UTC), tick=False):
        assert raw(client) == first


def test_what_a_program_has_already_is_not_sent_again_for_one_query(
    session: MeetingSession, client: Client, django_assert_num_queries: Any
) -> None:
    etag = client.get(ADDRESS)["ETag"]
    with django_assert_num_queries(1):
        response = client.get(ADDRESS, headers={"if-none-match": etag})
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)


def test_a_corrected_rule_gives_it_another_tag_as_does_a_language(session: MeetingSession, client: Client) -> None:
    first = client.get(ADDRESS)["ETag"]
    assert client.get(f"{ADDRESS}?lang=fr")["ETag"] != first
    correct(session, "debate.draw_at", datetime(2024, 3, 4, 10, tzinfo=VIENNA))
    assert client.get(ADDRESS, headers={"if-none-match": first}).status_code == 200


def test_an_inscription_leaves_its_tag_as_it_is(session: MeetingSession, client: Client) -> None:
    first = client.get(ADDRESS)["ETag"]
    inscribed(session, "AT")
    assert client.get(ADDRESS)["ETag"] == first


# --- where it is found, and what is attached --------------------------------------------------------------------------


def test_the_page_of_the_session_offers_it(session: MeetingSession, client: Client) -> None:
    response = client.get(url("session"))
    assert f'href="{ADDRESS}' in response.content.decode()
    assert "These deadlines for your calendar program" in text_of(response)


def test_a_reminder_carries_its_deadline_as_the_feed_has_it(session: MeetingSession, client: Client) -> None:
    (cause,) = causes(session, "deadline:debate.inscription_closes#0:86400")
    attach = kind_of(cause.kind).calendar
    assert attach is not None
    attached = events(attach(cause, focal_point(session, "AT")) or b"")
    of_feed = events(raw(client))
    assert attached == {"debate.inscription_closes": of_feed["debate.inscription_closes"]}


def test_a_day_is_attached_until_its_end(session: MeetingSession) -> None:
    with time_machine.travel(NEW_YEAR, tick=False):
        correct(session, "debate.announcement_on", date(2024, 2, 28))
    (cause,) = causes(session, "deadline:debate.announcement_on#1:86400")
    attach = kind_of(cause.kind).calendar
    assert attach is not None
    (event,) = events(attach(cause, focal_point(session, "AT")) or b"").values()
    assert event.decoded("dtend") == datetime(2024, 2, 29, tzinfo=VIENNA)
