from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cnd.actors import COMMAND
from logistics.models import Application, Placement
from logistics.services.placements import place_event
from sessions.models import MeetingSession
from tests.logistics.accepted import accepted_event
from tests.logistics.placed import at, room
from tests.sessions.scenes import focal_point, make_session
from tests.sessions.staff_pages import CODE, hidden, signed_in, text_of, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


def url(name: str, *args: object) -> str:
    return reverse(f"logistics:{name}", args=[CODE, *args])


def placed(
    session: MeetingSession, organiser: str = "AT", hour: int = 10, code: str = "c1", **more: object
) -> Application:
    event = accepted_event(session, organiser, **more)
    place_event(application=event, room=room(session, code), starts_at=at(hour), actor=COMMAND)
    return event


def moved(client: Client, event: Application, *, room: str, utc: str, version: str) -> Any:
    sent = {
        "event": event.pk,
        "room": room,
        "starts_at": f"2024-03-14T{utc}:00Z",
        "version": version,
        "day": "2024-03-14",
    }
    return client.post(url("staff-programme-move"), sent, headers={"HX-Request": "true"})


def test_without_accepted_events_the_page_says_when_there_will_be_some(session: MeetingSession) -> None:
    page = signed_in().get(url("staff-programme"))

    assert "Accepted side events stand here as soon as decisions are announced." in text_of(page)


def test_the_grid_shows_what_stands_where_what_is_in_the_way_and_what_is_not_placed(session: MeetingSession) -> None:
    placed(session, title="Prevention first")
    accepted_event(session, "BR", title="Data for decisions")

    said = text_of(signed_in().get(url("staff-programme")))

    assert "10:00–11:00 Prevention first Austria" in said
    assert "Not placed yet Data for decisions Brazil" in said


def test_what_is_not_as_it_should_be_is_said(session: MeetingSession) -> None:
    placed(session, attendance=100, code="m3", needs_accessible=True, equipment=["interpretation"])

    said = text_of(signed_in().get(url("staff-programme")))

    assert (
        "100 people are expected, the room seats 60. The room lacks: interpretation. "
        "The room has no step-free access, which is needed."
    ) in said


def test_a_move_answers_with_the_grid_and_with_the_way_back(session: MeetingSession) -> None:
    event = placed(session)
    client = signed_in()
    version = hidden(client.get(url("staff-programme")), "version")

    answer = moved(client, event, room="c2", utc="13:00", version=version)

    assert "“Event 1” now stands: 14 March 2024, 14:00–15:00, Conference Room 2." in text_of(answer)
    back = hidden(answer, "room"), hidden(answer, "starts_at")
    assert back == ("c1", "2024-03-14T09:00:00Z")
    moved(client, event, room=back[0], utc=back[1][11:16], version="")
    assert Placement.objects.get().starts_at == at(10)


def test_a_refused_move_says_what_is_in_the_way_and_shows_where_it_still_stands(session: MeetingSession) -> None:
    placed(session, title="The first")
    event = placed(session, "BR", 15, title="The second")
    client = signed_in()

    answer = moved(client, event, room="c1", utc="09:30", version="")

    assert answer.status_code == 409
    assert "high-level-1 “The first”: 14 March 2024, 10:30 to" in text_of(answer)
    assert "15:00–16:00 The second" in text_of(answer)


def test_a_move_on_an_old_screen_changes_nothing(session: MeetingSession) -> None:
    event = placed(session)
    client = signed_in()
    version = hidden(client.get(url("staff-programme")), "version")
    place_event(application=event, room=room(session), starts_at=at(12), actor=COMMAND)

    answer = moved(client, event, room="c1", utc="15:00", version=version)

    assert (answer.status_code, Placement.objects.get().starts_at) == (409, at(12))


def test_the_form_places_an_event_and_names_every_fault_beside_its_field(session: MeetingSession) -> None:
    event = accepted_event(session)
    client = signed_in()
    sent = {"room": "c1", "day": "2024-03-14", "begins": "07:00", "length": "60"}

    refused = client.post(url("staff-programme-event", event.reference), sent)
    done = client.post(url("staff-programme-event", event.reference), sent | {"begins": "13:15", "is_pinned": "on"})

    assert "It is open from 08:30 to 20:00." in text_of(refused)
    assert told(done) == ["“Event 1” now stands: 14 March 2024, 13:15–14:15, Conference Room 1."]
    assert Placement.objects.get().is_pinned


def test_what_would_be_wrong_appears_while_one_chooses(session: MeetingSession) -> None:
    event = accepted_event(session, attendance=100)
    asked = {"room": "m3", "day": "2024-03-14", "begins": "10:00", "length": "60"}

    answer = signed_in().get(url("staff-programme-check", event.reference), asked)

    assert text_of(answer) == "Not all as it should be there 100 people are expected, the room seats 60."


def test_an_organiser_in_two_places_is_said_of_both(session: MeetingSession) -> None:
    event = accepted_event(session, "AT", title="Two", kind="regular")
    other = accepted_event(session, "AT", title="Three", kind="regular")
    place_event(application=event, room=room(session), starts_at=at(10, day=18), actor=COMMAND)
    place_event(application=other, room=room(session, "c2"), starts_at=at(10, 30, day=18), actor=COMMAND)

    said = text_of(signed_in().get(url("staff-programme"), {"day": "2024-03-18"}))

    assert "Two AT is at “Three” at the same time." in said
    assert "Three AT is at “Two” at the same time." in said


def test_buttons_pin_swap_and_remove(session: MeetingSession) -> None:
    one, other = placed(session), placed(session, "BR", 15)
    client = signed_in()

    client.post(url("staff-programme-pin", one.reference), {"pinned": "yes"})
    client.post(url("staff-programme-swap", one.reference), {"other": other.reference})
    answer = client.post(url("staff-programme-remove", other.reference))

    assert told(answer)[-1] == "“Event 2” stands nowhere now."
    assert [(each.application, each.starts_at, each.is_pinned) for each in Placement.objects.all()] == [
        (one, at(15), True)
    ]


def test_the_number_of_queries_does_not_grow_with_the_events(session: MeetingSession) -> None:
    client = signed_in()
    placed(session)
    client.get(url("staff-programme"))
    with CaptureQueriesContext(connection) as few:
        client.get(url("staff-programme"))
    for hour in (12, 14, 16, 18):
        placed(session, "BR", hour)
    with CaptureQueriesContext(connection) as many:
        client.get(url("staff-programme"))

    assert len(many) == len(few)


def test_nobody_else_sees_the_draft(session: MeetingSession) -> None:
    event = placed(session)
    client = signed_in(focal_point(session, "AT"))

    pages = [client.get(url("staff-programme")), client.post(url("staff-programme-remove", event.reference))]

    assert [page.status_code for page in pages] == [403, 403]
    assert Client().get(url("staff-programme")).status_code == 302


def test_a_name_that_is_no_event_is_not_found(session: MeetingSession) -> None:
    answers = [
        signed_in().get(url("staff-programme-event", name)) for name in ("high-level-9", "nonsense", "high-level-")
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
