"""The announcement of a drawing: what it freezes, when it is refused, how it is withdrawn (RULES 3, steps 1 to 3)."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from cnd import clock
from cnd.actors import COMMAND
from cnd.canonical import canonical, sha256_of
from cnd.clock import rfc3339
from cnd.errors import DomainError, Invalid, NotPermitted, Refused
from cnd.models import Checkpoint, JournalEntry
from sessions.domain.proof import check_announcement
from sessions.models import Drawing, MeetingSession
from sessions.services.announcements import NumbersFormat, Sources, announce, withdraw_announcement
from sessions.services.inscriptions import withdraw
from sessions.services.quotas import confirm_quotas, proposed_quotas
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    SEED_ONLY,
    VIENNA,
    as_focal_point,
    correct,
    draw_now,
    inscribe_states,
    inscribed,
    last_entry,
    make_session,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DRAND = Sources()
LOTTERY = NumbersFormat("Lotto 3 aus 45", count=3, minimum=1, maximum=45)


def make_ready() -> int:
    session = make_session()
    inscribe_states(session, 7)
    confirm_quotas(debate=session.debate, quotas=proposed_quotas(session.debate), actor=COMMAND)
    return session.pk


ready = kept(make_ready)


@pytest.fixture
def session(ready: int) -> MeetingSession:
    """Return a session with seven inscribed and the quotas confirmed."""
    return MeetingSession.objects.get(pk=ready)


def announced(session: MeetingSession, sources: Sources = SEED_ONLY, lead: timedelta = HOUR, **more: Any) -> Drawing:
    facts: dict[str, Any] = {"actor": COMMAND, "draw_at": session.chain.now() + lead} | more
    return announce(debate=session.debate, sources=sources, **facts)


def refused(session: MeetingSession, *args: Any, **more: Any) -> str:
    with pytest.raises(DomainError) as error:
        announced(session, *args, **more)
    assert Drawing.objects.exclude(state__in=["withdrawn", "annulled", "drawn"]).count() == 0
    return error.value.code


# --- what is frozen ---------------------------------------------------------------------------------------------------


def test_hash_is_that_of_the_canonical_announcement(session: MeetingSession) -> None:
    drawing = announced(session)
    drawing.refresh_from_db()
    assert drawing.announcement_sha256 == hashlib.sha256(canonical(drawing.announcement)).hexdigest()


def test_announcement_satisfies_the_verifier(session: MeetingSession) -> None:
    check_announcement(announced(session, Sources(numbers=LOTTERY, has_rehearsal_seed=True), 3 * HOUR).announcement)


def test_roster_is_frozen_sorted_by_code_and_without_a_persons_name(session: MeetingSession) -> None:
    inscribed(session, "AT", speaker_name="Ada Lovelace")
    announcement = announced(session).announcement
    codes = [entry["code"] for entry in announcement["roster"]]
    assert codes == sorted(codes)
    assert {frozenset(entry) for entry in announcement["roster"]} == {frozenset({"code", "group", "level"})}
    assert "Lovelace" not in canonical(announcement).decode()


def test_withdrawn_before_is_not_on_the_roster(session: MeetingSession) -> None:
    gone = withdraw(inscription=session.debate.inscriptions.all()[0], actor=COMMAND)
    roster = announced(session).announcement["roster"]
    assert (len(roster), gone.delegation.code in {entry["code"] for entry in roster}) == (6, False)


def test_group_statements_and_others_are_frozen_in_order_of_receipt(session: MeetingSession) -> None:
    for code, statement in (("EU", "other"), ("KE", "group"), ("VA", "other"), ("AT", "group")):
        inscribed(session, code, statement=statement)
    announcement = announced(session).announcement
    assert [entry["delegation"] for entry in announcement["group_statements"]] == ["KE", "AT"]
    assert [(entry["code"], entry["kind"]) for entry in announcement["others"]] == [
        ("EU", "observer_organization"),
        ("VA", "observer_state"),
    ]


def test_rules_are_frozen(session: MeetingSession) -> None:
    announcement = announced(session).announcement
    assert {name: announcement[name] for name in ("algorithm", "interleaving", "ordering", "slots")} == {
        "algorithm": "octo-41/1",
        "interleaving": "sainte-lague/1",
        "ordering": {
            "rule": "over_segment",
            "levels": ["above_ministerial", "ministerial", "below_ministerial"],
            "meetings": [],
        },
        "slots": 114,
    }


def test_slots_of_each_meeting_are_frozen_where_the_order_is_within_meetings(session: MeetingSession) -> None:
    correct(session, "debate.slots_of_meetings", [29, 28, 29, 28])
    correct(session, "debate.ordering", "within_meetings")
    assert announced(session).announcement["ordering"]["meetings"] == [
        {"number": 1, "slots": 29},
        {"number": 2, "slots": 28},
        {"number": 3, "slots": 29},
        {"number": 4, "slots": 28},
    ]


def test_slots_of_meetings_that_do_not_sum_up_are_refused(session: MeetingSession) -> None:
    correct(session, "debate.slots_of_meetings", [29, 28])
    correct(session, "debate.ordering", "within_meetings")
    assert refused(session) == "announcement_contradicts_itself"


def test_both_times_are_frozen(session: MeetingSession) -> None:
    with time_machine.travel(clock.now(), tick=False):
        announcement = announced(session, lead=HOUR).announcement
        now, offset = clock.now(), session.chain.clock_offset
    assert [announcement[name] for name in ("announced_at", "announced_at_session")] == [
        rfc3339(now),
        rfc3339(now + offset),
    ]
    assert [announcement[name] for name in ("draw_at", "draw_at_session")] == [
        rfc3339(now + HOUR),
        rfc3339(now + HOUR + offset),
    ]


def test_shifted_clock_makes_it_a_rehearsal(session: MeetingSession) -> None:
    drawing = announced(session, DRAND, 2 * HOUR)
    assert (drawing.is_rehearsal, drawing.announcement["rehearsal"]) == (True, True)


def test_without_a_moment_it_is_drawn_when_the_rule_book_says(session: MeetingSession) -> None:
    drawing = announce(debate=session.debate, sources=DRAND, actor=COMMAND)
    assert drawing.announcement["draw_at_session"] == rfc3339(datetime(2024, 2, 29, 10, tzinfo=VIENNA))


def test_announcement_takes_a_public_checkpoint(session: MeetingSession) -> None:
    announced(session)
    assert Checkpoint.objects.latest("pk").number == JournalEntry.objects.filter(chain=session.chain).count()


def test_hash_is_public_in_the_journal(session: MeetingSession) -> None:
    drawing = announced(session)
    entry = last_entry(session)
    assert entry.changes == [
        {"what": "draws/1", "before": None, "after": {"announcement_sha256": drawing.announcement_sha256}}
    ]
    assert entry.resources == [["draws", "public"], ["draws/1", "public"]]


# --- when it is refused -----------------------------------------------------------------------------------------------


def test_only_staff_announce(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        announced(session, actor=as_focal_point(session, "AT"))


def test_while_inscriptions_are_open_nothing_is_announced(session: MeetingSession) -> None:
    last_minute = datetime(2024, 2, 26, 17, 59, tzinfo=VIENNA)
    with time_machine.travel(session.chain.to_real(last_minute)):
        assert refused(session, SEED_ONLY, 5 * HOUR) == "window_open"


def test_without_quotas_nothing_is_announced(session: MeetingSession) -> None:
    session.debate.quotas.all().delete()
    assert refused(session) == "quotas_missing"


def test_quotas_of_another_number_of_slots_are_none(session: MeetingSession) -> None:
    correct(session, "debate.slots", 100)
    assert refused(session) == "quotas_missing"


def test_with_no_member_state_inscribed_nothing_is_announced(session: MeetingSession) -> None:
    for inscription in session.debate.inscriptions.all():
        withdraw(inscription=inscription, actor=COMMAND)
    inscribed(session, "EU")
    assert refused(session) == "roster_empty"


def test_one_announcement_is_open_at_a_time(session: MeetingSession) -> None:
    announced(session)
    with pytest.raises(Refused) as error:
        announced(session)
    assert error.value.code == "already_announced"


def test_nothing_is_announced_while_a_result_stands(session: MeetingSession) -> None:
    draw_now(announced(session))
    assert refused(session) == "already_drawn"


@pytest.mark.parametrize("state", ["announced", "drawn"])
def test_database_too_keeps_a_second_one_out(session: MeetingSession, state: str) -> None:
    facts = {
        "is_rehearsal": True,
        "announcement": {},
        "announced_at": NOW,
        "draw_at": NOW,
        "seals_at": NOW + HOUR,
        "state": state,
    } | ({"drawn_at": NOW, "bundle": {}} if state == "drawn" else {})
    Drawing.objects.create(debate=session.debate, attempt=1, **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Drawing.objects.create(debate=session.debate, attempt=2, **facts)


# --- withdrawal -------------------------------------------------------------------------------------------------------


def test_before_sealing_it_is_withdrawn_with_a_public_reason(session: MeetingSession) -> None:
    drawing = withdraw_announcement(drawing=announced(session), reason="a name was missing", actor=COMMAND)
    assert (drawing.state, drawing.end_reason, drawing.ended_at is not None) == (
        "withdrawn",
        "a name was missing",
        True,
    )
    assert last_entry(session).resources == [["draws", "public"], ["draws/1", "public"]]


@pytest.mark.parametrize("reason", ["", "  "])
def test_withdrawal_needs_a_reason(session: MeetingSession, reason: str) -> None:
    drawing = announced(session)
    with pytest.raises(Invalid):
        withdraw_announcement(drawing=drawing, reason=reason, actor=COMMAND)


def test_withdrawing_again_changes_nothing(session: MeetingSession) -> None:
    drawing = withdraw_announcement(drawing=announced(session), reason="a mistake", actor=COMMAND)
    again = withdraw_announcement(drawing=drawing, reason="another", actor=COMMAND)
    assert (again.end_reason, last_entry(session).reason) == ("a mistake", "a mistake")


@pytest.mark.parametrize(("before", "is_possible"), [(timedelta(microseconds=1), True), (timedelta(0), False)])
def test_from_sealing_on_it_can_no_longer_be_withdrawn(
    session: MeetingSession, before: timedelta, is_possible: bool
) -> None:
    drawing = announced(session)
    with time_machine.travel(drawing.seals_at - before, tick=False):
        if is_possible:
            assert withdraw_announcement(drawing=drawing, reason="late", actor=COMMAND).state == "withdrawn"
        else:
            with pytest.raises(Refused) as error:
                withdraw_announcement(drawing=drawing, reason="late", actor=COMMAND)
            assert error.value.code == "sealed"


def test_only_staff_withdraw(session: MeetingSession) -> None:
    drawing = announced(session)
    with pytest.raises(NotPermitted):
        withdraw_announcement(drawing=drawing, reason="no", actor=as_focal_point(session, "AT"))


def test_drawn_one_cannot_be_withdrawn(session: MeetingSession) -> None:
    drawing = draw_now(announced(session))
    with pytest.raises(Refused):
        withdraw_announcement(drawing=drawing, reason="we dislike it", actor=COMMAND)


def test_next_attempt_names_the_withdrawn_one_and_why(session: MeetingSession) -> None:
    first = withdraw_announcement(drawing=announced(session), reason="a name was missing", actor=COMMAND)
    second = announced(session)
    assert (second.attempt, second.announcement["attempt"]) == (2, 2)
    assert second.announcement["previous"] == {
        "attempt": 1,
        "announcement_sha256": first.announcement_sha256,
        "proof_sha256": None,
        "reason": "a name was missing",
    }


def test_withdrawn_announcement_stays_as_it_was(session: MeetingSession) -> None:
    drawing = announced(session)
    announcement = drawing.announcement
    withdraw_announcement(drawing=drawing, reason="a mistake", actor=COMMAND)
    announced(session)
    drawing.refresh_from_db()
    assert (drawing.announcement, sha256_of(drawing.announcement)) == (announcement, drawing.announcement_sha256)


def test_seed_of_a_withdrawn_one_is_never_drawn_with(session: MeetingSession) -> None:
    drawing = withdraw_announcement(drawing=announced(session), reason="a mistake", actor=COMMAND)
    with time_machine.travel(drawing.draw_at + HOUR):
        assert list(Drawing.objects.claimable(clock.now())) == []
