"""The portal of a delegation: what it must do by when, what is new since the last visit, whom to ask."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from cnd import clock
from cnd.actors import COMMAND
from cnd.errors import NotPermitted
from cnd.instants import left_text
from cnd.models import JournalEntry, Notice
from sessions.domain.contacts import Contact, contact_of
from sessions.models import Membership
from sessions.services.inscriptions import change_level, edit_speaker
from sessions.services.visits import note_visit
from tests.sessions.portal import BEFORE, CLOSED, OPEN, make_chair, signed_in
from tests.sessions.public_pages import queries, section, text_of, url
from tests.sessions.scenes import (
    VIENNA,
    announce_now,
    as_focal_point,
    correct,
    draw_now,
    focal_point,
    inscribe_states,
    inscribed,
    make_session,
    state,
)

pytestmark = pytest.mark.django_db

PAGE = url("delegation")


def next_step(client: Client) -> str:
    """Return what the page says first."""
    return section(client.get(PAGE), "(?:What to do next|Your next date)")


# --- what to do by when -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (
            BEFORE,
            "Your next date Inscription on the list of speakers opens 15 January 2024, 10:00 (Vienna) "
            "3 hours 59 minutes left Nothing to do until then. Your page for inscribing opens at that moment.",
        ),
        (
            OPEN,
            "What to do next Inscribe on the list of speakers 26 February 2024, 18:00 (Vienna) 6 days left Inscribe",
        ),
        (
            CLOSED,
            "Your next date Drawing of lots 29 February 2024, 10:00 (Vienna) 2 days left You need do nothing for it.",
        ),
        (datetime(2024, 4, 1, tzinfo=VIENNA), "Your next date No deadline lies ahead of you."),
    ],
)
def test_the_next_thing_to_do_comes_first_with_its_deadline(at: datetime, said: str) -> None:
    assert next_step(signed_in(make_session(at))) == said


def test_what_is_done_is_not_the_next_thing_but_is_shown_as_done() -> None:
    session = make_session(OPEN)
    inscribed(session, "AT", speaker_name="Maria Musterfrau")
    client = signed_in(session)
    assert next_step(client).startswith("Your next date Drawing of lots")
    due = client.get(PAGE).context["due"]
    assert [(each.name, each.is_done) for each in due][:2] == [
        ("debate.inscription_closes", True),
        ("debate.draw_at", False),
    ]


def test_a_speaker_who_is_not_named_is_still_open() -> None:
    session = make_session(OPEN)
    made = inscribed(session, "AT")
    client = signed_in(session)
    assert next_step(client).endswith(f"Still open Say who speaks (receipt {made.receipt_number})")
    edit_speaker(inscription=made, name="Maria Musterfrau", title="", actor=COMMAND)
    assert "Say who speaks" not in next_step(client)


def test_whoever_chairs_a_group_is_not_done_before_its_statement_is_inscribed_too() -> None:
    session = make_session(OPEN)
    make_chair(session, "AT")
    client = signed_in(session)
    assert "Still open Inscribe for the statement of your group" in next_step(client)
    inscribed(session, "AT", speaker_name="Maria Musterfrau")
    assert next_step(client) == (
        "What to do next Inscribe for the statement of your group 26 February 2024, 18:00 (Vienna) 6 days left Inscribe"
    )
    inscribed(session, "AT", statement="group", speaker_name="Maria Musterfrau")
    assert next_step(client).startswith("Your next date Drawing of lots")


def test_the_readers_own_zone_stands_beside_viennas_without_a_script() -> None:
    session = make_session(OPEN)
    said = next_step(signed_in(session, time_zone="America/New_York"))
    assert "26 February 2024, 18:00 (Vienna) your time 26 February 2024, 12:00 (New York)" in said


def test_a_zone_with_the_same_time_is_not_said_twice() -> None:
    assert "your time" not in next_step(signed_in(make_session(OPEN), time_zone="Europe/Paris"))


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=9, hours=23), "9 days left"),
        (timedelta(days=3), "3 days left"),
        (timedelta(days=2, hours=23, minutes=59), "2 days 23 hours left"),
        (timedelta(hours=23, minutes=59, seconds=59), "23 hours 59 minutes left"),
        (timedelta(minutes=61, seconds=1), "1 hour 1 minute left"),
        (timedelta(seconds=5), "1 minute left"),
    ],
)
def test_what_is_left_is_said_no_finer_than_it_matters(left: timedelta, said: str) -> None:
    assert left_text(left) == said


def test_the_calendar_of_deadlines_is_linked() -> None:
    session = make_session(OPEN)
    page = signed_in(session).get(PAGE).content.decode()
    assert f'href="{url("deadlines-calendar")}?lang=en"' in page


# --- what is new ------------------------------------------------------------------------------------------------------


def at_hour(hours: float) -> Any:
    """Travel to so many hours from now, so that visits lie apart."""
    return time_machine.travel(clock.now() + timedelta(hours=hours), tick=True)


def new_ones(client: Client, **headers: str) -> tuple[int, int]:
    """Return how many happenings count as new, and how many chips on the page say so."""
    page = client.get(PAGE, headers=headers)
    return page.context["count_new"], page.content.decode().count("chip-new")


def test_at_the_first_visit_nothing_is_called_new() -> None:
    session = make_session(OPEN)
    inscribed(session, "AT")
    client = signed_in(session)
    assert new_ones(client) == (0, 0)
    assert "since your last visit" not in text_of(client.get(PAGE))


def test_what_happened_since_the_last_visit_is_new_in_words_for_the_whole_visit() -> None:
    session = make_session(OPEN)
    made = inscribed(session, "AT")
    client = signed_in(session)
    client.get(PAGE)
    with at_hour(2):
        change_level(inscription=made, level="above_ministerial", actor=COMMAND)
        with at_hour(0.2):
            # Once in the history, once among the unread notices.
            assert new_ones(client) == (1, 2)
            assert "1 thing is new since your last visit, 20 February 2024" in text_of(client.get(PAGE))
        with at_hour(0.6):
            assert new_ones(client) == (1, 2)
    with at_hour(5):
        assert new_ones(client) == (0, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
        {"sec-fetch-dest": "empty"},
    ],
)
def test_a_page_that_nobody_looks_at_is_no_visit(headers: dict[str, str]) -> None:
    client = signed_in(make_session(OPEN))
    client.get(PAGE, headers=headers)
    client.head(PAGE)
    assert Membership.objects.get().visited_at is None


def test_a_visit_leaves_no_entry_and_is_one_for_each_delegation() -> None:
    session = make_session(OPEN)
    client = signed_in(session)
    Membership.objects.create(user=focal_point(session, "AT"), delegation=state(session, "KE"))
    before = JournalEntry.objects.count()
    client.get(url("delegation-of", "KE"))
    assert JournalEntry.objects.count() == before
    visited = Membership.objects.exclude(visited_at=None).values_list("delegation__code", flat=True)
    assert list(visited) == ["KE"]


def test_two_pages_opened_at_once_begin_one_visit() -> None:
    session = make_session(OPEN)
    actor = as_focal_point(session, "AT")
    first = Membership.objects.get()
    with at_hour(-3):
        note_visit(membership=first, actor=actor)
    began = first.visited_at
    pages = [Membership.objects.get(), Membership.objects.get()]
    assert [note_visit(membership=page, actor=actor) for page in pages] == [began, began]


def test_nobody_visits_for_somebody_else() -> None:
    session = make_session(OPEN)
    focal_point(session, "AT")
    with pytest.raises(NotPermitted):
        note_visit(membership=Membership.objects.get(), actor=as_focal_point(session, "BE"))


def test_wording_the_unread_notices_has_a_bound() -> None:
    session = make_session()
    made = inscribe_states(session, 5)[0]
    code = made.delegation.code
    client = signed_in(session, code)
    draw_now(announce_now(session))
    for level in ("ministerial", "above_ministerial", "below_ministerial") * 2:
        change_level(inscription=made, level=level, actor=COMMAND)
    client.get(PAGE)
    assert Notice.objects.filter(channel="portal", recipient__username=f"focal-{code.lower()}").count() > 5
    many = queries(client, PAGE)
    assert len(client.get(PAGE).context["notices"]) == 3
    assert many <= 45


# --- whom to ask ------------------------------------------------------------------------------------------------------


def test_the_contacts_are_data_and_stand_on_portal_and_session_page() -> None:
    session = make_session(OPEN)
    correct(session, "secretariat.contacts", ["Desk; desk@example.org; +43 1 0000 0199; Room M01; by 17:00"])
    for page in (signed_in(session).get(PAGE), Client().get(url("session"))):
        assert "Desk +43 1 0000 0199 desk@example.org Room M01; by 17:00" in section(page, "Whom to ask")
        assert 'href="tel:+43100000199"' in page.content.decode()
        assert 'href="mailto:desk@example.org"' in page.content.decode()


def test_without_contacts_there_is_no_empty_list() -> None:
    session = make_session(OPEN)
    correct(session, "secretariat.contacts", [])
    assert "Whom to ask" not in text_of(signed_in(session).get(PAGE))


@pytest.mark.parametrize(
    ("line", "contact"),
    [
        ("Desk", Contact("Desk")),
        ("Desk; ; 01 234567", Contact("Desk", telephone="01 234567")),
        ("Desk; 9–17; a@b.example; c@d.example", Contact("Desk", mail="a@b.example", note="9–17; c@d.example")),
    ],
)
def test_a_contact_is_read_from_one_line(line: str, contact: Contact) -> None:
    assert contact_of(line) == contact
