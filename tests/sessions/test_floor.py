"""The list while it is spoken through: every event a version, every version recomputable by anyone (RULES 2)."""

import pytest

from cnd import clock, journal
from cnd.actors import COMMAND
from cnd.canonical import sha256_of
from cnd.errors import NotPermitted, Refused
from cnd.models import Checkpoint
from sessions.domain.speakers import replay
from sessions.models import Delegation, Drawing, Inscription, ListEvent, MeetingSession, Slot
from sessions.services.draw import annul, ask_annulment
from sessions.services.floor import fill_vacancies, record_absent, record_exchange, record_spoken
from sessions.services.inscriptions import change_level, undo_withdrawal, withdraw
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    announce_at,
    announce_now,
    as_focal_point,
    as_officer,
    draw_now,
    inscribed,
    last_entry,
    published,
    ready_session,
    state,
)
from tests.sessions.test_draw import HOUR

pytestmark = pytest.mark.django_db


def make_drawn() -> int:
    """Draw 7 slots among 9 States; on the list are a group's statement and an observer's too."""
    session = ready_session(9, slots=7)
    inscribed(session, "AT", statement="group")
    inscribed(session, "VA", statement="other")
    return draw_now(announce_at(session, clock.now() + HOUR)).pk


drawn = kept(make_drawn)


@pytest.fixture
def drawing(drawn: int) -> Drawing:
    return Drawing.objects.select_related("debate__session__chain").get(pk=drawn)


@pytest.fixture
def session(drawing: Drawing) -> MeetingSession:
    return drawing.debate.session


def order(drawing: Drawing) -> list[tuple[str, str]]:
    return [(row["statement"], row["delegation"]) for row in published(drawing)["speakers"]]


def spoken(session: MeetingSession, statement: str, code: str) -> None:
    record_spoken(debate=session.debate, delegation=state(session, code), statement=statement, actor=COMMAND)


def absent(session: MeetingSession, statement: str, code: str) -> None:
    record_absent(debate=session.debate, delegation=state(session, code), statement=statement, actor=COMMAND)


def two_of_one_level(drawing: Drawing) -> tuple[str, str]:
    rows = [row for row in published(drawing)["speakers"] if row["slot"]]
    level = next(each for each in {row["level"] for row in rows} if len([r for r in rows if r["level"] == each]) > 1)
    first, second = [row["delegation"] for row in rows if row["level"] == level][:2]
    return first, second


def own(session: MeetingSession, code: str) -> Inscription:
    return session.debate.inscriptions.get(delegation__code=code, statement="national")


# --- versions ---------------------------------------------------------------------------------------------------------


def test_every_event_publishes_the_next_version(session: MeetingSession, drawing: Drawing) -> None:
    for statement, code in order(drawing)[:3]:
        spoken(session, statement, code)
    versions = drawing.list_versions.order_by("number")
    assert [version.number for version in versions] == [1, 2, 3, 4]
    assert [len(version.content["events"]) for version in versions] == [0, 1, 2, 3]


def test_former_versions_stay_as_they_were(session: MeetingSession, drawing: Drawing) -> None:
    first = drawing.list_versions.get()
    spoken(session, *order(drawing)[0])
    kept_version = drawing.list_versions.get(number=1)
    assert (kept_version.content, kept_version.sha256) == (first.content, sha256_of(first.content))


def test_anyone_recomputes_a_version_from_proof_and_events(session: MeetingSession, drawing: Drawing) -> None:
    absent(session, *order(drawing)[0])
    one, other = two_of_one_level(drawing)
    record_exchange(debate=session.debate, one=state(session, one), other=state(session, other), actor=COMMAND)
    inscribed(session, "ZW")
    withdraw(inscription=own(session, one), actor=COMMAND)
    fill_vacancies(debate=session.debate, actor=COMMAND)

    content = published(drawing)
    assert drawing.bundle is not None
    again = replay(drawing.bundle["announcement"], drawing.bundle["result"], content["events"])
    assert (again.rows(), again.waiting_rows()) == (content["speakers"], content["waiting"])


