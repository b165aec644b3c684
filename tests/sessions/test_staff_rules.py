"""The rule book's pages: found, read in the meeting's zone, corrected with a reason."""

from typing import Any

import pytest
from django.test import Client

from sessions.models import MeetingSession, Rule
from sessions.services.rules import correct_rule
from tests.sessions.scenes import announce_now, as_officer, inscribe_states, make_session, officer
from tests.sessions.staff_pages import hidden, last_entry, signed_in, text_of, told, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def session() -> MeetingSession:
    return make_session()


def value(name: str) -> Any:
    scope, _, key = name.partition(".")
    return Rule.objects.get(scope=scope, key=key).value


def correct(client: Client, name: str, text: str, *, reason: str = "as agreed", seen: str | None = None) -> Any:
    address = url("rule", *name.split("."))
    seen = hidden(client.get(address), "seen") if seen is None else seen
    return client.post(address, {"value": text, "reason": reason, "seen": seen})


def test_rules_are_found_by_words_of_name_and_title() -> None:
    scopes = signed_in().get(url("rules"), {"q": "debate SLOTS member"}).context["scopes"]

    assert [row["rule"].name for scope in scopes for row in scope["rules"]] == ["debate.slots"]


def test_all_rules_are_listed_by_scope() -> None:
    page = signed_in().get(url("rules"))

    assert page.context["found"] == Rule.objects.count()
    assert len({scope["scope"] for scope in page.context["scopes"]}) == len(page.context["scopes"])


def test_an_instant_is_shown_and_typed_in_the_meetings_zone() -> None:
    client = signed_in()
    page = client.get(url("rule", "debate", "draw_at"))

    correct(client, "debate.draw_at", "2024-02-29 15:00")

    assert page.context["form"]["value"].value() == "2024-02-29 10:00"
    assert "29 February 2024, 10:00 (Vienna)" in text_of(page)
    assert value("debate.draw_at") == "2024-02-29T14:00:00Z"


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        ("debate.slots", "120", 120),
        ("debate.statement_national", "4 min 30 s", 270),
        ("draw.drand_required", "no", False),
        ("debate.ordering", "within_meetings", "within_meetings"),
        ("debate.announcement_on", "2024-02-28", "2024-02-28"),
        ("debate.draw_place", "Room A", "Room A"),
        ("debate.slots_of_meetings", "29, 29, 28, 28", [29, 29, 28, 28]),
        ("debate.after_member_states", "", []),
    ],
)
def test_a_rule_of_every_type_is_corrected(name: str, typed: str, stored: Any) -> None:
    response = correct(signed_in(), name, typed)

    assert told(response) == ["The rule is corrected; the old value is kept."]
    assert value(name) == stored


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("debate.slots", "many"),
        ("debate.statement_national", "soon"),
        ("draw.drand_required", "perhaps"),
        ("debate.ordering", "alphabetical"),
        ("debate.draw_at", "2024-03-31 02:30"),
        ("debate.announcement_on", "30.2.2024"),
        ("debate.inscription_closes", "2024-01-01 10:00"),
    ],
)
def test_a_value_that_is_none_is_refused_beside_its_field(name: str, typed: str) -> None:
    before = value(name)

    response = correct(signed_in(), name, typed)

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["value"])
    assert value(name) == before


def test_a_correction_needs_its_reason() -> None:
    response = correct(signed_in(), "debate.slots", "120", reason=" ")

    assert (response.status_code, list(response.context["form"].errors)) == (422, ["reason"])


def test_what_a_rule_once_was_stands_there_with_who_and_why() -> None:
    client = signed_in()
    correct(client, "debate.statement_national", "4 min", reason="time is short")

    said = text_of(client.get(url("rule", "debate", "statement_national")))

    assert "5 minutes 4 minutes" in said
    assert "Conference officer (officer) time is short" in said
    assert "3 minutes 5 minutes" in said


def test_the_same_value_again_is_no_correction() -> None:
    number = last_entry().number

    response = correct(signed_in(), "debate.slots", "114")

    assert told(response) == ["Nothing to correct: this is its value already."]
    assert last_entry().number == number


def test_a_stale_screen_corrects_nothing_and_shows_what_is_true() -> None:
    client = signed_in()
    address = url("rule", "debate", "slots")
    seen = hidden(client.get(address), "seen")
    correct_rule(rule=Rule.objects.get(scope="debate", key="slots"), value=100, reason="first", actor=as_officer("b"))

    refused = correct(client, "debate.slots", "120", seen=seen)
    stood = value("debate.slots")
    again = correct(client, "debate.slots", "120", seen=hidden(refused, "seen"))

    assert refused.status_code == 409
    assert "Somebody else has corrected this rule" in text_of(refused)
    assert (stood, again.status_code, value("debate.slots")) == (100, 302, 120)


def test_what_an_announcement_froze_is_refused_in_words(session: MeetingSession) -> None:
    inscribe_states(session, 5)
    announce_now(session)

    response = correct(signed_in(officer("b")), "debate.slots", "120")

    assert response.status_code == 409
    assert "cannot change while that drawing is open" in text_of(response)
    assert value("debate.slots") == 114


def test_a_rule_that_is_none_is_not_found() -> None:
    assert signed_in().get(url("rule", "debate", "nonsense")).status_code == 404
