"""Whoever polls the feed of changes while many write sees every number, once and in order."""

import threading
from typing import Any

import pytest
from django.test import Client

from cnd import journal
from cnd.actors import COMMAND
from cnd.models import Chain, JournalEntry, ResourceVersion
from tests.cnd.chains import decide
from tests.sessions.scenes import make_session
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

FEED = "/api/v1/sessions/cnd67/changes/"


@pytest.fixture
def chain() -> Chain:
    chain: Chain = make_session().chain
    chain.refresh_from_db()
    return chain


def numbers(body: dict[str, Any]) -> list[int]:
    return [each["number"] for each in body["results"]]


def follow(client: Client, known: list[int]) -> None:
    """Read what is new to someone who knows these numbers."""
    known += numbers(client.get(f"{FEED}?since={known[-1] if known else 0}&limit=3").json())


def test_whoever_polls_while_many_write_sees_no_gap_and_no_double(chain: Chain) -> None:
    writers, each = 4, 8
    before = chain.last_public_number
    are_done = threading.Event()

    def write() -> None:
        for number in range(each):
            decide(chain, *(["rules"] if number % 2 else ["slots", "speakers"]), before=number, after=-1)
            decide(chain, "roster", audience=ResourceVersion.STAFF)

    def write_all() -> None:
        try:
            assert at_once(*[write] * writers) == [None] * writers
        finally:
            are_done.set()

    def read() -> list[int]:
        known: list[int] = []
        client = Client()
        while not are_done.is_set():
            follow(client, known)
        for _ in range(1 + (before + writers * each) // 3):
            follow(client, known)
        return known

    read_by = at_once(write_all, read, read)[1:]

    assert read_by == [list(range(1, before + writers * each + 1))] * 2


@pytest.mark.postgresql
def test_a_number_is_not_seen_before_all_lower_ones(client: Client, chain: Chain) -> None:
    before = client.get(FEED).json()["last"]
    is_written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        def wait(_entry: JournalEntry) -> None:
            is_written.set()
            assert may_commit.wait(60)

        with journal.decision(chain, action="slow", subject="s", actor=COMMAND) as draft:
            draft.change("thing", 0, 1)
            draft.touch("rules")
            journal.after_entry(chain, wait)

    def quick() -> None:
        assert is_written.wait(60)
        decide(chain, "slots")

    def read() -> list[list[int]]:
        assert is_written.wait(60)
        seen = [numbers(Client().get(f"{FEED}?since={before}").json()) for _ in range(5)]
        may_commit.set()
        return seen

    outcomes = at_once(slow, quick, read)

    assert outcomes == [None, None, [[]] * 5]
    assert numbers(client.get(f"{FEED}?since={before}").json()) == [before + 1, before + 2]