def test_version_is_public_with_a_checkpoint(session: MeetingSession, drawing: Drawing) -> None:
    spoken(session, *order(drawing)[0])
    entry = last_entry(session)
    assert entry.resources == [[name, "public"] for name in ("draws/1", "speakers")]
    assert Checkpoint.objects.filter(chain=session.chain).latest("pk").number == entry.number


def test_events_are_numbered_in_order_of_receipt(session: MeetingSession, drawing: Drawing) -> None:
    for statement, code in order(drawing)[:3]:
        spoken(session, statement, code)
    assert [event["number"] for event in published(drawing)["events"]] == [1, 2, 3]


def test_journal_verifies_after_a_whole_list(session: MeetingSession, drawing: Drawing) -> None:
    for statement, code in order(drawing):
        spoken(session, statement, code)
    assert journal.verify(session.chain) == last_entry(session).number


# --- spoken, absent, exchanged ----------------------------------------------------------------------------------------


def test_whoever_has_spoken_is_marked_on_list_and_slot(session: MeetingSession, drawing: Drawing) -> None:
    national = [pair for pair in order(drawing) if pair[0] != "other"][:2]
    for statement, code in national:
        spoken(session, statement, code)
    _, code = national[1]
    assert Slot.objects.get(delegation__code=code).status == Slot.Status.SPOKEN
    assert [row["spoken"] for row in published(drawing)["speakers"]][:3] == [True, True, False]


def test_nobody_speaks_before_their_turn(session: MeetingSession, drawing: Drawing) -> None:
    with pytest.raises(Refused) as refused:
        spoken(session, *order(drawing)[1])
    code = order(drawing)[1][1]
    assert str(refused.value) == f"This is not possible now: {code} is not next on the list."


def test_refused_event_leaves_nothing(session: MeetingSession, drawing: Drawing) -> None:
    before = (ListEvent.objects.count(), drawing.list_versions.count(), last_entry(session).number)
    with pytest.raises(Refused):
        spoken(session, *order(drawing)[1])
    assert (ListEvent.objects.count(), drawing.list_versions.count(), last_entry(session).number) == before


def test_absent_leaves_the_place_and_keeps_the_slot(session: MeetingSession, drawing: Drawing) -> None:
    spoken(session, *order(drawing)[0])
    _, code = order(drawing)[1]
    slot = Slot.objects.get(delegation__code=code)
    absent(session, "national", code)
    moved = Slot.objects.get(delegation__code=code)
    assert moved.number == slot.number
    assert order(drawing).index(("national", code)) == moved.place - 1  # type: ignore[operator]


def test_exchange_changes_places_and_leaves_slots(session: MeetingSession, drawing: Drawing) -> None:
    one, other = two_of_one_level(drawing)
    before = {slot.delegation_id: (slot.number, slot.place) for slot in Slot.objects.filter(delegation__isnull=False)}
    record_exchange(debate=session.debate, one=state(session, one), other=state(session, other), actor=as_officer())
    first, second = (Slot.objects.get(delegation__code=code) for code in (one, other))
    assert (first.number, second.number) == (before[first.delegation_id][0], before[second.delegation_id][0])
    assert (first.place, second.place) == (before[second.delegation_id][1], before[first.delegation_id][1])


def test_only_staff_record(session: MeetingSession, drawing: Drawing) -> None:
    statement, code = order(drawing)[0]
    actor = as_focal_point(session, code)
    delegation = Delegation.objects.get(session=session, code=code)
    for record in (record_spoken, record_absent):
        with pytest.raises(NotPermitted):
            record(debate=session.debate, delegation=delegation, statement=statement, actor=actor)
    with pytest.raises(NotPermitted):
        fill_vacancies(debate=session.debate, actor=actor)


# --- withdrawals, vacancies, late ones --------------------------------------------------------------------------------


