from datetime import timedelta

import pytest
import time_machine

from cnd import clock
from cnd.actors import COMMAND
from cnd.errors import Invalid, NotPermitted, Refused
from cnd.versions import Outdated
from logistics.models import Application, Cell, Placement, Placing
from logistics.services.placements import pin_event, place_event
from logistics.services.placing import (
    advance_placing,
    apply_placing,
    cancel_placing,
    due_placings,
    request_placing,
    undo_placing,
)
from sessions.models import MeetingSession
from tests.logistics.accepted import accepted_event
from tests.logistics.placed import at, room
from tests.logistics.test_staff_programme import url
from tests.sessions.scenes import as_focal_point, make_session, officer
from tests.sessions.staff_pages import signed_in, text_of

pytestmark = pytest.mark.django_db

State = Placing.State


@pytest.fixture
def session() -> MeetingSession:
    return make_session()


def placed(session: MeetingSession) -> dict[str, tuple[str | None, object]]:
    rows = Placement.objects.filter(application__kind__session=session).select_related("room", "application__kind")
    return {each.application.reference: (each.room.code if each.room else None, each.starts_at) for each in rows}


def proposed(session: MeetingSession, limit_s: int = 10) -> Placing:
    placing = request_placing(session=session, actor=COMMAND, limit_s=limit_s)
    assert advance_placing(placing.pk)
    placing.refresh_from_db()
    return placing


def test_a_proposal_places_every_event_and_changes_nothing_until_it_is_taken_over(session: MeetingSession) -> None:
    for code in ("AT", "BR", "KE"):
        accepted_event(session, code)

    placing = proposed(session)
    before = placed(session)
    apply_placing(placing=placing, actor=COMMAND)

    assert (placing.state, before) == (State.PROPOSED, {})
    assert sorted(placed(session)) == ["high-level-1", "high-level-2", "high-level-3"]
    assert Cell.objects.filter(resource__startswith="lane:", layer="draft").count() == 3 * 12


def test_events_stand_on_the_days_of_their_kind(session: MeetingSession) -> None:
    accepted_event(session, "AT")
    accepted_event(session, "BR", kind="regular")

    apply_placing(placing=proposed(session), actor=COMMAND)

    days = {each.application.kind.code: each.starts_at.day for each in Placement.objects.all()}
    assert (days["high-level"] in {14, 15}, days["regular"] in range(18, 23)) == (True, True)


def test_what_is_pinned_stays_and_what_is_taken_by_others_is_left_to_them(session: MeetingSession) -> None:
    pinned, other = accepted_event(session, "AT"), accepted_event(session, "BR", attendance=150)
    place_event(application=pinned, room=room(session), starts_at=at(10), actor=COMMAND)
    pin_event(application=pinned, is_pinned=True, actor=COMMAND)

    apply_placing(placing=proposed(session), actor=COMMAND)

    assert placed(session)["high-level-1"] == ("c1", at(10))
    assert placed(session)["high-level-2"][0] == "c1"
    assert other.reference in placed(session)


def test_it_says_what_has_no_place_and_why(session: MeetingSession) -> None:
    accepted_event(session, "AT", attendance=900, title="Too many")
    client = signed_in()

    placing = proposed(session)
    said = text_of(client.get(url("staff-placing", placing.pk)))

    assert "0 of 1 events have a place." in said
    assert "Too many 900 people are expected, the largest room seats 180." in said


def test_taken_back_the_draft_is_as_it_was(session: MeetingSession) -> None:
    event = accepted_event(session, "AT", wished_times=[["2024-03-15T09:00:00.000000Z", "2024-03-15T11:00:00.000000Z"]])
    place_event(application=event, room=room(session), starts_at=at(10), actor=COMMAND)
    accepted_event(session, "BR")
    before = placed(session)
    placing = proposed(session)

    apply_placing(placing=placing, actor=COMMAND)
    during = placed(session)
    undo_placing(placing=placing, actor=COMMAND)

    assert during["high-level-1"] != before["high-level-1"]
    assert placed(session) == before
    apply_placing(placing=placing, actor=COMMAND)
    assert placed(session) == during


def test_a_proposal_for_a_draft_that_was_changed_since_is_refused(session: MeetingSession) -> None:
    event = accepted_event(session)
    placing = proposed(session)
    place_event(application=event, room=room(session, "c2"), starts_at=at(11), actor=COMMAND)

    with pytest.raises(Outdated):
        apply_placing(placing=placing, actor=COMMAND)

    assert placed(session) == {"high-level-1": ("c2", at(11))}


def test_an_event_that_was_withdrawn_since_is_left_out(session: MeetingSession) -> None:
    event = accepted_event(session)
    accepted_event(session, "BR")
    placing = proposed(session)
    Application.objects.filter(pk=event.pk).update(state="withdrawn", place=None)

    apply_placing(placing=placing, actor=COMMAND)

    assert list(placed(session)) == ["high-level-2"]


def test_there_is_one_search_at_a_time_and_asking_again_shows_it(session: MeetingSession) -> None:
    accepted_event(session)

    one, other = (request_placing(session=session, actor=COMMAND) for _ in range(2))

    assert one == other
    assert due_placings() == [one.pk]


def test_a_cancelled_search_ends_without_a_proposal(session: MeetingSession) -> None:
    accepted_event(session)
    placing = request_placing(session=session, actor=COMMAND)

    cancel_placing(placing=placing, actor=COMMAND)

    assert not advance_placing(placing.pk)
    assert Placing.objects.get().state == State.CANCELLED


def test_a_search_whose_worker_died_is_taken_up_again_when_its_lease_is_over(session: MeetingSession) -> None:
    accepted_event(session)
    placing = request_placing(session=session, actor=COMMAND)
    Placing.objects.update(state=State.RUNNING, leased_until=clock.now() + timedelta(seconds=60))

    assert due_placings() == []
    assert not advance_placing(placing.pk)
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert due_placings() == [placing.pk]
        assert advance_placing(placing.pk)


def test_nothing_is_searched_for_without_events_nor_for_a_time_out_of_bounds(session: MeetingSession) -> None:
    with pytest.raises(Refused) as refusal:
        request_placing(session=session, actor=COMMAND)
    with pytest.raises(Invalid):
        request_placing(session=session, actor=COMMAND, limit_s=9_999)

    assert refusal.value.code == "nothing_to_place"


def test_a_delegation_has_nothing_proposed(session: MeetingSession) -> None:
    accepted_event(session)

    with pytest.raises(NotPermitted):
        request_placing(session=session, actor=as_focal_point(session, "AT"))


def test_the_page_follows_a_search_and_takes_the_proposal_over(session: MeetingSession) -> None:
    accepted_event(session)
    client = signed_in(officer())

    begun = client.post(url("staff-placing-request"))
    page = text_of(client.get(begun["Location"]))
    advance_placing(Placing.objects.get().pk)
    part = text_of(client.get(begun["Location"], headers={"HX-Request": "true"}))
    client.post(f"{begun['Location']}apply/")

    assert "Waiting for a worker." in page
    assert "1 of 1 events have a place." in part
    assert list(placed(session)) == ["high-level-1"]
