"""The feed of public changes: dense, in order, and silent about everything private."""

import re
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client

from cnd.models import Chain, JournalEntry, ResourceVersion
from sessions.models import Inscription, MeetingSession
from sessions.services.inscriptions import edit_speaker, withdraw
from tests.sessions.kept import kept
from tests.sessions.scenes import COMMAND, correct, count_entries, drawn_session

pytestmark = pytest.mark.django_db

FEED = "/api/v1/sessions/cnd67/changes/"

loaded = kept(lambda: drawn_session()[0].pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    cache.clear()
    caches["bodies"].clear()
    return MeetingSession.objects.select_related("chain").get(pk=loaded)


def numbers(body: dict[str, Any]) -> list[int]:
    return [each["number"] for each in body["results"]]


def test_everything_public_is_told_once_in_order(client: Client, session: MeetingSession) -> None:
    body = client.get(FEED).json()
    assert numbers(body) == list(range(1, session.chain.last_public_number + 1))
    assert (body["session"], body["since"], body["last"], body["next"]) == (
        "cnd67",
        0,
        body["results"][-1]["number"],
        None,
    )


def test_a_change_names_what_it_touched_in_public_and_nothing_else(client: Client, session: MeetingSession) -> None:
    entry = JournalEntry.objects.filter(chain=session.chain, public_number__isnull=False).latest("number")
    last = client.get(FEED).json()["results"][-1]
    assert list(last) == ["number", "at", "session_at", "resources"]
    assert [each["name"] for each in last["resources"]] == ["draws", "draws/1", "slots", "speakers"]
    assert last["number"] == entry.public_number
    assert last["number"] < entry.number
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", last["at"])


def test_every_public_resource_that_was_ever_touched_is_read_at_its_address(
    client: Client, session: MeetingSession
) -> None:
    told = {each["name"]: each["url"] for row in client.get(FEED).json()["results"] for each in row["resources"]}
    versions = ResourceVersion.objects.filter(chain=session.chain, audience=ResourceVersion.PUBLIC)
    assert sorted(told) == sorted(versions.values_list("resource", flat=True))
    assert {name: client.get(url).status_code for name, url in told.items()} == dict.fromkeys(told, 200)


def test_a_client_that_was_away_gets_what_it_missed(client: Client, session: MeetingSession) -> None:
    before = client.get(FEED).json()["last"]
    correct(session, "debate.statement_national", 240)
    body = client.get(f"{FEED}?since={before}").json()
    assert [[each["name"] for each in row["resources"]] for row in body["results"]] == [["rules"]]
    assert numbers(body) == [before + 1]


def test_pages_of_the_feed_join_without_gap_and_without_double(client: Client, session: MeetingSession) -> None:
    found: list[int] = []
    address: str | None = f"{FEED}?limit=1"
    while address:
        body = client.get(address).json()
        found += numbers(body)
        address = body["next"]
    assert found == list(range(1, session.chain.last_public_number + 1))


def test_beyond_the_head_there_is_nothing_but_the_head(client: Client, session: MeetingSession) -> None:
    body = client.get(f"{FEED}?since=1000").json()
    assert (body["results"], body["next"], body["last"]) == ([], None, session.chain.last_public_number)


@pytest.mark.parametrize(
    ("query", "name", "said"),
    [
        ("limit=0", "limit", "A whole number from 1 to 500 is expected."),
        ("limit=501", "limit", "A whole number from 1 to 500 is expected."),
        ("since=-1", "since", "A whole number from 0 to 9223372036854775807 is expected."),
        ("since=now", "since", "A whole number from 0 to 9223372036854775807 is expected."),
        ("after=1", "after", "There is no such parameter."),
    ],
)
def test_a_wrong_parameter_is_named_with_its_bounds(
    client: Client, session: MeetingSession, query: str, name: str, said: str
) -> None:
    answer = client.get(f"{FEED}?{query}")
    assert (answer.status_code, answer.json()["errors"]) == (400, {name: [said]})


def test_private_activity_leaves_no_trace(client: Client, session: MeetingSession) -> None:
    before = client.get(FEED)
    private = count_entries(session)
    edit_speaker(inscription=Inscription.objects.national()[0], name="A", title="B", actor=COMMAND)
    caches["bodies"].clear()
    cache.clear()
    after = client.get(FEED)
    assert count_entries(session) == private + 1
    assert (after.content, after["ETag"]) == (before.content, before["ETag"])


def test_the_chain_of_accounts_is_no_session(client: Client, session: MeetingSession) -> None:
    Chain.objects.get_or_create(code="system")
    assert client.get("/api/v1/sessions/system/changes/").status_code == 404


def test_nothing_new_is_a_304_for_one_query(
    client: Client, session: MeetingSession, django_assert_num_queries: Any
) -> None:
    etag = client.get(FEED)["ETag"]
    with django_assert_num_queries(1):
        assert client.get(FEED, headers={"If-None-Match": etag}).status_code == 304
    withdraw(inscription=Inscription.objects.national()[0], actor=COMMAND)
    assert client.get(FEED, headers={"If-None-Match": etag}).status_code == 200
