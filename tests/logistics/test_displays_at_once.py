"""Hundreds of displays and programs that poll at once: nothing new is one query each, what is new reaches them all."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from cnd import clock
from tests.logistics.bilaterals import asked, at, booking_session
from tests.logistics.meeting_pages import CODE, page
from tests.sessions.scenes import as_officer
from tests.sessions.staff_pages import text_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS, THREADS = 300, 4
ROOMS = ("b1", "b2", "b3", "b4", "b5", "b6")
LANGUAGES = ("en", "fr")
BOOKED = "b1"
BROWSERS = [Client() for _ in range(THREADS)]
"""One a thread: each sets up all of the service at its first request, which is no part of a poll."""
API = f"/api/v1/sessions/{CODE}"


@dataclass
class Display:
    """One client with what it shows: a door, the free slots of a room, or those of all."""

    url: str
    room: str
    language: str
    etag: str = ""
    shown: str = ""
    answers: list[int] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)

    def poll(self, client: Client) -> None:
        """Ask whether there is anything new, and show it."""
        headers = {"Accept-Language": self.language} | ({"If-None-Match": self.etag} if self.etag else {})
        count = Count()
        with connection.execute_wrapper(count):
            answer = client.get(self.url, headers=headers)
        if answer.status_code == 200:
            self.etag, self.shown = answer.headers["ETag"], answer.content.decode() if self.is_data else text_of(answer)
        else:
            assert answer.content == b""
        self.answers.append(answer.status_code)
        self.costs.append(count.queries)

    @property
    def is_data(self) -> bool:
        return self.url.startswith(API)

    @property
    def shows_the_booking(self) -> bool:
        """Tell whether it shows that the room has a meeting at nine."""
        if not self.is_data:
            return "09:00–09:30" in self.shown
        found = json.loads(self.shown)
        rooms = found if isinstance(found, list) else [found]
        slots = {each["room"]: each["slots"][0] for each in rooms}
        return slots[BOOKED]["free"] is False if BOOKED in slots else False

    @property
    def is_concerned(self) -> bool:
        return self.room in (BOOKED, "")


class Count:
    """How many statements a thread has sent."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        self.queries += 1
        return execute(*args)


def displays() -> list[Display]:
    """Return all clients: half at doors, half programs, in two languages."""
    found = []
    for number in range(CLIENTS):
        room, language = ROOMS[number // 4 % len(ROOMS)], LANGUAGES[number // 24 % len(LANGUAGES)]
        urls = {0: (f"{API}/rooms/{room}/availability/", room), 1: (f"{API}/availability/", "")}
        found.append(Display(*urls.get(number % 4, (page("door", room), room)), language))
    return found


def switched_on(clients: Sequence[Display]) -> None:
    """Have every client show what there is; of those at one address and in one language one asks for all."""
    first: dict[tuple[str, str], Display] = {}
    for each in clients:
        first.setdefault((each.url, each.language), each)
    assert all_poll(list(first.values())) == {200: len(first)}
    for each in clients:
        shown = first[each.url, each.language]
        each.etag, each.shown = shown.etag, shown.shown


def all_poll(clients: Sequence[Display], *also: Callable[[], object]) -> Counter[int]:
    """Have all of these poll, and something else be done, at one moment; count what they were answered."""

    def some(number: int) -> Callable[[], None]:
        def poll() -> None:
            for each in clients[number::THREADS]:
                each.poll(BROWSERS[number])

        return poll

    outcomes = at_once(*(some(number) for number in range(THREADS)), *also)
    assert [each for each in outcomes if isinstance(each, Exception)] == []
    return Counter(each.answers[-1] for each in clients)


def test_three_hundred_displays_hear_what_is_new_at_their_next_poll_and_ask_one_query_otherwise() -> None:
    session, staff = booking_session(at(7)), as_officer()
    clients = displays()
    with time_machine.travel(clock.now(), tick=False):
        switched_on(clients)
        assert all_poll(clients) == {304: CLIENTS}

        all_poll(clients, lambda: asked(session, where=BOOKED, actor=staff, reason="test"))
        late = [each for each in clients if each.answers[-1] == 304]
        assert all_poll(late) == Counter([200] * len(late))

        assert [each.url for each in clients if each.shows_the_booking != each.is_concerned] == []
        assert all_poll(clients) == {304: CLIENTS}
    costs = {cost for each in clients for status, cost in zip(each.answers, each.costs, strict=True) if status == 304}
    assert costs == {1}
