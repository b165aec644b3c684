"""The drawing: drawn as soon as the values are in, with everything that follows from it (RULES 3, steps 3 to 6)."""

from datetime import timedelta

import pytest
import time_machine

from cnd import clock, journal
from cnd.actors import COMMAND
from cnd.canonical import sha256_of
from cnd.errors import Refused
from cnd.models import Checkpoint
from sessions.domain.proof import verify
from sessions.domain.result import result_of
from sessions.models import Drawing, ListEvent, MeetingSession, RegionalGroup, Slot
from sessions.services import draw
from sessions.services.inscriptions import change_level, undo_withdrawal, withdraw
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    announce_at,
    correct,
    count_entries,
    draw_now,
    inscribed,
    last_entry,
    published,
    ready_session,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def make_announced() -> int:
    session = ready_session(9, slots=7)
    for code, statement in (("AT", "group"), ("EU", "other"), ("VA", "other")):
        inscribed(session, code, statement=statement)
    return announce_at(session, clock.now() + HOUR).pk


announced = kept(make_announced)


@pytest.fixture
def drawing(announced: int) -> Drawing:
    """Return an announced drawing of seven slots among nine States."""
    return Drawing.objects.select_related("debate__session__chain").get(pk=announced)


@pytest.fixture
def session(drawing: Drawing) -> MeetingSession:
    return drawing.debate.session


def national(drawing: Drawing) -> list[str]:
    return [row["delegation"] for row in published(drawing)["speakers"] if row["statement"] == "national"]


# --- when -------------------------------------------------------------------------------------------------------------


def test_before_its_moment_nothing_is_drawn(drawing: Drawing) -> None:
    with time_machine.travel(drawing.seals_at - timedelta(microseconds=1), tick=False):
        assert draw.due_drawings() == []
        assert draw.advance(drawing.pk) is False
        assert draw.settle_and_draw(drawing.pk) is False
    assert Drawing.objects.get().state == "announced"


def test_at_its_very_moment_it_is_due_and_drawn(drawing: Drawing) -> None:
    with time_machine.travel(drawing.seals_at, tick=False):
        assert draw.due_drawings() == [drawing.pk]
        assert draw.advance(drawing.pk) is True
    assert Drawing.objects.get().drawn_at == drawing.seals_at


def test_drawing_in_somebodys_hands_is_not_due(drawing: Drawing) -> None:
    with time_machine.travel(drawing.seals_at, tick=False):
        assert draw.claim(drawing.pk) is True
        assert (draw.claim(drawing.pk), draw.due_drawings()) == (False, [])


def test_drawing_in_the_hands_of_one_who_died_is_due_again_after_the_lease(drawing: Drawing) -> None:
    with time_machine.travel(drawing.seals_at, tick=False):
        draw.claim(drawing.pk)
    with time_machine.travel(drawing.seals_at + timedelta(seconds=60), tick=False):
        assert draw.due_drawings() == [drawing.pk]


def test_drawn_again_changes_nothing(drawing: Drawing, session: MeetingSession) -> None:
    draw_now(drawing)
    before = (count_entries(session), drawing.bundle_sha256)
    with time_machine.travel(drawing.seals_at + HOUR, tick=False):
        assert draw.advance(drawing.pk) is True
        assert draw.settle_and_draw(drawing.pk) is True
    drawing.refresh_from_db()
    assert (count_entries(session), drawing.bundle_sha256) == before


# --- what follows -----------------------------------------------------------------------------------------------------


def test_bundle_verifies_against_the_announced_hash(drawing: Drawing) -> None:
    circulated = drawing.announcement_sha256
    assert verify(draw_now(drawing).bundle, announced=circulated).is_complete is True


def test_bundle_holds_the_announcement_unchanged(drawing: Drawing) -> None:
    announcement = drawing.announcement
    bundle = draw_now(drawing).bundle
    assert bundle is not None
    assert (bundle["announcement"], bundle["announcement_sha256"]) == (announcement, drawing.announcement_sha256)


def test_value_of_the_seed_is_what_was_committed_to(drawing: Drawing) -> None:
    secret = drawing.sources.get().secret
    bundle = draw_now(drawing).bundle
    assert bundle is not None
    assert bundle["values"] == [{"kind": "rehearsal_seed", "seed": secret, "substituted": False}]


