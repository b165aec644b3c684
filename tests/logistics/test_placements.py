from datetime import timedelta

import pytest

from cnd import journal
from cnd.actors import COMMAND
from cnd.errors import Invalid, NotPermitted, Refused
from cnd.versions import Outdated
from logistics.models import Application, Cell, Placement
from logistics.services.occupancy import Occupied
from logistics.services.placements import drop_placement, pin_event, place_event, remove_event, set_draft, swap_events
from sessions.models import MeetingSession
from tests.logistics.accepted import accepted_event
from tests.logistics.placed import at, room
from tests.sessions.scenes import as_focal_point, correct, count_entries, last_entry, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


def cells(application: Application) -> list[tuple[str, str, int]]:
    held = Cell.objects.filter(holder=application.holder)
    layers = sorted({(each.layer, each.resource) for each in held})
    return [(layer, name.partition(":")[0], held.filter(layer=layer, resource=name).count()) for layer, name in layers]


def test_a_placed_event_takes_its_room_with_the_turnaround_and_its_lane_in_the_draft_alone(
    session: MeetingSession,
) -> None:
    event = accepted_event(session)

    place_event(application=event, room=room(session), starts_at=at(10), actor=COMMAND)

    assert cells(event) == [("draft", "lane", 12), ("draft", "room", 15)]


def test_no_two_high_level_events_stand_at_once_whatever_their_rooms(session: MeetingSession) -> None:
    one, other = accepted_event(session), accepted_event(session, "BR")
    place_event(application=one, room=room(session), starts_at=at(10), actor=COMMAND)

    with pytest.raises(Occupied) as refusal:
        place_event(application=other, room=room(session, "c2"), starts_at=at(10, 55), actor=COMMAND)

    assert "high-level-1 “Event 1”: 14 March 2024, 10:55 to 14 March 2024, 11:00" in str(refusal.value)
    assert not Placement.objects.filter(application=other).exists()


def test_one_follows_the_other_in_a_second_room_at_once_and_in_the_same_room_after_the_turnaround(
    session: MeetingSession,
) -> None:
    one, second, third = accepted_event(session), accepted_event(session, "BR"), accepted_event(session, "KE")
    place_event(application=one, room=room(session), starts_at=at(10), actor=COMMAND)

    place_event(application=second, room=room(session, "c2"), starts_at=at(11), actor=COMMAND)
    with pytest.raises(Occupied):
        place_event(application=third, room=room(session, "c2"), starts_at=at(12, 10), actor=COMMAND)
    place_event(application=third, room=room(session, "c2"), starts_at=at(12, 15), actor=COMMAND)

    assert Placement.objects.count() == 3


def test_as_many_as_the_rules_let_are_held_at_once(session: MeetingSession) -> None:
    correct(session, "side-event-high-level.at_once", 2)
    events = [accepted_event(session, code) for code in ("AT", "BR", "KE")]
    for event, code in zip(events[:2], ("c1", "c2"), strict=True):
        place_event(application=event, room=room(session, code), starts_at=at(10), actor=COMMAND)

    with pytest.raises(Occupied):
        place_event(application=events[2], room=room(session, "m3"), starts_at=at(10), actor=COMMAND)


def test_a_moved_event_gives_up_where_it_stood(session: MeetingSession) -> None:
    event = accepted_event(session)
    place_event(application=event, room=room(session), starts_at=at(10), actor=COMMAND)

    place_event(application=event, room=room(session, "c2"), starts_at=at(10, 30), actor=COMMAND)

    assert cells(event) == [("draft", "lane", 12), ("draft", "room", 15)]
    assert last_entry(session).changes == [
        {
            "what": "placement:high-level-1",
            "before": {
                "room": "c1",
                "starts_at": "2024-03-14T09:00:00.000000Z",
                "ends_at": "2024-03-14T10:00:00.000000Z",
                "pinned": False,
            },
            "after": {
                "room": "c2",
                "starts_at": "2024-03-14T09:30:00.000000Z",
                "ends_at": "2024-03-14T10:30:00.000000Z",
                "pinned": False,
            },
        }
    ]


def test_the_same_again_changes_nothing(session: MeetingSession) -> None:
    event = accepted_event(session)
    place_event(application=event, room=room(session), starts_at=at(10), actor=COMMAND)
    entries = count_entries(session)

    place_event(application=event, room=room(session), starts_at=at(10), actor=COMMAND)

    assert count_entries(session) == entries


def test_a_refused_move_leaves_the_event_where_it_stood(session: MeetingSession) -> None:
    one, other = accepted_event(session), accepted_event(session, "BR")
    place_event(application=one, room=room(session), starts_at=at(10), actor=COMMAND)
    place_event(application=other, room=room(session), starts_at=at(15), actor=COMMAND)

    with pytest.raises(Occupied):
        place_event(application=other, room=room(session), starts_at=at(10, 30), actor=COMMAND)

    assert Placement.objects.get(application=other).starts_at == at(15)
    assert cells(other) == [("draft", "lane", 12), ("draft", "room", 15)]


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        ("starts_at", {"starts_at": at(10, day=16)}),
        ("starts_at", {"starts_at": at(8)}),
        ("starts_at", {"starts_at": at(19, 30)}),
        ("room", {"room": None}),
        ("room", {"room": "b1"}),
        ("length", {"length": timedelta(minutes=95)}),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(session: MeetingSession, fault: str, asked: dict[str, object]) -> None:
    event = accepted_event(session)
    given = {"room": "c1", "starts_at": at(10)} | asked
    chosen = room(session, str(given["room"])) if given["room"] else None

    with pytest.raises(Invalid) as refusal:
        place_event(application=event, actor=COMMAND, **given | {"room": chosen})  # type: ignore[arg-type]

    assert list(refusal.value.fields) == [fault]


