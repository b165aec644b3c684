"""The secretariat's pages of rooms: effects first, and refusals beside the field."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from logistics.models import Block, Room
from sessions.models import MeetingSession
from tests.logistics.placed import PNG, accepted, at, place, room
from tests.sessions.public_pages import queries
from tests.sessions.scenes import focal_point, make_session
from tests.sessions.staff_pages import hidden, signed_in, text_of, told

pytestmark = pytest.mark.django_db

PAGES_OF_A_ROOM = ("change", "retire", "hold", "give-back", "block", "plan")


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


@pytest.fixture
def client(session: MeetingSession) -> Client:
    return signed_in()


def url(name: str, *args: Any) -> str:
    return reverse(f"logistics:staff-{name}", args=["cnd67", *args])


def sent(**changes: Any) -> dict[str, Any]:
    """Return what the form of Conference Room 1 sends back."""
    return {
        "name_en": "Conference Room 1",
        "building": "C",
        "floor": "1",
        "capacity": 180,
        "layout": "theatre",
        "equipment": ["projector", "microphones"],
        "is_accessible": "on",
        "uses": ["events"],
        **changes,
    }


def test_nobody_else_opens_them(session: MeetingSession) -> None:
    other = signed_in(focal_point(session, "AT"))
    addresses = [url("rooms"), url("room-add"), *(url(f"room-{name}", "c1") for name in PAGES_OF_A_ROOM)]
    assert {other.get(address).status_code for address in addresses} == {403}
    assert {Client().get(address).status_code for address in addresses} == {302}


def test_the_list_takes_as_many_queries_for_blocked_rooms_as_for_free_ones(client: Client) -> None:
    before = queries(client, url("rooms"))
    for hour in (10, 12, 14):
        answer = client.post(
            url("room-block", "c1"),
            {"starts_at": f"2024-03-14 {hour}:00", "ends_at": f"2024-03-14 {hour + 1}:00", "reason": "Fire drill"},
        )
        assert answer.status_code == 302
    client.get(url("rooms"))  # the messages are read
    assert queries(client, url("rooms")) == before


def test_a_room_is_added_with_its_names(client: Client) -> None:
    answer = client.post(url("room-add"), sent(code="bd", name_en="Boardroom D", name_fr="Salle du conseil D"))
    assert told(answer) == ["Boardroom D is in the inventory."]
    assert Room.objects.get(code="bd").names == {"en": "Boardroom D", "fr": "Salle du conseil D"}


def test_what_is_wrong_stands_beside_its_field(client: Client) -> None:
    answer = client.post(url("room-add"), sent(code="c1", opens="09:02"))
    assert answer.status_code == 422
    assert answer.context["form"].errors["opens"] == ["Hours are multiples of five minutes."]
    taken = client.post(url("room-add"), sent(code="c1"))
    assert taken.context["form"].errors["code"] == ["There is a room with this code already, perhaps a retired one."]


def test_a_change_shows_first_what_would_no_longer_fit(session: MeetingSession, client: Client) -> None:
    place(accepted(session, title="Ten years on", attendance=150), at(13))
    first = client.post(url("room-change", "c1"), sent(capacity=100))
    assert "high-level-1 “Ten years on” expects 150 people; there would be 100 seats." in text_of(first)
    assert room(session).capacity == 180
    second = client.post(url("room-change", "c1"), sent(capacity=100, seen=hidden(first, "seen")))
    assert told(second) == ["Conference Room 1 is changed."]
    assert room(session).capacity == 100


def test_a_block_in_the_way_of_an_event_is_refused_naming_it(session: MeetingSession, client: Client) -> None:
    place(accepted(session, title="Ten years on"), at(13))
    times = {"starts_at": "2024-03-14 13:00", "ends_at": "2024-03-14 18:00", "reason": "Fire drill"}
    answer = client.post(url("room-block", "c1"), times)
    assert answer.status_code == 409
    assert "In the way: high-level-1 “Ten years on”: 14 March 2024, 13:00 to" in text_of(answer)
    assert not Block.objects.exists()


def test_a_block_is_lifted_by_its_button(session: MeetingSession, client: Client) -> None:
    client.post(
        url("room-block", "c1"),
        {"starts_at": "2024-03-14 13:00", "ends_at": "2024-03-14 18:00", "reason": "Fire drill"},
    )
    assert "14 March 2024, 13:00 – 14 March 2024, 18:00 : Fire drill" in text_of(client.get(url("rooms")))
    answer = client.post(url("block-lift", "c1", Block.objects.get().pk))
    assert told(answer) == ["This time can be used again."]
    assert client.post(url("block-lift", "c2", Block.objects.get().pk)).status_code == 404


def test_a_room_is_held_given_back_retired_and_restored(session: MeetingSession, client: Client) -> None:
    for name, given in (
        ("hold", {"delegation": "AT"}),
        ("give-back", {"reason": "Not needed."}),
        ("retire", {"reason": "Repairs."}),
        ("restore", {}),
    ):
        last = client.post(url(f"room-{name}", "c1"), given)
    assert told(last) == [
        "Conference Room 1 is held for Austria.",
        "Conference Room 1 is held for nobody any more.",
        "Conference Room 1 is retired.",
        "Conference Room 1 is back in the inventory.",
    ]


def test_a_picture_is_shown_to_everybody_until_it_is_taken_away(session: MeetingSession, client: Client) -> None:
    picture = SimpleUploadedFile("plan.png", PNG, "image/png")
    assert client.post(url("room-plan", "c1"), {"file": picture}).status_code == 302
    assert Client().get("/cnd67/rooms/c1/plan/").content == PNG
    client.post(url("room-plan-remove", "c1"))
    assert Client().get("/cnd67/rooms/c1/plan/").status_code == 404
    wrong = client.post(url("room-plan", "c1"), {"file": SimpleUploadedFile("plan.png", b"<svg/>", "image/png")})
    assert wrong.context["form"].errors["file"] == ["This is none of these, whatever its name says: JPEG, PNG."]