def test_rehearsal_says_so_in_announcement_proof_and_list(drawing: Drawing) -> None:
    draw_now(drawing)
    assert drawing.bundle is not None
    assert [drawing.announcement["rehearsal"], drawing.bundle["rehearsal"], published(drawing)["rehearsal"]] == [
        True,
        True,
        True,
    ]


def test_lots_are_those_of_the_bundle(drawing: Drawing) -> None:
    draw_now(drawing)
    assert drawing.bundle is not None
    lots = drawing.lots.values_list("rank", "delegation__code", "group__code", "group_rank", "lot")
    assert list(lots) == [
        (row["rank"], row["code"], row["group"], row["group_rank"], row["lot"])
        for row in drawing.bundle["result"]["lots"]
    ]


def test_slots_are_those_of_the_bundle(drawing: Drawing, session: MeetingSession) -> None:
    draw_now(drawing)
    assert drawing.bundle is not None
    slots = session.debate.slots.order_by("number").values_list("number", "group__code", "delegation__code")
    assert list(slots) == [
        (row["number"], row["group"], row["delegation"]) for row in drawing.bundle["result"]["slots"]
    ]


def test_slot_says_level_place_and_status_of_its_holder(drawing: Drawing, session: MeetingSession) -> None:
    draw_now(drawing)
    rows = {row["slot"]: row for row in published(drawing)["speakers"] if row["slot"]}
    held = session.debate.slots.filter(delegation__isnull=False)
    assert {slot.number: (slot.level, slot.place, slot.status) for slot in held} == {
        number: (row["level"], row["place"], "assigned") for number, row in rows.items()
    }


def test_slot_whose_group_has_nobody_left_is_vacant(session: MeetingSession, drawing: Drawing) -> None:
    for inscription in session.debate.inscriptions.national().filter(group__code="western_european_others"):
        withdraw(inscription=inscription, actor=COMMAND)
    draw_now(drawing)
    left = session.debate.slots.filter(group__code="western_european_others")
    assert {(slot.status, slot.delegation, slot.level) for slot in left} == {(Slot.Status.VACANT, None, "")}


def test_first_list_is_that_of_the_bundle(drawing: Drawing) -> None:
    draw_now(drawing)
    assert drawing.bundle is not None
    content = published(drawing)
    assert [row | {"spoken": False} for row in drawing.bundle["result"]["speakers"]] == content["speakers"]
    assert content["waiting"] == drawing.bundle["result"]["waiting"]
    assert (content["version"], content["events"]) == (1, [])


def test_published_list_names_its_proof_and_carries_its_own_hash(drawing: Drawing) -> None:
    draw_now(drawing)
    version = drawing.list_versions.get()
    assert version.content["proof_sha256"] == drawing.bundle_sha256
    assert version.sha256 == sha256_of(version.content)


def test_draw_is_one_public_entry_with_a_checkpoint(drawing: Drawing, session: MeetingSession) -> None:
    before = count_entries(session)
    draw_now(drawing)
    entry = last_entry(session)
    public = ["draws", "draws/1", "slots", "speakers"]
    assert (count_entries(session) - before, entry.action, entry.actor) == (1, "draw", "worker")
    assert entry.resources == [[name, "public"] for name in public]
    assert Checkpoint.objects.filter(chain=session.chain).latest("pk").number == entry.number
    assert journal.verify(session.chain) == entry.number


# --- what was pending -------------------------------------------------------------------------------------------------


def test_withdrawal_that_was_pending_is_the_lists_first_event(drawing: Drawing, session: MeetingSession) -> None:
    inscription = session.debate.inscriptions.national()[0]
    code = inscription.delegation.code
    withdraw(inscription=inscription, actor=COMMAND)
    draw_now(drawing)
    content = published(drawing)
    assert (content["version"], [event["kind"] for event in content["events"]]) == (1, ["withdrawn"])
    assert code not in national(drawing)
    assert drawing.bundle is not None
    assert code in [row["code"] for row in drawing.bundle["result"]["lots"]]


def test_slot_of_one_who_withdrew_is_already_the_next_ones(drawing: Drawing, session: MeetingSession) -> None:
    with time_machine.travel(drawing.seals_at, tick=False):
        seed = {"kind": "rehearsal_seed", "seed": drawing.sources.get().secret, "substituted": False}
        foreseen = result_of(drawing.announcement, [seed])
    waiting = next(row for row in foreseen["waiting"] if row["delegations"])
    slot = next(row for row in foreseen["slots"] if row["group"] == waiting["group"])
    inscription = session.debate.inscriptions.national().get(delegation__code=slot["delegation"])
    withdraw(inscription=inscription, actor=COMMAND)

    draw_now(drawing)

    holder = session.debate.slots.get(number=slot["number"]).delegation
    assert holder is not None
    assert holder.code == waiting["delegations"][0]


