"""The same write at the same moment, and a process that dies in the middle of one."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from cnd import journal
from cnd.models import IdempotencyKey
from sessions.models import Inscription, MeetingSession
from tests.cnd.api_client import Api, token_of
from tests.cnd.test_idempotency import AT, IN_THE_WINDOW, LIST, answer_of
from tests.kills import dies_before
from tests.sessions.scenes import count_entries, focal_point, make_session
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session() -> MeetingSession:
    cache.clear()
    return make_session(IN_THE_WINDOW)


@pytest.fixture
def text(session: MeetingSession) -> str:
    return token_of(focal_point(session, "AT"))


def test_the_same_at_the_same_moment_gets_one_answer(session: MeetingSession, text: str) -> None:
    entries = count_entries(session)

    answers = at_once(*[lambda: answer_of(Api(text).post(LIST, AT, idempotency_key="one"))] * 6)

    first = answers[0]
    assert not isinstance(first, Exception)
    assert (first[0], answers) == (201, [first] * 6)
    assert (Inscription.objects.count(), count_entries(session)) == (1, entries + 1)
    assert journal.verify(session.chain)


def test_different_bodies_at_the_same_moment_write_one_of_them(text: str) -> None:
    levels = ["above_ministerial", "ministerial", "below_ministerial"]

    calls = [lambda level=level: Api(text).post(LIST, AT | {"level": level}, idempotency_key="one") for level in levels]
    statuses = sorted(answer.status_code for answer in at_once(*calls) if not isinstance(answer, Exception))

    assert statuses == [201, 422, 422]
    assert Inscription.objects.count() == 1


def test_changes_resting_on_one_version_at_the_same_moment_are_one_change(session: MeetingSession, text: str) -> None:
    etag = Api(text).post(LIST, AT)["ETag"]
    entries = count_entries(session)

    calls = [
        lambda name=name: Api(text).patch(f"{LIST}1/", {"speaker_name": name}, if_match=etag).status_code
        for name in ("Anna", "Bo", "Cem", "Dina")
    ]
    assert sorted(at_once(*calls)) == [200, 412, 412, 412]  # type: ignore[type-var]
    assert count_entries(session) == entries + 1


def test_killed_before_any_statement_it_has_written_nothing_or_all_and_counts_once(
    session: MeetingSession, text: str
) -> None:
    entries, point, halves = count_entries(session), 0, 0

    def send() -> Any:
        return Api(text).post(LIST, AT | {"speaker_name": "Anna"}, idempotency_key="one")

    while True:
        point += 1
        is_dead = dies_before(point, send)
        connection.ensure_connection()
        written = (Inscription.objects.count(), IdempotencyKey.objects.count(), count_entries(session) - entries)
        assert written in {(0, 0, 0), (1, 1, 1)}
        if written == (1, 1, 1):
            break
        assert is_dead
        halves += 1
    assert halves > 10
    again = send()
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert json.loads(again.content)["speaker_name"] == "Anna"
    assert (Inscription.objects.count(), count_entries(session) - entries) == (1, 1)
    assert journal.verify(session.chain)
