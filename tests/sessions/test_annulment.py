"""No redraw: an annulment needs two staff and a reason, and leaves everything public for ever (RULES 3, step 5)."""

from datetime import timedelta

import pytest
import time_machine

from cnd import clock
from cnd.actors import COMMAND, PUBLIC, WORKER, Actor
from cnd.errors import Invalid, NotPermitted, Refused
from sessions.domain.proof import verify
from sessions.models import Drawing, MeetingSession
from sessions.services import draw
from sessions.services.draw import annul, ask_annulment, drop_annulment
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    announce_at,
    announce_now,
    as_focal_point,
    as_officer,
    count_entries,
    draw_now,
    inscribed,
    last_entry,
    ready_session,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WHY = "a delegation stood in the wrong group"


def make_drawn() -> int:
    session = ready_session(7, slots=5)
    return draw_now(announce_at(session, clock.now() + HOUR)).pk


drawn = kept(make_drawn)


@pytest.fixture
def drawing(drawn: int) -> Drawing:
    return Drawing.objects.select_related("debate__session__chain").get(pk=drawn)


@pytest.fixture
def session(drawing: Drawing) -> MeetingSession:
    return drawing.debate.session


def annulled(drawing: Drawing) -> Drawing:
    ask_annulment(drawing=drawing, reason=WHY, actor=as_officer("one"))
    return annul(drawing=drawing, actor=as_officer("two"))


# --- two people -------------------------------------------------------------------------------------------------------


def test_one_asks_and_another_annuls(drawing: Drawing) -> None:
    done = annulled(drawing)
    assert (done.state, done.end_reason, done.ended_at is not None) == ("annulled", WHY, True)


def test_nothing_happens_until_the_second_agrees(drawing: Drawing) -> None:
    ask_annulment(drawing=drawing, reason=WHY, actor=as_officer("one"))
    assert Drawing.objects.get().state == "drawn"


def test_same_person_cannot_be_both(drawing: Drawing) -> None:
    ask_annulment(drawing=drawing, reason=WHY, actor=as_officer("one"))
    with pytest.raises(Refused) as refused:
        annul(drawing=drawing, actor=as_officer("one"))
    assert refused.value.code == "second_person"


def test_nobody_annuls_what_nobody_asked_for(drawing: Drawing) -> None:
    with pytest.raises(Refused) as refused:
        annul(drawing=drawing, actor=as_officer("two"))
    assert refused.value.code == "annulment_not_asked"


def test_command_is_no_person_to_ask(drawing: Drawing) -> None:
    with pytest.raises(Refused) as refused:
        ask_annulment(drawing=drawing, reason=WHY, actor=COMMAND)
    assert refused.value.code == "person_needed"


def test_command_is_no_second_person(drawing: Drawing) -> None:
    ask_annulment(drawing=drawing, reason=WHY, actor=as_officer("one"))
    with pytest.raises(Refused) as refused:
        annul(drawing=drawing, actor=COMMAND)
    assert refused.value.code == "second_person"