def test_change_of_level_that_was_pending_is_applied(drawing: Drawing, session: MeetingSession) -> None:
    inscription = session.debate.inscriptions.national().filter(level="below_ministerial")[0]
    change_level(inscription=inscription, level="above_ministerial", actor=COMMAND)
    draw_now(drawing)
    rows = {row["delegation"]: row["level"] for row in published(drawing)["speakers"] if row["slot"]}
    waiting = [code for row in published(drawing)["waiting"] for code in row["delegations"]]
    code = inscription.delegation.code
    assert rows.get(code, "above_ministerial") == "above_ministerial"
    assert (code in rows) != (code in waiting)


def test_late_inscriptions_wait_behind_their_group_in_order_of_receipt(
    drawing: Drawing, session: MeetingSession
) -> None:
    for code in ("ZW", "ZM"):
        inscribed(session, code)
    draw_now(drawing)
    african = next(row["delegations"] for row in published(drawing)["waiting"] if row["group"] == "african")
    assert african[-2:] == ["ZW", "ZM"]
    assert drawing.bundle is not None
    assert {"ZW", "ZM"} & {row["code"] for row in drawing.bundle["result"]["lots"]} == set()


def test_withdrawal_taken_back_in_time_is_not_applied(drawing: Drawing, session: MeetingSession) -> None:
    inscription = withdraw(inscription=session.debate.inscriptions.national()[0], actor=COMMAND)
    undo_withdrawal(inscription=inscription, actor=COMMAND)
    draw_now(drawing)
    assert drawing.bundle is not None
    assert published(drawing)["events"] == []
    assert published(drawing)["waiting"] == drawing.bundle["result"]["waiting"]


def test_events_keep_the_order_of_receipt(drawing: Drawing, session: MeetingSession) -> None:
    first, second = session.debate.inscriptions.national()[:2]
    withdraw(inscription=second, actor=COMMAND)
    inscribed(session, "ZW")
    withdraw(inscription=first, actor=COMMAND)
    draw_now(drawing)
    events = published(drawing)["events"]
    codes = [second.delegation.code, "ZW", first.delegation.code]
    assert [(event["number"], event["delegation"]) for event in events] == list(enumerate(codes, start=1))


def test_event_that_can_never_apply_does_not_stop_the_draw(drawing: Drawing) -> None:
    impossible = {"delegation": "XX", "statement": "national"}
    ListEvent.objects.create(
        drawing=drawing, number=1, kind="withdrawn", facts=impossible, at=clock.now(), session_at=clock.now()
    )
    draw_now(drawing)
    assert (drawing.state, published(drawing)["events"]) == ("drawn", [])
    assert ListEvent.objects.get().cancelled_at is not None


def test_late_delegation_of_a_group_that_came_later_does_not_stop_the_draw(
    drawing: Drawing, session: MeetingSession
) -> None:
    group = RegionalGroup.objects.create(session=session, code="martian", names={"en": "Mars"})
    session.delegations.create(code="MX1", kind="member_state", group=group, names={"en": "Olympus"})
    inscribed(session, "MX1")
    assert draw_now(drawing).state == "drawn"


# --- the seed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "rehearsal-of-somebody-else"])
def test_lost_seed_is_replaced_by_its_commitment_after_the_deadline(drawing: Drawing, secret: str) -> None:
    drawing.sources.update(secret=secret)
    source = drawing.sources.get()
    with time_machine.travel(source.deadline - timedelta(microseconds=1), tick=False):
        assert draw.advance(drawing.pk) is False
    with time_machine.travel(source.deadline + HOUR, tick=False):
        assert draw.advance(drawing.pk) is True
    drawing.refresh_from_db()
    assert verify(drawing.bundle, announced=drawing.announcement_sha256).unchecked == [
        "sources/0: the seed was lost; its announced SHA-256 was used"
    ]


def test_rules_of_the_drawing_stand_fast_while_it_is_announced(session: MeetingSession) -> None:
    with pytest.raises(Refused) as refused:
        correct(session, "debate.slots", 8)
    assert refused.value.code == "drawing_open"
