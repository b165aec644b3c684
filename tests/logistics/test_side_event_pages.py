"""What anybody reads of the applications: kinds, windows and rules, and the register of receipts."""

from datetime import timedelta

import pytest
from django.test import Client

from logistics.services.decisions import accept_application
from logistics.views import side_events
from tests.logistics.pages import address
from tests.logistics.windows import OPENING, drafted, others, received, windowed
from tests.sessions.public_pages import queries, section, text_of
from tests.sessions.scenes import as_officer, correct

pytestmark = pytest.mark.django_db

REGISTER = address("side-events-register")


def test_the_kinds_are_shown_with_window_places_and_rules() -> None:
    session = windowed()
    others(session, 12)
    page = section(Client().get(address("side-events")), "High-level side event")
    assert page == (
        "High-level side event 11 of 11 places held 1 waiting 12 received in all "
        "Applications open closes 11 January 2024, 24:00 (Vienna) Held 14 March 2024 – 15 March 2024 Rules in short "
        "11 places, first come, first served; complete applications only. At most 2 of one main organiser. "
        "At most 1 hour 30 minutes long. Who may apply: Member States. "
        "Register of receipts: High-level side event Programme"
    )


def test_before_the_opening_the_time_that_is_left_ticks() -> None:
    windowed(OPENING - timedelta(hours=2))
    assert "not yet open opens 4 January 2024, 00:00 (Vienna)" in text_of(Client().get(address("side-events")))


def test_the_register_shows_number_time_hash_and_state_but_no_organiser_before_the_decision() -> None:
    session = windowed()
    first, second = received(session, "AT"), received(session, "KE", cosponsors=[])
    drafted(session, "RO")
    accept_application(application=second, actor=as_officer())
    page = Client().get(REGISTER)
    assert [(each["application"], each["organiser"]) for each in page.context["rows"]] == [
        (first, ""),
        (second, "Kenya"),
    ]
    assert first.content_sha256 in page.content.decode()
    assert "Austria" not in text_of(page)
    assert "Prevention that works" not in text_of(page)


def test_the_register_shows_organisers_at_the_receipt_where_the_rules_say_so() -> None:
    session = windowed()
    correct(session, "side-event-high-level.organiser_shown", "at_receipt")
    received(session, "AT")
    assert [each["organiser"] for each in Client().get(REGISTER).context["rows"]] == ["Austria"]


def test_the_register_is_read_kind_by_kind_and_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_events, "PER_PAGE", 2)
    session = windowed()
    others(session, 3)
    client = Client()
    pages = [client.get(REGISTER, {"kind": "high-level", "page": page}).context["rows"] for page in (1, 2)]
    assert [[each["application"].receipt_number for each in rows] for rows in pages] == [[1, 2], [3]]
    assert client.get(REGISTER, {"kind": "regular"}).context["rows"] == []
    assert len(client.get(REGISTER, {"kind": "nonsense"}).context["rows"]) == 2


def test_the_register_takes_as_many_queries_for_six_receipts_as_for_one() -> None:
    session = windowed()
    others(session, 1)
    client = Client()
    few = queries(client, REGISTER)
    received(session, "AT")
    received(session, "KE", cosponsors=[])
    assert queries(client, REGISTER) == few


def test_the_sessions_own_page_leads_to_the_side_events() -> None:
    session = windowed()
    received(session, "AT")
    told = section(Client().get("/cnd67/"), "Side events")
    assert "1 application received, 1 of 11 places held" in told
