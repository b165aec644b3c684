"""Forms of a delegation sent twice, too late, or from a page that is stale: nothing twice, and a clear answer."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from cnd.actors import COMMAND
from sessions.models import Inscription
from sessions.services.inscriptions import change_level, withdraw
from tests.sessions.portal import BEFORE, CLOSED, OPEN, make_chair, signed_in
from tests.sessions.public_pages import speaks, text_of, url
from tests.sessions.scenes import (
    announce_now,
    count_entries,
    draw_now,
    inscribe_states,
    inscribed,
    make_session,
    published,
)

pytestmark = pytest.mark.django_db

GIVEN = {"level": "ministerial", "speaker_name": "Maria Musterfrau", "speaker_title": "Minister"}


def standing(code: str = "AT") -> Inscription:
    return Inscription.objects.get(delegation__code=code, withdrawn_at=None)


# --- inscribing -------------------------------------------------------------------------------------------------------


def test_everything_is_inscribed_in_one_form() -> None:
    session = make_session(OPEN)
    make_chair(session, "AT")
    client = signed_in(session)
    form = client.get(url("delegation-inscribe", "AT")).context["form"]
    assert list(form.fields) == ["statement", "level", "speaker_name", "speaker_title"]
    assert [name for name, _label in form.fields["statement"].choices] == ["own", "group"]
    client.post(url("delegation-inscribe", "AT"), GIVEN | {"statement": "group"})
    assert (standing().statement, standing().level) == ("group", "ministerial")
    assert client.get(url("delegation-inscribe", "AT")).context["form"].initial["statement"] == "own"


def test_whoever_chairs_nothing_is_not_asked_on_whose_behalf() -> None:
    page = signed_in(make_session(OPEN)).get(url("delegation-inscribe", "AT"))
    assert [field.name for field in page.context["form"].visible_fields()] == ["level", "speaker_name", "speaker_title"]


def test_the_same_form_sent_twice_inscribes_once_and_says_so() -> None:
    session = make_session(OPEN)
    client = signed_in(session)
    client.post(url("delegation-inscribe", "AT"), GIVEN)
    entries = count_entries(session)
    answer = client.post(url("delegation-inscribe", "AT"), GIVEN, follow=True)
    assert (answer.status_code, answer.redirect_chain) == (200, [(url("delegation-of", "AT"), 302)])
    assert "You are inscribed already, under receipt 1." in text_of(answer)
    assert (Inscription.objects.count(), count_entries(session)) == (1, entries)


def test_another_inscription_from_a_stale_page_is_refused_with_the_receipt() -> None:
    session = make_session(OPEN)
    client = signed_in(session)
    client.post(url("delegation-inscribe", "AT"), GIVEN)
    answer = client.post(url("delegation-inscribe", "AT"), GIVEN | {"level": "above_ministerial"})
    assert answer.status_code == 409
    assert "Austria is already inscribed, under receipt 1." in text_of(answer)
    assert standing().level == "ministerial"


def test_going_back_to_the_form_leads_to_the_receipt() -> None:
    session = make_session(OPEN)
    client = signed_in(session)
    client.post(url("delegation-inscribe", "AT"), GIVEN)
    answer = client.get(url("delegation-inscribe", "AT"), follow=True)
    assert "You are inscribed already, under receipt 1." in text_of(answer)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (BEFORE, "Inscriptions are not open yet: they open 15 January 2024, 10:00 (Vienna)."),
        (CLOSED, "Inscriptions closed 26 February 2024, 18:00 (Vienna); ask the secretariat."),
    ],
)
def test_outside_the_window_the_refusal_names_it_in_both_zones_and_keeps_what_was_typed(
    at: datetime, said: str
) -> None:
    session = make_session(at)
    answer = signed_in(session, time_zone="Asia/Tokyo").post(url("delegation-inscribe", "AT"), GIVEN)
    assert (answer.status_code, Inscription.objects.count()) == (409, 0)
    text = text_of(answer)
    assert said in text
    assert "15 January 2024, 10:00 (Vienna) your time 15 January 2024, 18:00 (Tokyo)" in text
    assert "26 February 2024, 18:00 (Vienna) your time 27 February 2024, 02:00 (Tokyo)" in text
    assert 'value="Maria Musterfrau"' in answer.content.decode()
    assert "Whom to ask" in text


def test_the_refusal_carries_the_window_for_machines() -> None:
    session = make_session(CLOSED)
    fault = signed_in(session).post(url("delegation-inscribe", "AT"), GIVEN).context["fault"]
    assert (fault.code, fault.details["opens_at"], fault.details["closes_at"]) == (
        "window_closed",
        datetime(2024, 1, 15, 9, tzinfo=UTC),
        datetime(2024, 2, 26, 17, tzinfo=UTC),
    )


@pytest.mark.parametrize("at", [BEFORE, CLOSED])
def test_outside_the_window_the_form_is_not_shown_at_all(at: datetime) -> None:
    page = signed_in(make_session(at)).get(url("delegation-inscribe", "AT"))
    assert 'name="level"' not in page.content.decode()
    assert "Inscriptions are not open now" in text_of(page)


def test_a_chair_who_is_one_no_more_does_not_inscribe_the_own_statement_by_mistake() -> None:
    session = make_session(OPEN)
    answer = signed_in(session).post(url("delegation-inscribe", "AT"), GIVEN | {"statement": "group"})
    assert (answer.status_code, Inscription.objects.count()) == (409, 0)


# --- about an inscription that stands ---------------------------------------------------------------------------------


def change_page(client: Client, made: Inscription, name: str = "change") -> tuple[str, dict[str, str]]:
    """Open a page about an inscription; return its address and what its form carries."""
    address = url(f"delegation-{name}", "AT", made.receipt_number)
    return address, {"seen": client.get(address).context["form"].initial["seen"]}


def test_level_and_speaker_are_changed_together_and_left_blank_taken_back() -> None:
    session = make_session(CLOSED)
    made = inscribed(session, "AT", speaker_name="A. N. Other")
    client = signed_in(session)
    before = count_entries(session)
    address, carried = change_page(client, made)
    client.post(address, {**carried, "level": "above_ministerial", "speaker_name": "", "speaker_title": ""})
    assert (standing().level, standing().speaker, count_entries(session)) == ("above_ministerial", None, before + 1)


def test_a_change_on_a_stale_page_is_refused_with_what_is_recorded_now() -> None:
    session = make_session(CLOSED)
    made = inscribed(session, "AT", speaker_name="A. N. Other")
    client = signed_in(session)
    address, carried = change_page(client, made)
    change_level(inscription=made, level="below_ministerial", actor=COMMAND)
    answer = client.post(address, {**carried, **GIVEN})
    assert answer.status_code == 409
    assert "Recorded now: level Below ministerial, speaker A. N. Other." in text_of(answer)
    assert standing().level == "below_ministerial"
    # Sent once more, from the page that says so, it is done.
    again = re.search(r'name="seen" value="(\w+)"', answer.content.decode())
    assert again
    client.post(address, {**GIVEN, "seen": again.group(1)})
    assert standing().level == "ministerial"


def test_a_change_sent_twice_is_made_once() -> None:
    session = make_session(CLOSED)
    client = signed_in(session)
    address, carried = change_page(client, inscribed(session, "AT"))
    client.post(address, {**carried, **GIVEN, "level": "above_ministerial"})
    entries = count_entries(session)
    answer = client.post(address, {**carried, **GIVEN, "level": "above_ministerial"}, follow=True)
    assert "Recorded: level Above ministerial, speaker Maria Musterfrau, Minister." in text_of(answer)
    assert count_entries(session) == entries


def test_a_withdrawal_is_not_confirmed_on_a_page_that_promised_something_else() -> None:
    session = make_session(CLOSED)
    inscribe_states(session, 3)
    made = inscribed(session, "AT")
    client = signed_in(session)
    address, carried = change_page(client, made, "withdraw")
    draw_now(announce_now(session))
    answer = client.post(address, carried)
    assert answer.status_code == 409
    assert "What this does has changed since you opened the page: read it again." in text_of(answer)
    assert "This cannot be taken back" in text_of(answer)
    assert standing().pk == made.pk


@pytest.mark.parametrize("name", ["change", "withdraw"])
def test_a_page_about_what_is_withdrawn_leads_back(name: str) -> None:
    session = make_session(CLOSED)
    made = inscribed(session, "AT")
    client = signed_in(session)
    withdraw(inscription=made, actor=COMMAND)
    address = url(f"delegation-{name}", "AT", made.receipt_number)
    for answer in (client.get(address), client.post(address, GIVEN)):
        assert (answer.status_code, answer["Location"]) == (302, url("delegation-of", "AT"))


@pytest.mark.parametrize("name", ["change", "withdraw"])
def test_whoever_has_spoken_changes_nothing_any_more(name: str) -> None:
    session = make_session(CLOSED)
    inscribe_states(session, 5)
    first = published(draw_now(announce_now(session)))["speakers"][0]["delegation"]
    speaks(session)
    client = signed_in(session, first)
    address = url(f"delegation-{name}", first, standing(first).receipt_number)
    entries = count_entries(session)
    for answer in (client.get(address, follow=True), client.post(address, GIVEN, follow=True)):
        assert "You have spoken." in text_of(answer)
    assert count_entries(session) == entries


def test_a_receipt_can_be_printed_also_of_what_was_withdrawn() -> None:
    session = make_session(CLOSED)
    made = inscribed(session, "AT", speaker_name="Maria Musterfrau")
    client = signed_in(session)
    address = url("delegation-receipt", "AT", made.receipt_number)
    said = text_of(client.get(address))
    assert f"Receipt {made.receipt_number} Received 27 February 2024, 09:0" in said
    assert "Delegation Austria (AT) Statement National statement Level ministerial Speaker Maria Musterfrau" in said
    withdraw(inscription=made, actor=COMMAND)
    assert "This inscription was withdrawn." in text_of(client.get(address))
    assert client.post(address).status_code == 405
