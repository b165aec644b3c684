"""The inventory of rooms: what is refused because something stands in a room, and what is said before it is done."""

from datetime import time, timedelta
from typing import Any

import pytest

from cnd.actors import COMMAND
from cnd.errors import DomainError, Invalid, NotPermitted, Refused
from cnd.models import ResourceVersion
from logistics.models import Block, Cell, Room, SentFile
from logistics.services import rooms
from logistics.services.occupancy import Claim, occupy
from sessions.models import MeetingSession
from sessions.services.rules import rule_book
from tests.logistics.placed import PNG, accepted, at, place, room
from tests.sessions.scenes import as_focal_point, as_officer, count_entries, last_entry, make_session, state
from tests.sessions.told import causes

pytestmark = pytest.mark.django_db

FACTS: dict[str, Any] = {
    "names": {"en": "Boardroom D"},
    "building": "C",
    "floor": "4",
    "capacity": 40,
    "layout": "boardroom",
    "equipment": ["projector"],
    "is_accessible": True,
    "is_for_events": True,
    "is_for_bilaterals": False,
    "opens": None,
    "closes": None,
}


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


def code_of(call: Any) -> str:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value.code


def test_a_new_room_is_in_the_inventory_and_public(session: MeetingSession) -> None:
    made = rooms.add_room(session=session, code="bd", facts=FACTS, actor=as_officer())
    entry = last_entry(session)
    assert Room.objects.get(session=session, code="bd") == made
    assert entry.action == "add_room"
    assert [pair for pair in entry.resources if pair[1] == ResourceVersion.PUBLIC] == [
        ["availability", "public"],
        ["rooms", "public"],
    ]


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"names": {"fr": "Salle D"}}, "names"),
        ({"capacity": 0}, "capacity"),
        ({"equipment": ["piano"]}, "equipment"),
        ({"opens": time(9, 2)}, "opens"),
        ({"opens": time(12), "closes": time(11)}, "closes"),
        ({"opens": time(21)}, "closes"),
        ({"layout": "circus"}, "layout"),
    ],
)
def test_what_does_not_fit_a_room_is_named_by_its_field(
    session: MeetingSession, fault: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        rooms.add_room(session=session, code="bd", facts=FACTS | fault, actor=COMMAND)
    assert list(caught.value.fields) == [field]


def test_a_code_is_taken_once_even_by_a_retired_room(session: MeetingSession) -> None:
    rooms.retire_room(room=room(session, "c1"), actor=COMMAND)
    assert code_of(lambda: rooms.add_room(session=session, code="c1", facts=FACTS, actor=COMMAND)) == "code_taken"


def test_a_focal_point_changes_no_room(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        rooms.retire_room(room=room(session), actor=as_focal_point(session, "AT"))


def test_a_room_in_which_an_event_stands_is_not_retired_held_or_given_another_use(session: MeetingSession) -> None:
    place(accepted(session, title="Ten years on"), at(13))
    for do in (
        lambda: rooms.retire_room(room=room(session), actor=COMMAND),
        lambda: rooms.hold_room(room=room(session), delegation=state(session, "AT"), actor=COMMAND),
        lambda: rooms.change_room(room=room(session), facts={"is_for_events": False}, actor=COMMAND),
        lambda: rooms.block_time(room=room(session), starts_at=at(13), ends_at=at(15), reason="Fire", actor=COMMAND),
    ):
        with pytest.raises(Refused) as caught:
            do()
        assert caught.value.details["in_the_way"] == [
            "high-level-1 “Ten years on”: 14 March 2024, 13:00 to 14 March 2024, 14:45 (Vienna)"
        ]


def test_a_retired_room_comes_back_as_it_was(session: MeetingSession) -> None:
    before = rooms.facts(room(session))
    rooms.retire_room(room=room(session), actor=COMMAND, reason="Repairs")
    assert not Room.objects.in_use().filter(code="c1").exists()
    rooms.restore_room(room=room(session), actor=COMMAND)
    assert rooms.facts(room(session)) == before


def test_doing_again_what_is_done_leaves_no_trace(session: MeetingSession) -> None:
    hold: dict[str, Any] = {"room": room(session), "delegation": state(session, "AT"), "actor": COMMAND}
    block: dict[str, Any] = {"room": room(session, "c2"), "reason": "Fire", "actor": COMMAND}
    block |= {"starts_at": at(9), "ends_at": at(10)}
    rooms.hold_room(**hold)
    blocked = rooms.block_time(**block)
    entries = count_entries(session)
    rooms.hold_room(**hold)
    assert rooms.block_time(**block) == blocked
    rooms.restore_room(room=room(session), actor=COMMAND)
    assert count_entries(session) == entries


def test_a_block_takes_the_room_in_both_layers_until_it_is_lifted(session: MeetingSession) -> None:
    block = rooms.block_time(room=room(session), starts_at=at(9), ends_at=at(10), reason="Fire drill", actor=COMMAND)
    assert Cell.objects.filter(holder=block.holder).count() == 2 * 12
    event = accepted(session)
    with pytest.raises(Refused):
        place(event, at(9, 30))
    rooms.lift_block(block=block, actor=COMMAND)
    rooms.lift_block(block=block, actor=COMMAND)
    assert not Cell.objects.filter(holder=block.holder).exists()
    assert Block.objects.get().lifted_at is not None
    place(event, at(9, 30))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"reason": " "}, "reason_missing"),
        ({"ends_at": at(9)}, "time_not_valid"),
        ({"ends_at": at(9, 58)}, "time_not_valid"),
        ({"ends_at": at(9) + timedelta(days=40)}, "too_long"),
    ],
)
def test_a_time_that_cannot_be_blocked_is_refused(session: MeetingSession, fault: dict[str, Any], code: str) -> None:
    given: dict[str, Any] = {"starts_at": at(9), "ends_at": at(10), "reason": "Fire"} | fault
    assert code_of(lambda: rooms.block_time(room=room(session), actor=COMMAND, **given)) == code
    assert not Block.objects.exists()


