"""A crowd that polls: a body is built once, and a connection that the server ended is replaced."""

import threading
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client

from cnd import polling
from sessions.api import SlotList
from tests.sessions.scenes import make_session
from tests.threads import at_once

SLOTS = "/api/v1/sessions/cnd67/slots/"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()
    caches["bodies"].clear()


def test_however_many_ask_at_once_a_body_is_built_once() -> None:
    is_building, may_go_on = threading.Event(), threading.Event()
    built: list[int] = []

    def build() -> bytes:
        built.append(1)
        is_building.set()
        assert may_go_on.wait(60)
        return b"{}"

    def ask() -> bytes:
        return polling.built_once('"tag"', build, lambda: True)

    def release() -> bytes:
        assert is_building.wait(60)
        may_go_on.set()
        return b"{}"

    assert at_once(*[ask] * 40, release) == [b"{}"] * 41
    assert built == [1]


@pytest.mark.django_db(transaction=True)
def test_after_a_publication_a_crowd_has_the_slots_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_session()
    page, built = SlotList.page, []

    def counted(view: SlotList) -> Any:
        built.append(1)
        return page(view)

    monkeypatch.setattr(SlotList, "page", counted)

    answers = at_once(*[lambda: Client().get(SLOTS)] * 40)

    assert {getattr(answer, "status_code", answer) for answer in answers} == {200}
    assert (len(built), len({answer.content for answer in answers})) == (1, 1)  # type: ignore[union-attr]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_is_replaced(client: Client) -> None:
    make_session()
    etag = client.get(SLOTS)["ETag"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()
    assert client.get(SLOTS, headers={"If-None-Match": etag}).status_code == 304