@pytest.mark.parametrize("reason", ["", " \n"])
def test_annulment_needs_a_reason(drawing: Drawing, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask_annulment(drawing=drawing, reason=reason, actor=as_officer("one"))
    assert refused.value.code == "reason_missing"


def test_it_is_asked_for_once(drawing: Drawing) -> None:
    ask_annulment(drawing=drawing, reason=WHY, actor=as_officer("one"))
    with pytest.raises(Refused) as refused:
        ask_annulment(drawing=drawing, reason="another", actor=as_officer("two"))
    assert refused.value.code == "already_asked"


def test_request_can_be_taken_back(drawing: Drawing) -> None:
    ask_annulment(drawing=drawing, reason=WHY, actor=as_officer("one"))
    drop_annulment(drawing=drawing, actor=as_officer("one"))
    with pytest.raises(Refused) as refused:
        annul(drawing=drawing, actor=as_officer("two"))
    assert refused.value.code == "annulment_not_asked"


def test_taking_back_what_nobody_asked_for_writes_no_entry(drawing: Drawing, session: MeetingSession) -> None:
    before = count_entries(session)
    drop_annulment(drawing=drawing, actor=as_officer("one"))
    assert count_entries(session) == before


@pytest.mark.parametrize("actor", [PUBLIC, WORKER])
def test_only_staff_ask_and_annul(drawing: Drawing, actor: Actor) -> None:
    with pytest.raises(NotPermitted):
        ask_annulment(drawing=drawing, reason=WHY, actor=actor)
    with pytest.raises(NotPermitted):
        annul(drawing=drawing, actor=actor)


def test_focal_point_cannot_ask(drawing: Drawing, session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        ask_annulment(drawing=drawing, reason=WHY, actor=as_focal_point(session, "AT"))


def test_request_is_told_to_staff_only(drawing: Drawing, session: MeetingSession) -> None:
    ask_annulment(drawing=drawing, reason=WHY, actor=as_officer("one"))
    assert last_entry(session).resources == [["draws/1", "staff"]]


# --- what it leaves ---------------------------------------------------------------------------------------------------


def test_announcement_result_and_proof_stay_as_they_were(drawing: Drawing) -> None:
    before = (drawing.announcement, drawing.bundle, drawing.bundle_sha256, drawing.drawn_at, drawing.lots.count())
    annulled(drawing)
    drawing.refresh_from_db()
    after = (drawing.announcement, drawing.bundle, drawing.bundle_sha256, drawing.drawn_at, drawing.lots.count())
    assert after == before


def test_proof_of_an_annulled_drawing_still_verifies(drawing: Drawing) -> None:
    bundle = annulled(drawing).bundle
    assert verify(bundle, announced=drawing.announcement_sha256).is_complete is True


def test_published_list_stays(drawing: Drawing) -> None:
    version = drawing.list_versions.get().sha256
    annulled(drawing)
    assert drawing.list_versions.get().sha256 == version


def test_slots_are_undrawn_again(drawing: Drawing, session: MeetingSession) -> None:
    annulled(drawing)
    slots = session.debate.slots.all()
    assert {(slot.status, slot.group, slot.delegation, slot.level, slot.place) for slot in slots} == {
        ("undrawn", None, None, "", None)
    }


def test_annulment_is_public_with_its_reason(drawing: Drawing, session: MeetingSession) -> None:
    annulled(drawing)
    entry = last_entry(session)
    assert (entry.action, entry.reason) == ("annul", WHY)
    assert entry.resources == [[name, "public"] for name in ("draws", "draws/1", "slots", "speakers")]


def test_annulling_again_writes_no_entry(drawing: Drawing, session: MeetingSession) -> None:
    annulled(drawing)
    before = count_entries(session)
    assert annul(drawing=drawing, actor=as_officer("two")).state == "annulled"
    assert count_entries(session) == before


def test_annulled_drawing_is_never_drawn_again(drawing: Drawing) -> None:
    annulled(drawing)
    with time_machine.travel(clock.now() + 3 * HOUR):
        assert draw.due_drawings() == []
        assert draw.advance(drawing.pk) is False
        assert draw.settle_and_draw(drawing.pk) is False


def test_announced_one_cannot_be_annulled(drawing: Drawing, session: MeetingSession) -> None:
    annulled(drawing)
    second = announce_now(session)
    with pytest.raises(Refused) as refused:
        ask_annulment(drawing=second, reason=WHY, actor=as_officer("one"))
    assert refused.value.code == "not_drawn"


# --- the next attempt -------------------------------------------------------------------------------------------------


def test_next_announcement_carries_attempt_proof_and_reason(drawing: Drawing, session: MeetingSession) -> None:
    annulled(drawing)
    second = announce_now(session)
    assert (second.announcement["attempt"], second.announcement["previous"]) == (
        2,
        {
            "attempt": 1,
            "announcement_sha256": drawing.announcement_sha256,
            "proof_sha256": drawing.bundle_sha256,
            "reason": WHY,
        },
    )


def test_next_drawing_is_drawn_and_verifies(drawing: Drawing, session: MeetingSession) -> None:
    annulled(drawing)
    second = draw_now(announce_now(session))
    assert verify(second.bundle, announced=second.announcement_sha256).is_complete is True
    held = set(session.debate.slots.filter(status="assigned").values_list("number", "delegation__code"))
    assert second.bundle is not None
    assert held == {(row["number"], row["delegation"]) for row in second.bundle["result"]["slots"] if row["delegation"]}


def test_inscribed_since_is_on_the_next_roster_and_not_late(drawing: Drawing, session: MeetingSession) -> None:
    annulled(drawing)
    inscribed(session, "ZW")
    second = draw_now(announce_now(session))
    assert second.bundle is not None
    assert "ZW" in {row["code"] for row in second.bundle["result"]["lots"]}
    assert second.list_versions.get().content["events"] == []
