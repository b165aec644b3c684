"""Polling: what a tag depends on, what is kept, how often a body is built, and that nothing stale is ever served."""

from typing import Any

import pytest
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client

from sessions.models import MeetingSession
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    drawn_session,
)

pytestmark = pytest.mark.django_db

SLOTS = "/api/v1/sessions/cnd67/slots/"
POLLED = [
    "",
    "cnd67/",
    "cnd67/slots/",
    "cnd67/speakers/",
    "cnd67/draws/",
    "cnd67/draws/1/",
    "cnd67/rules/",
    "cnd67/changes/",
]

loaded = kept(lambda: drawn_session()[0].pk)


def forget() -> None:
    """Forget all bodies, as a process does that was just started beside an empty cache."""
    cache.clear()
    caches["bodies"].clear()


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    forget()


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


# --- what a tag depends on --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POLLED)
def test_an_answer_is_asked_for_again_each_time_and_varies_by_language_alone(
    client: Client, session: MeetingSession, name: str
) -> None:
    answer = client.get(f"/api/v1/sessions/{name}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Cache-Control"] == "no-cache"
    assert answer["Vary"] == "Accept-Language, origin"
    assert int(answer["Content-Length"]) == len(answer.content)


@pytest.mark.parametrize("name", POLLED)
def test_head_says_what_get_would(client: Client, session: MeetingSession, name: str) -> None:
    whole, head = client.get(f"/api/v1/sessions/{name}"), client.head(f"/api/v1/sessions/{name}")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", whole["ETag"])
    assert head["Content-Length"] == whole["Content-Length"]
    assert client.head(f"/api/v1/sessions/{name}", headers={"If-None-Match": whole["ETag"]}).status_code == 304


def test_the_first_answer_and_the_kept_one_are_the_same(client: Client, session: MeetingSession) -> None:
    first, kept_one = client.get(SLOTS), client.get(SLOTS)
    is_own = {"RateLimit": "", "X-Request-ID": ""}
    assert first.content == kept_one.content
    assert dict(first.headers) | is_own == dict(kept_one.headers) | is_own


@pytest.mark.parametrize(
    "other",
    [
        {"headers": {"Accept-Language": "ru"}},
        {"headers": {"Host": "localhost"}},
        {"query_params": {"page_size": "5"}},
        {"secure": True},
    ],
)
def test_what_the_body_depends_on_is_in_its_tag(client: Client, session: MeetingSession, other: Any) -> None:
    assert client.get(SLOTS)["ETag"] != client.get(SLOTS, **other)["ETag"]


def test_another_release_has_other_tags(client: Client, session: MeetingSession, settings: Any) -> None:
    before = client.get(SLOTS)["ETag"]
    settings.RELEASE = "0.0.0"
    assert client.get(SLOTS)["ETag"] != before


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"query_params": {"page": "1", "page_size": "5"}}, {"query_params": {"page_size": "5", "page": "1"}}),
        ({"headers": {"Accept-Language": "fr"}}, {"headers": {"Accept-Language": "fr-CH, fr;q=0.9, en;q=0.8"}}),
        ({}, {"headers": {"Accept-Language": "*"}}),
        ({}, {"headers": {"Accept-Language": "tlh"}}),
        ({}, {"headers": {"Cookie": "django_language=fr"}}),
        ({}, {"headers": {"Accept": "text/html"}}),
    ],
)
def test_what_the_body_does_not_depend_on_is_not(client: Client, session: MeetingSession, one: Any, two: Any) -> None:
    first, second = client.get(SLOTS, **one), client.get(SLOTS, **two)
    assert (first["ETag"], first.content) == (second["ETag"], second.content)


@pytest.mark.parametrize("known", ["W/{}", '"other", {}', "*"])
def test_a_known_tag_is_found_however_it_is_sent(client: Client, session: MeetingSession, known: str) -> None:
    etag = client.get(SLOTS)["ETag"]
    assert client.get(SLOTS, headers={"If-None-Match": known.format(etag)}).status_code == 304


@pytest.mark.parametrize("known", ["", "*", '"0"'])
def test_a_wrong_parameter_is_refused_whatever_is_known(client: Client, session: MeetingSession, known: str) -> None:
    answer = client.get(f"{SLOTS}?statsu=vacant", headers={"If-None-Match": known})
    assert (answer.status_code, answer.json()["errors"]) == (400, {"statsu": ["There is no such parameter."]})


def test_a_poll_is_counted(client: Client, session: MeetingSession, settings: Any) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"anonymous": "2/min"}
    answers = [client.get(SLOTS) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit"].split(";")[1] for answer in answers] == ["r=1", "r=0", "r=0"]
    assert answers[2]["Content-Type"] == "application/problem+json"


def test_a_token_that_does_not_count_is_refused_also_where_none_is_needed(
    client: Client, session: MeetingSession
) -> None:
    answer = client.get(SLOTS, headers={"Authorization": f"Bearer cnd_00000000_{'0' * 43}"})
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:cnd:problem:invalid_token")


def test_what_another_process_built_is_not_built_again(
    client: Client, session: MeetingSession, django_assert_num_queries: Any
) -> None:
    body = client.get(SLOTS).content
    caches["bodies"].clear()
    with django_assert_num_queries(1):
        assert client.get(SLOTS).content == body


@pytest.mark.postgresql
def test_the_statement_of_a_poll_is_planned_once(client: Client, session: MeetingSession) -> None:
    etag = client.get(SLOTS)["ETag"]
    for _ in range(3):
        client.get(SLOTS, headers={"If-None-Match": etag})
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_prepared_statements WHERE statement LIKE '%cnd_resourceversion%'")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    ("name", "query", "status"), [("slots", "?page_size=0", 400), ("slots", "?page=99", 404), ("nothing", "", 404)]
)
def test_a_refusal_is_whole_and_kept_by_nobody(
    client: Client, session: MeetingSession, name: str, query: str, status: int
) -> None:
    answer = client.get(f"/api/v1/sessions/cnd67/{name}/{query}", headers={"Accept-Language": "fr"})
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer["Cache-Control"] == "no-store"
    assert int(answer["Content-Length"]) == len(answer.content)
    assert "Accept-Language" in answer["Vary"]


def test_a_method_that_there_is_not_names_those_there_are(client: Client, session: MeetingSession) -> None:
    answer = client.delete(SLOTS)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json()["title"] == "Method Not Allowed"