def test_vacated_slot_is_the_next_ones_in_the_same_transaction(session: MeetingSession, drawing: Drawing) -> None:
    waiting = {row["group"]: row["delegations"] for row in published(drawing)["waiting"] if row["delegations"]}
    group, codes = next(iter(waiting.items()))
    slot = Slot.objects.filter(group__code=group, status=Slot.Status.ASSIGNED).order_by("number")[0]
    assert slot.delegation is not None
    withdraw(inscription=own(session, slot.delegation.code), actor=COMMAND)
    slot.refresh_from_db()
    assert slot.delegation.code == codes[0]


def slot_facts(number: int) -> tuple[str, str | None, str | None]:
    return Slot.objects.values_list("status", "delegation__code", "group__code").get(number=number)


def test_slot_with_nobody_waiting_is_vacant_until_staff_start_the_filling(
    session: MeetingSession, drawing: Drawing
) -> None:
    waiting = {row["group"]: row["delegations"] for row in published(drawing)["waiting"]}
    group = next(code for code, codes in waiting.items() if not codes)
    slot = Slot.objects.filter(group__code=group, status=Slot.Status.ASSIGNED).order_by("number")[0]
    assert slot.delegation is not None
    withdraw(inscription=own(session, slot.delegation.code), actor=COMMAND)
    assert slot_facts(slot.number) == ("vacant", None, group)

    fill_vacancies(debate=session.debate, actor=as_officer())

    assert drawing.bundle is not None
    queued = {code for codes in waiting.values() for code in codes}
    first_waiting = next(row["code"] for row in drawing.bundle["result"]["lots"] if row["code"] in queued)
    assert slot_facts(slot.number) == ("assigned", first_waiting, group)


def test_whoever_has_spoken_can_no_longer_withdraw(session: MeetingSession, drawing: Drawing) -> None:
    spoken(session, *order(drawing)[0])
    statement, code = order(drawing)[1]
    spoken(session, statement, code)
    with pytest.raises(Refused) as refused:
        withdraw(inscription=own(session, code), actor=COMMAND)
    assert refused.value.code == "event_does_not_fit"
    assert own(session, code).withdrawn_at is None


def test_withdrawal_after_the_draw_cannot_be_taken_back(session: MeetingSession, drawing: Drawing) -> None:
    code = order(drawing)[-2][1]
    inscription = withdraw(inscription=own(session, code), actor=COMMAND)
    with pytest.raises(Refused) as refused:
        undo_withdrawal(inscription=inscription, actor=COMMAND)
    assert refused.value.code == "too_late_to_undo"


def test_one_who_withdrew_after_the_draw_comes_back_as_late(session: MeetingSession, drawing: Drawing) -> None:
    _, code = two_of_one_level(drawing)
    withdraw(inscription=own(session, code), actor=COMMAND)
    inscribed(session, code)
    group = state(session, code).group
    assert group is not None
    waiting = next(row["delegations"] for row in published(drawing)["waiting"] if row["group"] == group.code)
    assert waiting[-1] == code


def test_late_observer_comes_to_stand_among_the_others(session: MeetingSession, drawing: Drawing) -> None:
    inscribed(session, "EU")
    assert order(drawing)[-2:] == [("other", "VA"), ("other", "EU")]


def test_changed_level_shows_on_the_slot(session: MeetingSession, drawing: Drawing) -> None:
    slot = Slot.objects.filter(status=Slot.Status.ASSIGNED).exclude(level="above_ministerial")[0]
    assert slot.delegation is not None
    change_level(inscription=own(session, slot.delegation.code), level="above_ministerial", actor=COMMAND)
    slot.refresh_from_db()
    assert slot.level == "above_ministerial"


# --- without a list ---------------------------------------------------------------------------------------------------


@pytest.fixture
def annulled(drawing: Drawing) -> Drawing:
    ask_annulment(drawing=drawing, reason="test", actor=as_officer("one"))
    return annul(drawing=drawing, actor=as_officer("two"))


@pytest.mark.parametrize("is_announced", [False, True])
def test_without_a_list_nothing_is_recorded(session: MeetingSession, annulled: Drawing, is_announced: bool) -> None:
    if is_announced:
        announce_now(session)
    with pytest.raises(Refused) as refused:
        spoken(session, *order(annulled)[0])
    assert refused.value.code == "not_drawn"
