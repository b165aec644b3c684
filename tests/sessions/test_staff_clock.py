"""The clock's page: confirmed before it is shifted, refused in words."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings

from cnd.models import Chain, JournalEntry
from sessions.models import MeetingSession
from tests.sessions.scenes import DAY_OF_QUOTAS, announce_now, inscribe_states, make_session
from tests.sessions.staff_pages import last_entry, signed_in, text_of, url

pytestmark = pytest.mark.django_db

LATER = "2024-02-28 09:00"


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


def send(client: Client, step: str, to: str = LATER, reason: str = "to try the drawing") -> Any:
    return client.post(url("clock"), {"step": step, "to": to, "reason": reason})


def test_a_shift_is_confirmed_first_and_changes_nothing_until_then(session: MeetingSession) -> None:
    entries = JournalEntry.objects.count()

    page = send(signed_in(), "preview")

    session.chain.refresh_from_db()
    assert "The clock cannot go back." in text_of(page)
    assert (JournalEntry.objects.count(), session.chain.now() < DAY_OF_QUOTAS + timedelta(hours=1)) == (entries, True)
    assert page.context["session_now"] < DAY_OF_QUOTAS + timedelta(hours=1)


def test_confirmed_the_clock_is_shifted_with_its_reason(session: MeetingSession) -> None:
    response = send(signed_in(), "shift")

    session.chain.refresh_from_db()
    is_day_later = abs(session.chain.now() - DAY_OF_QUOTAS - timedelta(days=1)) < timedelta(minutes=1)
    assert (response["Location"], is_day_later) == (url("clock"), True)
    assert (last_entry().action, last_entry().reason) == ("shift_clock", "to try the drawing")


def test_a_session_in_earnest_is_told_that_it_becomes_a_rehearsal_for_ever() -> None:
    make_session(at=None)
    client = signed_in()

    page = send(client, "preview")
    send(client, "shift")

    assert "This session becomes a rehearsal, for ever." in text_of(page)
    assert Chain.objects.get(code="cnd67").is_rehearsal


@pytest.mark.parametrize("step", ["preview", "shift"])
def test_the_clock_never_goes_back(session: MeetingSession, step: str) -> None:
    response = send(signed_in(), step, to="2024-02-01 09:00")

    assert response.status_code == 409
    assert "never goes back" in response.context["form"].non_field_errors()[0]


def test_the_clock_stands_fast_while_an_announcement_is_open(session: MeetingSession) -> None:
    inscribe_states(session, 5)
    announce_now(session)

    response = send(signed_in(), "preview")

    assert response.status_code == 409
    assert "stands fast" in response.context["form"].non_field_errors()[0]


def test_once_received_in_earnest_the_session_cannot_become_a_rehearsal() -> None:
    inscribe_states(make_session(at=None), 1)

    response = send(signed_in(), "preview")

    assert response.status_code == 409
    assert "cannot become a rehearsal" in response.context["form"].non_field_errors()[0]


@pytest.mark.parametrize(("to", "reason", "field"), [("soon", "x", "to"), ("", "x", "to"), (LATER, " ", "reason")])
def test_a_fault_stands_beside_its_field(session: MeetingSession, to: str, reason: str, field: str) -> None:
    response = send(signed_in(), "preview", to=to, reason=reason)

    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])


def test_where_rehearsals_are_off_no_form_is_offered_and_a_shift_is_refused(session: MeetingSession) -> None:
    with override_settings(ALLOW_REHEARSAL=False):
        client = signed_in()
        page, response = client.get(url("clock")), send(client, "shift")

    assert "not enabled here" in text_of(page)
    assert "<textarea" not in page.content.decode()
    assert response.status_code == 409


def test_moments_of_the_rule_book_can_be_gone_to(session: MeetingSession) -> None:
    client = signed_in()
    first = client.get(url("clock")).context["moments"][0]

    page = client.get(url("clock"), {"to": first["text"]})

    assert (first["title"], page.context["form"]["to"].value()) == ("Drawing of lots", "2024-02-29 10:00")
