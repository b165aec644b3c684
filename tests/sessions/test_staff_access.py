"""Who may open the secretariat's pages, what the overview says is due, and that pages cost the same at any size."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cnd.models import Heartbeat
from sessions import urls_staff
from sessions.models import Inscription, Rule
from sessions.services.floor import record_spoken
from sessions.services.list_events import current_list
from sessions.services.quotas import confirm_quotas, proposed_quotas
from tests.sessions.scenes import (
    announce_now,
    as_officer,
    draw_now,
    drawn_session,
    focal_point,
    inscribe_states,
    make_session,
    officer,
)
from tests.sessions.staff_pages import signed_in, text_of, url

pytestmark = pytest.mark.django_db

PAGES: list[tuple[Any, ...]] = [
    ("staff",),
    ("roster",),
    ("roster-add",),
    ("roster-import",),
    ("roster-example",),
    ("inscription-level", 1),
    ("inscription-speaker", 1),
    ("inscription-withdraw", 1),
    ("inscription-undo", 1),
    ("people",),
    ("people-invite",),
    ("people-import",),
    ("people-example",),
    ("membership-revoke", 1),
    ("quotas",),
    ("staff-draw",),
    ("staff-draw-announce",),
    ("staff-draw-withdraw", 1),
    ("staff-draw-numbers", 1),
    ("staff-draw-annul", 1),
    ("staff-draw-agree", 1),
    ("staff-speakers",),
    ("staff-speakers-fill",),
    ("staff-speakers-exchange",),
    ("notices",),
    ("message",),
    ("mail-preview", "x"),
    ("wordings",),
    ("wording", "message", "en"),
    ("notices-of", 1),
    ("notices-cancel", 1),
    ("rules",),
    ("rule", "debate", "slots"),
    ("journal",),
    ("journal-entry", 1),
    ("erase-person", uuid.UUID(int=0)),
    ("clock",),
]
BUTTONS: list[tuple[Any, ...]] = [
    ("invitation-resend", 1),
    ("invitation-revoke", 1),
    ("staff-draw-look",),
    ("staff-draw-keep", 1),
    ("staff-speakers-event",),
    ("journal-verify",),
    ("wording-reset", "message", "en"),
    ("notices-reinstate", 1),
    ("notices-resend", 1),
    ("notice-resend", 1, 1),
]


def test_every_page_is_among_those_tried_here() -> None:
    assert {page[0] for page in PAGES + BUTTONS} == {pattern.name for pattern in urls_staff.urlpatterns}


def test_without_sign_in_every_page_leads_to_it(client: Client) -> None:
    make_session()
    addresses = [url(*page) for page in PAGES + BUTTONS]

    for send in (client.get, client.post):
        leading = {address: send(address).get("Location") for address in addresses}
        assert leading == {address: f"/sign-in/?next={address}" for address in addresses}


def test_a_delegation_opens_none_of_them() -> None:
    client = signed_in(focal_point(make_session(), "AT"))
    addresses = [url(*page) for page in PAGES + BUTTONS]

    for send in (client.get, client.post):
        assert {address: send(address).status_code for address in addresses} == dict.fromkeys(addresses, 403)


def test_an_account_that_was_closed_opens_none_of_them() -> None:
    make_session()
    client = signed_in()
    user = officer()
    user.is_active = False
    user.save()

    assert client.get(url("staff")).status_code == 302


def test_buttons_are_pressed_and_not_opened() -> None:
    drawn_session(5)

    assert {name: signed_in().get(url(name, *args)).status_code for name, *args in BUTTONS} == dict.fromkeys(
        [name for name, *_ in BUTTONS], 405
    )


def test_a_session_that_is_none_is_not_found() -> None:
    assert signed_in().get("/cnd99/staff/").status_code == 404


def test_going_back_shows_no_stored_screen() -> None:
    make_session()

    assert "no-store" in signed_in().get(url("staff"))["Cache-Control"]


def test_every_page_opens_with_nobody_inscribed() -> None:
    make_session()
    client = signed_in()
    pages = [
        page for page in PAGES if len(page) == 1 and page[0] not in {"staff-speakers-fill", "staff-speakers-exchange"}
    ]

    assert {page[0]: client.get(url(*page)).status_code for page in pages} == {page[0]: 200 for page in pages}


def test_a_rule_that_is_missing_is_named_on_a_page_and_no_error() -> None:
    session = make_session()
    Rule.objects.filter(session=session, scope="debate", key="slots").delete()

    response = signed_in().get(url("staff"))

    assert response.status_code == 409
    assert "debate.slots" in text_of(response)


# --- what is due ------------------------------------------------------------------------------------------------------


def due(client: Client) -> str:
    return str(client.get(url("staff")).context["due"])


def test_overview_names_the_one_thing_that_comes_next() -> None:
    session = make_session()
    client = signed_in()
    said = [due(client)]
    inscribe_states(session, 10)
    said.append(due(client))
    confirm_quotas(debate=session.debate, quotas=proposed_quotas(session.debate), actor=as_officer())
    said.append(due(client))
    drawing = announce_now(session)
    said.append(due(client))
    draw_now(drawing)
    said.append(due(client))

    assert said == ["inscriptions", "quotas", "announcement", "drawing", "speakers"]


def test_overview_counts_the_inscribed_of_each_group() -> None:
    inscribe_states(make_session(), 7)

    groups = signed_in().get(url("staff")).context["groups"]

    assert {group["code"]: group["inscribed"] for group in groups} == {
        "african": 2,
        "asia_pacific": 2,
        "eastern_european": 1,
        "latin_american_caribbean": 1,
        "western_european_others": 1,
    }


def test_overview_says_when_no_worker_is_there() -> None:
    make_session()
    client = signed_in()
    without = text_of(client.get(url("staff")))
    Heartbeat.renew(Heartbeat.Part.WORKER)

    assert "Worker: none took a sweep" in without
    assert "none took a sweep" not in text_of(client.get(url("staff")))


# --- what a page costs ------------------------------------------------------------------------------------------------


def queries_of(client: Client, *page: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url(*page)).status_code == 200
    return len(captured)


def test_a_page_asks_the_database_as_often_for_few_as_for_many() -> None:
    session = make_session()
    inscribe_states(session, 5)
    client = signed_in()
    pages = ["staff", "roster", "quotas", "staff-draw", "rules", "journal", "clock"]
    queries_of(client, "staff")
    few = {page: queries_of(client, page) for page in pages}
    Inscription.objects.all().delete()
    inscribe_states(session, 40)

    assert {page: queries_of(client, page) for page in pages} == few


def test_after_the_draw_a_page_asks_as_often_for_few_events_as_for_many() -> None:
    session, drawing = drawn_session(30)
    client = signed_in()
    pages = ["staff", "roster", "staff-draw", "staff-speakers", "staff-speakers-exchange", "journal"]

    def speak(times: int) -> None:
        for _ in range(times):
            line = current_list(drawing).next_speaker()
            assert line is not None
            delegation = session.delegations.get(code=line.delegation)
            record_spoken(debate=session.debate, delegation=delegation, statement=line.statement, actor=as_officer())

    speak(1)
    queries_of(client, "staff")
    few = {page: queries_of(client, page) for page in pages}
    speak(12)

    assert {page: queries_of(client, page) for page in pages} == few