def test_a_held_room_is_for_nobody_else_and_its_delegation_is_told(session: MeetingSession) -> None:
    rooms.hold_room(room=room(session), delegation=state(session, "AT"), actor=COMMAND)
    held = room(session)
    assert (held.is_for_events, held.is_for_bilaterals) == (False, False)
    other = state(session, "KE")
    assert code_of(lambda: rooms.hold_room(room=held, delegation=other, actor=COMMAND)) == "held"
    rooms.release_room(room=held, actor=COMMAND)
    assert [(each.kind, each.audience) for each in causes(session, "room:")] == [
        ("room_held", "delegation:AT"),
        ("room_released", "delegation:AT"),
    ]


def test_what_would_no_longer_fit_is_said_before_a_room_is_changed(session: MeetingSession) -> None:
    event = accepted(session, title="Ten years on", attendance=150, equipment=["interpretation"], needs_accessible=True)
    place(event, at(13))
    standing = room(session)
    facts = {name: getattr(standing, name) for name in rooms.FIELDS}
    assert rooms.effects_of_change(standing, facts) == []
    less = {"capacity": 100, "equipment": ["projector"], "is_accessible": False, "closes": time(14)}
    assert rooms.effects_of_change(standing, facts | less) == [
        "Outside the new hours: high-level-1 “Ten years on”: 14 March 2024, 13:00 to 14 March 2024, 14:45 (Vienna).",
        "high-level-1 “Ten years on” expects 150 people; there would be 100 seats.",
        "high-level-1 “Ten years on” needs interpretation, which the room would not have.",
        "high-level-1 “Ten years on” needs step-free access.",
    ]


def test_a_room_is_open_as_it_says_itself_else_as_the_rule_book_says(session: MeetingSession) -> None:
    book = rule_book(session)
    assert rooms.opening_of(room(session), at(0).date(), book) == (at(8, 30), at(20))
    rooms.change_room(room=room(session), facts={"closes": time(18)}, actor=COMMAND)
    assert rooms.opening_of(room(session), at(0).date(), book) == (at(8, 30), at(18))


def test_a_plan_is_taken_by_its_content_and_not_by_its_name(session: MeetingSession) -> None:
    rooms.attach_plan(room=room(session), name="../plan.png", content=PNG, actor=COMMAND)
    sent = SentFile.objects.get()
    assert (sent.media_type, sent.name) == ("image/png", "plan.png")
    for content in (b"GIF89a", b"<svg onload=alert(1)>", PNG[:60], PNG + b"\x00" * 1_000_000):
        with pytest.raises(Invalid):
            rooms.attach_plan(room=room(session), name="plan.png", content=content, actor=COMMAND)
    rooms.remove_plan(room=room(session), actor=COMMAND)
    assert room(session).plan is None


def test_bookings_of_the_past_keep_no_room(session: MeetingSession) -> None:
    past = session.chain.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
    claim = Claim(room(session, "b1").resource, past, past + timedelta(hours=1))
    occupy(session=session, holder="booking:1", claims=[claim])
    rooms.retire_room(room=room(session, "b1"), actor=COMMAND)
    assert room(session, "b1").retired_at is not None