def test_times_are_multiples_of_five_minutes(session: MeetingSession) -> None:
    with pytest.raises(Invalid) as refusal:
        place_event(application=accepted_event(session), room=room(session), starts_at=at(10, 3), actor=COMMAND)

    assert refusal.value.code == "time_not_valid"


def test_a_virtual_event_takes_its_lane_and_no_room(session: MeetingSession) -> None:
    event = accepted_event(session, form=Application.Form.VIRTUAL)

    place_event(application=event, starts_at=at(10), actor=COMMAND)

    assert cells(event) == [("draft", "lane", 12)]
    with pytest.raises(Invalid):
        place_event(application=event, starts_at=at(11), room=room(session), actor=COMMAND)


def test_only_accepted_events_stand_in_the_programme(session: MeetingSession) -> None:
    event = accepted_event(session, state=Application.State.UNDER_REVIEW)

    with pytest.raises(Refused) as refusal:
        place_event(application=event, room=room(session), starts_at=at(10), actor=COMMAND)

    assert refusal.value.code == "not_accepted"


def test_two_events_change_places(session: MeetingSession) -> None:
    one, other = accepted_event(session), accepted_event(session, "BR", length_min=90)
    place_event(application=one, room=room(session), starts_at=at(10), actor=COMMAND)
    place_event(application=other, room=room(session, "c2"), starts_at=at(15), actor=COMMAND)

    swap_events(one=one, other=other, actor=COMMAND)

    placed = {each.application_id: each for each in Placement.objects.select_related("room")}
    assert (placed[one.pk].room, placed[one.pk].starts_at) == (room(session, "c2"), at(15))
    assert (placed[other.pk].room, placed[other.pk].ends_at) == (room(session), at(11, 30))


def test_a_pin_is_set_and_taken_off(session: MeetingSession) -> None:
    event = accepted_event(session)
    place_event(application=event, room=room(session), starts_at=at(10), actor=COMMAND)

    pin_event(application=event, is_pinned=True, actor=COMMAND)
    assert Placement.objects.get().is_pinned
    pin_event(application=event, is_pinned=False, actor=COMMAND)

    assert not Placement.objects.get().is_pinned


def test_what_is_removed_gives_its_time_up_and_again_changes_nothing(session: MeetingSession) -> None:
    event = accepted_event(session)
    place_event(application=event, room=room(session), starts_at=at(10), actor=COMMAND)

    remove_event(application=event, actor=COMMAND)
    entries = count_entries(session)
    remove_event(application=event, actor=COMMAND)

    assert (cells(event), count_entries(session)) == ([], entries)


def test_an_event_that_gives_up_its_place_leaves_the_draft_in_that_very_decision(session: MeetingSession) -> None:
    event = accepted_event(session)
    place_event(application=event, room=room(session), starts_at=at(10), actor=COMMAND)

    with journal.decision(session.chain, action="withdraw", subject="application", actor=COMMAND) as draft:
        drop_placement(application=event, draft=draft)

    assert (cells(event), last_entry(session).action) == ([], "withdraw")


def test_many_stand_anew_in_one_go_or_none(session: MeetingSession) -> None:
    one, other = accepted_event(session), accepted_event(session, "BR")
    place_event(application=one, room=room(session), starts_at=at(10), actor=COMMAND)
    place_event(application=other, room=room(session), starts_at=at(12), actor=COMMAND)
    one_room = room(session)
    wanted = {one.pk: (one_room, at(12), at(13)), other.pk: (one_room, at(10), at(11))}

    with journal.decision(session.chain, action="apply", subject="programme", actor=COMMAND) as draft:
        set_draft(session=session, wanted=wanted, draft=draft)
    with pytest.raises(Occupied), journal.decision(session.chain, action="a", subject="p", actor=COMMAND) as draft:
        set_draft(session=session, wanted=wanted | {other.pk: (one_room, at(12, 30), at(13, 30))}, draft=draft)

    assert {each.application_id: each.starts_at for each in Placement.objects.all()} == {
        one.pk: at(12),
        other.pk: at(10),
    }


def test_whoever_moves_on_an_old_screen_is_told(session: MeetingSession) -> None:
    event = accepted_event(session)
    place_event(application=event, room=room(session), starts_at=at(10), actor=COMMAND)

    with pytest.raises(Outdated):
        place_event(application=event, room=room(session), starts_at=at(12), actor=COMMAND, expected_version=1)


def test_a_delegation_moves_nothing(session: MeetingSession) -> None:
    event = accepted_event(session)

    with pytest.raises(NotPermitted):
        place_event(application=event, room=room(session), starts_at=at(10), actor=as_focal_point(session, "AT"))
