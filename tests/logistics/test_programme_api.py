"""Published events, versions of the programme and rooms, as a client of the API reads them."""

from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import Client

from cnd.actors import COMMAND
from cnd.canonical import sha256_of
from logistics.models import Application, ProgrammeVersion
from logistics.services.rooms import block_time, hold_room
from sessions.models import MeetingSession
from tests.logistics.placed import at, place, publish, published_day, room
from tests.sessions.public_pages import queries
from tests.sessions.scenes import make_session, state

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/sessions/cnd67/"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()
    caches["bodies"].clear()


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


@pytest.fixture
def events(session: MeetingSession) -> list[Application]:
    return published_day(session)


def references(client: Client, query: str = "") -> list[str]:
    return [row["event"] for row in client.get(f"{ROOT}side-events/{query}").json()["results"]]


def test_before_the_first_publication_there_are_no_events(session: MeetingSession, client: Client) -> None:
    assert references(client) == []
    assert client.get(f"{ROOT}programme/versions/").json()["results"] == []


def test_an_event_says_what_it_is_and_names_no_persons(events: list[Application], client: Client) -> None:
    answer = client.get(f"{ROOT}side-events/high-level-1/", headers={"Accept-Language": "fr"})
    assert answer.json() == {
        "event": "high-level-1",
        "kind": "high-level",
        "kind_name": "Manifestation parallèle de haut niveau",
        "title": "Alternative development, ten years on",
        "abstract": "What was learnt.",
        "theme": "Alternative development",
        "form": "in_person",
        "organiser": {"delegation": "AT", "name": "Autriche"},
        "cosponsors": [{"delegation": "PE", "name": "Pérou"}, {"delegation": None, "name": "A foundation"}],
        "starts_at": "2024-03-14T12:00:00.000000Z",
        "ends_at": "2024-03-14T13:30:00.000000Z",
        "room": {"code": "c1", "name": "Salle de conférence 1"},
        "version": 1,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["high-level-1", "high-level-2", "regular-1"]),
        ("?day=2024-03-15", ["regular-1"]),
        ("?room=c2", ["high-level-2"]),
        ("?theme=International+cooperation", ["high-level-2"]),
        ("?form=hybrid", ["high-level-2"]),
        ("?kind=regular", ["regular-1"]),
        ("?organiser=at", ["high-level-1"]),
        ("?organiser=ZZ", []),
        ("?page_size=1&page=2", ["high-level-2"]),
    ],
)
def test_events_are_filtered(events: list[Application], client: Client, query: str, found: list[str]) -> None:
    assert references(client, query) == found


@pytest.mark.parametrize("query", ["?day=tomorrow", "?form=dance", "?rooms=c1"])
def test_what_is_no_filter_is_refused(events: list[Application], client: Client, query: str) -> None:
    assert client.get(f"{ROOT}side-events/{query}").status_code == 400


@pytest.mark.parametrize("path", ["side-events/high-level-9/", "programme/versions/9/", "rooms/nowhere/"])
def test_what_is_not_there_is_not_found(events: list[Application], client: Client, path: str) -> None:
    answer = client.get(ROOT + path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_poll_that_finds_nothing_new_takes_one_query_until_the_next_publication(
    session: MeetingSession, events: list[Application], client: Client, django_assert_num_queries: Any
) -> None:
    for path in ("side-events/", "side-events/high-level-1/", "programme/versions/"):
        known = {"If-None-Match": client.get(ROOT + path)["ETag"]}
        with django_assert_num_queries(1):
            assert client.get(ROOT + path, headers=known).status_code == 304
    place(events[0], at(17))
    assert client.get(f"{ROOT}side-events/", headers=known).status_code == 200
    etag = client.get(f"{ROOT}side-events/")["ETag"]
    publish(session)
    assert client.get(f"{ROOT}side-events/", headers={"If-None-Match": etag}).status_code == 200


def test_a_version_is_what_was_hashed_and_lists_what_changed(
    session: MeetingSession, events: list[Application], client: Client
) -> None:
    place(events[0], at(17))
    publish(session, "The minister comes later.")
    _first, second = client.get(f"{ROOT}programme/versions/").json()["results"]
    whole = client.get(f"{ROOT}programme/versions/2/")
    assert sha256_of(whole.json()) == second["sha256"] == ProgrammeVersion.objects.get(number=2).sha256
    assert [each["event"] for each in second["difference"]["moved"]] == ["high-level-1"]
    assert client.get(f"{ROOT}programme/versions/2/", headers={"If-None-Match": whole["ETag"]}).status_code == 304


def test_changes_lead_to_what_was_published(session: MeetingSession, events: list[Application], client: Client) -> None:
    last = client.get(f"{ROOT}changes/").json()["results"][-1]
    paths = {each["name"]: each["url"] for each in last["resources"]}
    assert paths["side-events"] == f"http://testserver{ROOT}side-events/"
    assert paths["programme"] == f"http://testserver{ROOT}programme/versions/"


def test_a_room_says_when_it_is_blocked_and_for_whom_it_is_held_but_not_why(
    session: MeetingSession, client: Client
) -> None:
    before = client.get(f"{ROOT}rooms/c1/").json()
    block_time(room=room(session), starts_at=at(9), ends_at=at(10), reason="Secret visit", actor=COMMAND)
    hold_room(room=room(session), delegation=state(session, "AT"), actor=COMMAND)
    answer = client.get(f"{ROOT}rooms/c1/")
    assert answer.json() == before | {
        "blocked": [{"starts_at": "2024-03-14T08:00:00Z", "ends_at": "2024-03-14T09:00:00Z"}],
        "held_for": "AT",
        "for_events": False,
    }
    assert b"Secret" not in answer.content


def test_the_list_of_rooms_takes_as_many_queries_for_many_as_for_few(session: MeetingSession, client: Client) -> None:
    few = queries(client, f"{ROOT}rooms/?page_size=2")
    assert queries(client, f"{ROOT}rooms/") == few
