"""The published programme as somebody reads it, in pages and as files."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from cnd import journal
from cnd.actors import COMMAND
from cnd.canonical import canonical
from logistics.models import Application, ProgrammeVersion, SentFile
from logistics.services.sent_files import checked_file
from sessions.models import MeetingSession
from tests.logistics.placed import accepted, at, place, publish, published_day
from tests.logistics.sent import PDF
from tests.sessions.public_pages import queries, text_of
from tests.sessions.scenes import make_session

pytestmark = pytest.mark.django_db

PROGRAMME = "/cnd67/programme/"


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


@pytest.fixture
def events(session: MeetingSession) -> list[Application]:
    return published_day(session)


def titles(response: Any) -> list[str]:
    """Return the titles of the events that a page shows, in order."""
    return [event.title for _day, parts in response.context["days"] for _place, part in parts for event in part]


ALL = ["Alternative development, ten years on", "=Youth first", "预防与治疗"]


def test_before_the_first_publication_the_page_says_so(session: MeetingSession, client: Client) -> None:
    assert "There is no programme yet" in text_of(client.get(PROGRAMME))
    assert "Nothing is published yet" in text_of(client.get(PROGRAMME + "versions/"))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ALL),
        ("?day=2024-03-15", ALL[2:]),
        ("?room=c2", ALL[1:2]),
        ("?theme=International+cooperation", ALL[1:2]),
        ("?form=hybrid", ALL[1:2]),
        ("?kind=regular", ALL[2:]),
        ("?organiser=AT", ALL[:1]),
        ("?organiser=AT&room=c2", []),
        ("?room=nonsense&day=yesterday", ALL),
        ("?by=room", ALL),
    ],
)
def test_the_programme_is_filtered(events: list[Application], client: Client, query: str, shown: list[str]) -> None:
    assert titles(client.get(PROGRAMME + query)) == shown


def test_a_page_takes_as_many_queries_for_many_events_as_for_few(
    session: MeetingSession, events: list[Application], client: Client
) -> None:
    before = queries(client, PROGRAMME)
    for hour in (9, 11, 17):
        place(accepted(session, "FR", kind="regular"), at(hour), "m3", minutes=60)
    publish(session)
    assert queries(client, PROGRAMME) == before


def test_a_version_of_old_stays_as_it_was_and_says_so(
    session: MeetingSession, events: list[Application], client: Client
) -> None:
    place(events[0], at(17))
    publish(session, "The minister comes later.")
    old = client.get(PROGRAMME + "versions/1/")
    assert "This version is not the latest one." in text_of(old)
    assert titles(old) == ALL
    changes = text_of(client.get(PROGRAMME + "versions/2/"))
    assert "Time and room: 14 March 2024, 13:00–14:30, Conference Room 1 14 March 2024, 17:00–18:30" in changes
    assert client.get(PROGRAMME + "versions/3/").status_code == 404


def test_the_file_of_a_version_is_what_was_hashed(events: list[Application], client: Client) -> None:
    version = ProgrammeVersion.objects.get()
    assert client.get(PROGRAMME + "versions/1.json").content == canonical(version.content)


def test_the_page_of_an_event_names_those_who_speak_until_they_are_erased(
    session: MeetingSession, events: list[Application], client: Client
) -> None:
    page = text_of(client.get("/cnd67/side-events/high-level-1/"))
    assert "Ms Anna Example Minister" in page
    assert "Peru, A foundation" in page
    speakers = events[0].speakers
    assert speakers is not None
    journal.erase_personal(datum=speakers, actor=COMMAND, reason="asked for")
    assert "Anna" not in text_of(client.get("/cnd67/side-events/high-level-1/"))


def test_an_event_withdrawn_since_says_so_and_names_nobody(events: list[Application], client: Client) -> None:
    Application.objects.filter(pk=events[0].pk).update(state="withdrawn", place=None)
    page = text_of(client.get("/cnd67/side-events/high-level-1/"))
    assert "This event will not take place as announced." in page
    assert "Anna" not in page


@pytest.mark.parametrize("reference", ["high-level-9", "high-level", "nothing-1", "high-level-99999999999999999999"])
def test_what_is_not_published_has_no_page(events: list[Application], client: Client, reference: str) -> None:
    assert client.get(f"/cnd67/side-events/{reference}/").status_code == 404
    assert client.get(f"/cnd67/side-events/{reference}/event.ics").status_code == 404


def test_a_flyer_is_handed_out_so_that_nothing_in_it_can_act(
    session: MeetingSession, events: list[Application], client: Client
) -> None:
    address = "/cnd67/side-events/high-level-1/flyer/"
    assert client.get(address).status_code == 404
    sent = checked_file(session=session, name="Fly\r\ner.pdf", content=PDF, allowed={"application/pdf"}, most_bytes=999)
    sent.save()
    Application.objects.filter(pk=events[0].pk).update(flyer=sent)
    answer = client.get(address)
    assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert SentFile.objects.count() == 1


# --- files ------------------------------------------------------------------------------------------------------------


def test_no_title_is_a_formula_in_a_spreadsheet(events: list[Application], client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get(PROGRAMME + "programme.csv").content.decode("utf-8-sig"))))
    assert [row["Title"] for row in rows] == [ALL[0], "'=Youth first", ALL[2]]
    assert rows[0]["Begins (Vienna)"] == "13:00"
    sheet = load_workbook(io.BytesIO(client.get(PROGRAMME + "programme.xlsx").content)).worksheets[0]
    assert [(cell.value, cell.data_type) for cell in sheet["G"][1:]] == [(title, "s") for title in ALL]


def test_a_file_holds_what_the_page_shows(events: list[Application], client: Client) -> None:
    rows = client.get(PROGRAMME + "programme.csv?organiser=KE").content.decode("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["Reference", "high-level-2"]


@pytest.mark.parametrize("language", ["ar", "zh-hans", "en", "fr", "ru", "es"])
def test_the_programme_on_paper_is_made_in_every_language_with_its_own_letters(
    events: list[Application], client: Client, language: str
) -> None:
    paper = client.get(f"{PROGRAMME}programme.pdf?lang={language}")
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    # One title of the programme is in Chinese; Arabic letters are there where one reads Arabic.
    expected = {b"NotoSans", b"NotoSansSC"} | ({b"NotoSansArabic"} if language == "ar" else set())
    assert {name.removesuffix(b"Bold") for name in re.findall(rb"NotoSans[A-Za-z]*", paper.content)} == expected


def test_files_are_not_sent_again_until_something_changes(
    session: MeetingSession, events: list[Application], client: Client
) -> None:
    for name in ("programme.pdf", "programme.xlsx", "programme.csv", "programme.ics", "versions.atom"):
        first = client.get(PROGRAMME + name)
        again = client.get(PROGRAMME + name, headers={"If-None-Match": first["ETag"]})
        assert (first.status_code, again.status_code) == (200, 304)
    place(events[0], at(17))
    publish(session)
    assert client.get(PROGRAMME + "programme.csv").content.count(b"17:00") == 1
    assert client.get("/nowhere/programme/programme.csv").status_code == 404


def test_the_feed_has_an_entry_for_every_version(
    session: MeetingSession, events: list[Application], client: Client
) -> None:
    place(events[0], at(17))
    publish(session, "The minister comes later.")
    feed = client.get(PROGRAMME + "versions.atom").content.decode()
    assert feed.count("<entry>") == 2
    assert feed.index("The minister comes later.") < feed.index("The first programme.")
    assert "Moved: “Alternative development, ten years on”, now 14 March 2024, 17:00–18:30, Conference Room 1" in feed
