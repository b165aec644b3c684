"""The REST interface as a client of it sees it."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache, caches
from django.test import Client

from cnd import clock
from cnd.actors import COMMAND
from cnd.canonical import sha256_of
from sessions.models import Delegation, Drawing, Inscription, MeetingSession, Slot
from sessions.services import draw
from sessions.services.inscriptions import withdraw
from sessions.services.rules import correct_rule
from tests.sessions.scenes import announce_now, as_officer, draw_now, drawn_session, inscribe_states, make_session

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/sessions/"
URLS = ["", "cnd67/", "cnd67/slots/", "cnd67/speakers/", "cnd67/draws/", "cnd67/draws/1/", "cnd67/rules/"]


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()
    caches["bodies"].clear()


@pytest.fixture
def drawn() -> tuple[MeetingSession, Drawing]:
    return drawn_session()


def test_slots_before_the_draw_are_undrawn_and_have_no_group(client: Client) -> None:
    make_session()
    body = client.get(ROOT + "cnd67/slots/").json()
    assert body["count"] == 114
    first = body["results"][0]
    assert list(first) == ["number", "group", "status", "delegation", "level", "place", "updated"]
    assert first | {"updated": ""} == {
        "number": 1,
        "group": None,
        "status": "undrawn",
        "delegation": None,
        "level": None,
        "place": None,
        "updated": "",
    }


def test_a_drawn_slot_says_who_holds_it(client: Client, drawn: tuple[MeetingSession, Drawing]) -> None:
    slot = Slot.objects.filter(status="assigned").select_related("group", "delegation")[0]
    assert slot.delegation
    assert slot.group
    [row] = client.get(ROOT + f"cnd67/slots/?delegation={slot.delegation.code.lower()}").json()["results"]
    assert (row["number"], row["group"], row["status"], row["level"], row["place"]) == (
        slot.number,
        slot.group.code,
        "assigned",
        slot.level,
        slot.place,
    )


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("group=african", "group", "african"),
        ("status=vacant", "status", "vacant"),
        ("level=ministerial", "level", "ministerial"),
    ],
)
def test_slots_are_filtered(
    client: Client, drawn: tuple[MeetingSession, Drawing], query: str, field: str, value: str
) -> None:
    rows = client.get(ROOT + f"cnd67/slots/?{query}").json()["results"]
    assert rows
    assert {row[field] for row in rows} == {value}


def test_an_unknown_filter_value_is_a_problem_that_names_the_field(client: Client) -> None:
    make_session()
    answer = client.get(ROOT + "cnd67/slots/?status=nonsense")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["errors"]) == ["status"]


def test_slots_come_in_pages_of_the_size_asked_for_with_a_stable_order(client: Client) -> None:
    make_session()
    first = client.get(ROOT + "cnd67/slots/?page_size=50").json()
    second = client.get(first["next"]).json()
    numbers = [row["number"] for row in first["results"] + second["results"]]
    assert numbers == list(range(1, 101))


@pytest.mark.parametrize("url", URLS)
def test_nothing_new_is_a_304_for_one_query(
    client: Client, drawn: tuple[MeetingSession, Drawing], url: str, django_assert_num_queries: Any
) -> None:
    etag = client.get(ROOT + url)["ETag"]
    with django_assert_num_queries(1):
        answer = client.get(ROOT + url, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)


def test_the_slots_cost_the_same_queries_whether_20_or_100_delegations_are_drawn(
    client: Client, django_assert_num_queries: Any
) -> None:
    session = make_session()
    inscribe_states(session, 100)
    draw_now(announce_now(session))
    with django_assert_num_queries(4):
        client.get(ROOT + "cnd67/slots/")


def test_a_kept_body_costs_one_query(
    client: Client, drawn: tuple[MeetingSession, Drawing], django_assert_num_queries: Any
) -> None:
    body = client.get(ROOT + "cnd67/slots/").content
    with django_assert_num_queries(1):
        assert client.get(ROOT + "cnd67/slots/").content == body


def test_a_change_gives_slots_and_speakers_a_new_etag(client: Client, drawn: tuple[MeetingSession, Drawing]) -> None:
    before = [client.get(ROOT + url)["ETag"] for url in ("cnd67/slots/", "cnd67/speakers/", "cnd67/rules/")]
    holder = Slot.objects.filter(status="assigned").order_by("number")[0].delegation
    withdraw(inscription=Inscription.objects.national().get(delegation=holder), actor=COMMAND)
    after = [client.get(ROOT + url)["ETag"] for url in ("cnd67/slots/", "cnd67/speakers/", "cnd67/rules/")]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]


def test_private_activity_changes_no_public_etag(client: Client) -> None:
    session = make_session()
    before = [client.get(ROOT + url)["ETag"] for url in ("", "cnd67/", "cnd67/slots/", "cnd67/speakers/")]
    inscribe_states(session, 3)
    after = [client.get(ROOT + url)["ETag"] for url in ("", "cnd67/", "cnd67/slots/", "cnd67/speakers/")]
    assert before == after


def test_another_language_is_another_body_under_another_etag(
    client: Client, drawn: tuple[MeetingSession, Drawing]
) -> None:
    english = client.get(ROOT + "cnd67/", headers={"Accept-Language": "en"})
    arabic = client.get(ROOT + "cnd67/", headers={"Accept-Language": "ar"})
    assert arabic.json()["title"] == "لجنة المخدرات، الدورة السابعة والستون"
    assert english["ETag"] != arabic["ETag"]


def test_the_speakers_are_the_published_version_with_its_hash(
    client: Client, drawn: tuple[MeetingSession, Drawing]
) -> None:
    version = drawn[1].list_versions.get()
    body = client.get(ROOT + "cnd67/speakers/").json()
    assert body["sha256"] == version.sha256 == sha256_of(version.content)
    without_names = [{k: v for k, v in row.items() if k != "name"} for row in body["speakers"]]
    assert without_names == version.content["speakers"]
    assert body["speakers"][0]["name"] == Delegation.objects.get(code=body["speakers"][0]["delegation"]).names["en"]


def test_before_the_draw_the_list_of_speakers_is_empty(client: Client) -> None:
    make_session()
    body = client.get(ROOT + "cnd67/speakers/").json()
    assert (body["version"], body["speakers"], body["rehearsal"]) == (0, [], True)


def test_a_drawing_shows_its_seed_only_once_its_value_exists(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 5)
    drawing = announce_now(session)
    secret = drawing.sources.get().secret
    assert secret.encode() not in client.get(ROOT + "cnd67/draws/1/").content
    draw_now(drawing)
    assert client.get(ROOT + "cnd67/draws/1/").json()["sources"][0]["value"]["seed"] == secret


def test_the_bundle_is_byte_for_byte_what_was_hashed(client: Client, drawn: tuple[MeetingSession, Drawing]) -> None:
    answer = client.get(ROOT + "cnd67/draws/1/bundle/")
    body = json.loads(answer.content)
    stated = body.pop("sha256")
    assert stated == sha256_of(body) == drawn[1].bundle_sha256
    again = client.get(ROOT + "cnd67/draws/1/bundle/", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_a_drawing_without_result_has_no_bundle_yet(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 5)
    announce_now(session)
    answer = client.get(ROOT + "cnd67/draws/1/bundle/")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:cnd:problem:not_drawn")


@pytest.mark.parametrize("url", ["cnd68/", "cnd68/slots/", "cnd67/draws/9/", "cnd67/nothing/", "cnd68/journal/head/"])
def test_what_does_not_exist_is_a_problem(client: Client, url: str) -> None:
    make_session()
    answer = client.get(ROOT + url)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["status"] == 404


def test_any_origin_may_read(client: Client) -> None:
    make_session()
    answer = client.get(ROOT + "cnd67/slots/", headers={"Origin": "https://journal.example"})
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer["Access-Control-Expose-Headers"]


def test_a_session_only_reads(client: Client) -> None:
    make_session()
    answer = client.post(ROOT + "cnd67/slots/", {}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")


def test_a_corrected_rule_keeps_what_it_was_and_why(client: Client) -> None:
    session = make_session()
    rule = session.rules.get(scope="debate", key="statement_national")
    correct_rule(rule=rule, value=timedelta(minutes=4), reason="Two meetings were lost.", actor=as_officer())
    rows = client.get(ROOT + "cnd67/rules/?page_size=500").json()["results"]
    [row] = [row for row in rows if (row["scope"], row["key"]) == ("debate", "statement_national")]
    last = row["corrections"][-1]
    assert (row["value"], last["old_value"], last["new_value"]) == (240, 300, 240)
    assert last["reason"] == "Two meetings were lost."


def test_the_journals_head_shows_a_seal_and_no_private_number(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 3)
    announce_now(session)
    body = client.get(ROOT + "cnd67/journal/head/").json()
    assert list(body) == ["chain", "public_number", "at", "seal"]
    session.chain.refresh_from_db()
    assert body["public_number"] == session.chain.last_public_number < session.chain.last_number


def test_a_malformed_value_is_refused_naming_the_field(client: Client, drawn: tuple[MeetingSession, Drawing]) -> None:
    answer = client.post(ROOT + "cnd67/draws/1/values/", {"signature": "xyz"}, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["signature"]


def test_values_are_taken_so_often_a_minute_and_no_more(client: Client, drawn: tuple[MeetingSession, Drawing]) -> None:
    with time_machine.travel(clock.now(), tick=False):
        answers = [
            client.post(ROOT + "cnd67/draws/1/values/", {"signature": "00"}, content_type="application/json")
            for _ in range(13)
        ]
    assert [answer.status_code for answer in answers] == [400] * 12 + [429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_a_value_handed_in_after_the_draw_is_known_already(
    client: Client, drawn: tuple[MeetingSession, Drawing]
) -> None:
    answer = client.post(ROOT + "cnd67/draws/1/values/", {"signature": "ab" * 48}, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"stored": False})


def test_before_its_moment_no_value_is_awaited(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 5)
    announce_now(session)
    answer = client.post(ROOT + "cnd67/draws/1/values/", {"signature": "ab" * 48}, content_type="application/json")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:cnd:problem:no_value_awaited")


def test_a_body_built_while_something_changed_is_not_kept_under_the_old_version(
    client: Client, drawn: tuple[MeetingSession, Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sessions.api import SlotList

    versions = iter([(1,), (2,)])
    monkeypatch.setattr(SlotList, "version", staticmethod(lambda kwargs: next(versions)))
    client.get(ROOT + "cnd67/slots/")
    kept = [*cache._cache, *caches["bodies"]._cache]  # type: ignore[attr-defined]
    assert [key for key in kept if "body:" in key] == []


def test_the_draw_itself_runs_while_the_clock_of_the_test_moves(client: Client) -> None:
    session = make_session()
    inscribe_states(session, 5)
    drawing = announce_now(session)
    with time_machine.travel(drawing.draw_at - timedelta(seconds=1), tick=False):
        assert not draw.advance(drawing.pk)
        assert client.get(ROOT + "cnd67/draws/1/").json()["state"] == "announced"
