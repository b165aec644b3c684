"""Publishing the programme: what a version holds, that it never changes, what it takes, and who is told."""

from datetime import datetime
from typing import Any

import pytest

from cnd.actors import COMMAND
from cnd.canonical import sha256_of
from cnd.errors import DomainError, NotPermitted
from cnd.models import Checkpoint, JournalEntry, ResourceVersion
from cnd.versions import Outdated
from logistics.models import Application, Cell, Placement, ProgrammeVersion
from logistics.services.occupancy import Claim, occupy
from logistics.services.publication import preview_of, publish_programme
from logistics.services.queue import withdraw_application
from sessions.models import MeetingSession
from tests.logistics.placed import VIENNA, accepted, at, cosponsored, place, publish, room, unplace
from tests.sessions.scenes import as_focal_point, last_entry, make_session
from tests.sessions.told import causes

pytestmark = pytest.mark.django_db

AFTER_THE_FREEZE = datetime(2024, 3, 4, 9, tzinfo=VIENNA)


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


def refused(**more: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        publish_programme(**{"actor": COMMAND, **more})
    return caught.value


def test_a_version_holds_the_accepted_events_of_the_draft_and_names_nobody(session: MeetingSession) -> None:
    event = accepted(session, "AT", title="Ten years on", speaker={"name": "Ms Anna Example", "title": "Minister"})
    cosponsored(event, "PE", other="A foundation")
    place(event, at(13))
    version = publish(session, "The first programme.")
    assert version.content["events"] == [
        {
            "event": "high-level-1",
            "kind": "high-level",
            "title": "Ten years on",
            "abstract": "What was learnt.",
            "theme": "Alternative development",
            "form": "in_person",
            "organiser": "AT",
            "cosponsors": [{"delegation": "PE", "name": ""}, {"delegation": None, "name": "A foundation"}],
            "starts_at": "2024-03-14T12:00:00.000000Z",
            "ends_at": "2024-03-14T13:30:00.000000Z",
            "room": "c1",
            "version": 1,
        }
    ]
    assert version.sha256 == sha256_of(version.content)
    assert "Anna" not in str(version.content)


def test_each_version_tells_what_it_added_moved_changed_and_removed(session: MeetingSession) -> None:
    moved, changed, removed = (accepted(session, code) for code in ("AT", "KE", "BR"))
    for hour, each in enumerate((moved, changed, removed), start=10):
        place(each, at(hour * 2 - 11))
    publish(session)
    place(moved, at(9, day=15), "c2")
    Application.objects.filter(pk=changed.pk).update(title="Another title")
    unplace(removed)
    place(accepted(session, "FR"), at(18))
    version = publish(session, "Second thoughts.")
    found = version.content["difference"]
    was = {"starts_at": "2024-03-14T08:00:00.000000Z", "ends_at": "2024-03-14T09:30:00.000000Z", "room": "c1"}
    now = {"starts_at": "2024-03-15T08:00:00.000000Z", "ends_at": "2024-03-15T09:30:00.000000Z", "room": "c2"}
    assert found["added"] == ["high-level-4"]
    assert found["moved"] == [{"event": "high-level-1", "before": was, "after": now}]
    assert found["changed"] == [
        {"event": "high-level-2", "fields": {"title": {"before": "Event 2", "after": "Another title"}}}
    ]
    assert [row["event"] for row in found["removed"]] == ["high-level-3"]
    assert {row["event"]: row["version"] for row in version.content["events"]} == {
        "high-level-1": 2,
        "high-level-2": 2,
        "high-level-4": 2,
    }


def test_what_did_not_change_keeps_the_version_in_which_it_did(session: MeetingSession) -> None:
    place(accepted(session, "AT"), at(9))
    publish(session)
    place(accepted(session, "KE"), at(11))
    assert [row["version"] for row in publish(session).content["events"]] == [1, 2]


def test_publishing_again_is_refused_while_nothing_is_new(session: MeetingSession) -> None:
    place(accepted(session), at(9))
    publish(session)
    assert refused(session=session).code == "nothing_new"
    assert ProgrammeVersion.objects.count() == 1


def test_the_published_cells_become_those_of_the_draft(session: MeetingSession) -> None:
    event = accepted(session)
    place(event, at(9))
    publish(session)
    place(event, at(15), "c2")
    publish(session)
    taken = {
        layer: set(Cell.objects.filter(layer=layer, holder=event.holder).values_list("resource", "number"))
        for layer in ("draft", "published")
    }
    assert taken["draft"] == taken["published"]
    assert {resource for resource, _number in taken["published"]} == {room(session, "c2").resource}


def test_a_room_that_somebody_has_in_public_alone_is_refused_and_named(session: MeetingSession) -> None:
    place(accepted(session), at(9))
    claim = Claim(room(session).resource, at(9), at(10))
    occupy(session=session, holder="booking:7", claims=[claim], layers=["published"])
    fault = refused(session=session)
    assert fault.code == "occupied"
    assert "booking:7" in str(fault)
    assert not ProgrammeVersion.objects.exists()


def test_what_was_withdrawn_since_it_was_placed_leaves_draft_and_programme(session: MeetingSession) -> None:
    event = accepted(session)
    place(event, at(9))
    publish(session)
    withdraw_application(application=event, actor=COMMAND)
    version = publish(session)
    assert version.content["events"] == []
    assert not Placement.objects.exists()
    assert not Cell.objects.filter(holder=event.holder).exists()


def test_only_the_secretariat_publishes(session: MeetingSession) -> None:
    place(accepted(session), at(9))
    with pytest.raises(NotPermitted):
        publish_programme(session=session, actor=as_focal_point(session, "AT"))


def test_a_draft_that_was_moved_after_one_looked_at_it_is_not_published(session: MeetingSession) -> None:
    event = accepted(session)
    place(event, at(9))
    seen = preview_of(session).seen
    place(event, at(11))
    with pytest.raises(Outdated):
        publish_programme(session=session, actor=COMMAND, seen=seen)
    assert publish_programme(session=session, actor=COMMAND, seen=preview_of(session).seen).number == 1


def test_after_the_freeze_a_change_of_what_is_published_needs_a_note() -> None:
    session = make_session(AFTER_THE_FREEZE)
    event = accepted(session)
    place(event, at(9))
    publish(session)
    place(event, at(11))
    fault = refused(session=session, note=" ")
    assert (fault.code, list(fault.fields)) == ("note_missing", ["note"])
    assert publish(session, "The room has no light.").number == 2


def test_a_publication_is_one_entry_sealed_that_touches_what_is_public(session: MeetingSession) -> None:
    place(accepted(session), at(9))
    entries = JournalEntry.objects.count()
    version = publish(session, "The first programme.")
    entry = last_entry(session)
    assert JournalEntry.objects.count() == entries + 1
    assert (entry.action, entry.reason) == ("publish_programme", "The first programme.")
    assert entry.changes == [{"what": "programme", "before": None, "after": {"version": 1, "sha256": version.sha256}}]
    touched = {name for name, audience in entry.resources if audience == ResourceVersion.PUBLIC}
    assert touched == {"programme", "side-events", "availability"}
    assert Checkpoint.objects.filter(chain=session.chain, number=entry.number).exists()


def test_organisers_are_told_of_time_and_room_and_of_nothing_else(session: MeetingSession) -> None:
    moved, renamed, removed = (accepted(session, code) for code in ("AT", "KE", "BR"))
    for hour, each in zip((9, 11, 13), (moved, renamed, removed), strict=True):
        place(each, at(hour))
    publish(session)
    place(moved, at(15))
    Application.objects.filter(pk=renamed.pk).update(title="Another title")
    unplace(removed)
    publish(session)
    told = [(each.kind, each.audience) for each in causes(session) if each.kind.startswith("side_event")]
    assert sorted(told) == [
        ("side_event_moved", "delegation:AT"),
        ("side_event_placed", "delegation:AT"),
        ("side_event_placed", "delegation:BR"),
        ("side_event_placed", "delegation:KE"),
        ("side_event_removed", "delegation:BR"),
    ]
