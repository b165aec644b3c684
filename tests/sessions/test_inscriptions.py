"""Inscriptions: who may enter whom and when, receipts, levels, speakers, withdrawals (RULES 2; DESIGN)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from cnd import clock, journal
from cnd.actors import COMMAND, PUBLIC, actor_for
from cnd.errors import Invalid, NotFound, NotPermitted, Refused
from cnd.models import ResourceVersion
from sessions.models import Inscription, MeetingSession, RegionalGroup
from sessions.services.inscriptions import change_level, edit_speaker, inscribe, undo_withdrawal, withdraw
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    DAY_OF_QUOTAS,
    VIENNA,
    as_focal_point,
    as_officer,
    count_entries,
    focal_point,
    inscribed,
    last_entry,
    make_session,
    state,
)

pytestmark = pytest.mark.django_db

OPENS = datetime(2024, 1, 15, 10, tzinfo=VIENNA)
CLOSES = datetime(2024, 2, 26, 18, tzinfo=VIENNA)
M = "ministerial"


loaded = kept(lambda: make_session(datetime(2024, 2, 1, 9, tzinfo=VIENNA)).pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    """Return a session in the middle of its window."""
    return MeetingSession.objects.get(pk=loaded)


@pytest.fixture
def closed(session: MeetingSession) -> Iterator[MeetingSession]:
    """Have the day on which the window is closed and the quotas are confirmed."""
    with time_machine.travel(session.chain.to_real(DAY_OF_QUOTAS)):
        yield session


def own(session: MeetingSession, code: str = "AT", **more: Any) -> Inscription:
    """Inscribe a delegation as its own focal point does."""
    facts = {"level": M} | more
    return inscribe(
        debate=session.debate, delegation=state(session, code), actor=as_focal_point(session, code), **facts
    )


# --- who and when -----------------------------------------------------------------------------------------------------


def test_focal_point_inscribes_its_own_delegation(session: MeetingSession) -> None:
    inscription = own(session)
    assert (inscription.delegation.code, inscription.statement, inscription.level) == ("AT", "national", M)


def test_focal_point_cannot_inscribe_another_delegation(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted) as refused:
        inscribe(debate=session.debate, delegation=state(session, "BR"), level=M, actor=as_focal_point(session, "AT"))
    assert refused.value.code == "not_your_delegation"


def test_nobody_inscribes_without_sign_in(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        inscribe(debate=session.debate, delegation=state(session, "BR"), level=M, actor=PUBLIC)


def test_focal_point_whose_account_was_closed_cannot_inscribe(session: MeetingSession) -> None:
    user = focal_point(session, "AT")
    user.is_active = False
    user.save()
    with pytest.raises(NotPermitted):
        inscribe(debate=session.debate, delegation=state(session, "AT"), level=M, actor=actor_for(user))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (OPENS - timedelta(microseconds=1), False),
        (OPENS, True),
        (CLOSES - timedelta(microseconds=1), True),
        (CLOSES, False),
    ],
)
def test_window_is_half_open_and_judged_by_session_time(
    session: MeetingSession, moment: datetime, is_open: bool
) -> None:
    with time_machine.travel(session.chain.to_real(moment), tick=False):
        if is_open:
            assert own(session).receipt_at == moment
        else:
            with pytest.raises(Refused) as refused:
                own(session)
            assert refused.value.code == "window_closed"


def test_staff_inscribe_after_the_window_with_a_reason(closed: MeetingSession) -> None:
    austria = state(closed, "AT")
    inscribe(debate=closed.debate, delegation=austria, level=M, actor=as_officer(), reason="came by post")
    assert last_entry(closed).reason == "came by post"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_staff_need_a_reason_after_the_window(closed: MeetingSession, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        inscribe(debate=closed.debate, delegation=state(closed, "AT"), level=M, actor=as_officer(), reason=reason)
    assert list(refused.value.fields) == ["reason"]


def test_delegation_of_another_session_is_refused(session: MeetingSession) -> None:
    other = MeetingSession.objects.create(code="other", chain=session.chain.__class__.objects.create(code="other"))
    delegation = state(session, "VA")
    delegation.pk, delegation.session = None, other
    delegation.save()
    with pytest.raises(NotFound):
        inscribe(debate=session.debate, delegation=delegation, level=M, actor=COMMAND)


# --- which statement --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "statement", "has_group"), [("AT", "national", True), ("VA", "other", False), ("EU", "other", False)]
)
def test_own_statement_follows_from_the_kind_of_participant(
    session: MeetingSession, code: str, statement: str, has_group: bool
) -> None:
    inscription = inscribed(session, code)
    assert (inscription.statement, inscription.group is not None) == (statement, has_group)


@pytest.mark.parametrize(("code", "statement"), [("VA", "national"), ("VA", "group"), ("AT", "other"), ("AT", "sung")])
def test_statement_that_is_not_theirs_is_refused(session: MeetingSession, code: str, statement: str) -> None:
    with pytest.raises(Invalid) as refused:
        inscribed(session, code, statement=statement)
    assert refused.value.code == "statement_unfit"


@pytest.mark.parametrize("level", ["", "Ministerial", "royal"])
def test_unknown_level_is_refused(session: MeetingSession, level: str) -> None:
    with pytest.raises(Invalid) as refused:
        inscribed(session, "AT", level)
    assert refused.value.code == "level_unknown"


def test_delegation_is_inscribed_once(session: MeetingSession) -> None:
    first = inscribed(session, "AT")
    with pytest.raises(Refused) as refused:
        inscribed(session, "AT", "below_ministerial")
    assert refused.value.code == "already_inscribed"
    assert str(refused.value) == f"Austria is already inscribed, under receipt {first.receipt_number}."


def test_database_too_keeps_a_delegation_from_being_inscribed_twice(session: MeetingSession) -> None:
    inscription = inscribed(session, "AT")
    inscription.pk, inscription.receipt_number = None, 99
    with pytest.raises(IntegrityError), transaction.atomic():
        inscription.save()


def test_groups_statement_is_a_second_inscription_of_the_chairs_delegation(session: MeetingSession) -> None:
    inscribed(session, "AT")
    inscribed(session, "AT", statement="group")
    statements = session.debate.inscriptions.values_list("statement", "group__code")
    assert list(statements) == [("national", "western_european_others"), ("group", "western_european_others")]


def test_first_delegation_that_staff_enter_for_a_group_is_recorded_as_its_chair(session: MeetingSession) -> None:
    inscribed(session, "AT", statement="group")
    assert RegionalGroup.objects.get(code="western_european_others").chair == state(session, "AT")


def test_another_delegation_cannot_speak_for_the_group(session: MeetingSession) -> None:
    inscribed(session, "AT", statement="group")
    with pytest.raises(Refused):
        inscribed(session, "FR", statement="group")


def test_focal_point_cannot_make_its_delegation_the_chair(session: MeetingSession) -> None:
    with pytest.raises(Refused) as refused:
        own(session, "AT", statement="group")
    assert refused.value.code == "not_the_chair"


def test_who_does_not_chair_the_group_learns_nothing_of_its_statement(session: MeetingSession) -> None:
    inscribed(session, "AT", statement="group")
    with pytest.raises(Refused) as refused:
        own(session, "FR", statement="group")
    assert (refused.value.code, refused.value.details) == ("not_the_chair", {})


def test_focal_point_of_the_recorded_chair_inscribes_the_groups_statement(session: MeetingSession) -> None:
    RegionalGroup.objects.filter(code="western_european_others").update(chair=state(session, "AT"))
    assert own(session, "AT", statement="group").statement == "group"


# --- receipts ---------------------------------------------------------------------------------------------------------


def test_receipts_count_in_order_of_receipt(session: MeetingSession) -> None:
    made = [inscribed(session, code) for code in ("KE", "AT", "VA")]
    assert [inscription.receipt_number for inscription in made] == [1, 2, 3]


def test_receipt_carries_both_times(session: MeetingSession) -> None:
    with time_machine.travel(clock.now(), tick=False):
        inscription = inscribed(session, "AT")
        assert (inscription.received_real_at, inscription.receipt_at) == (clock.now(), session.chain.now())


def test_receipt_time_rises_strictly_even_where_the_clock_does_not(session: MeetingSession) -> None:
    with time_machine.travel(clock.now(), tick=False):
        first, second = inscribed(session, "AT"), inscribed(session, "BR")
    assert second.receipt_at - first.receipt_at == timedelta(microseconds=1)


def test_receipt_time_rises_strictly_even_when_the_clock_goes_back(session: MeetingSession) -> None:
    first = inscribed(session, "AT")
    with time_machine.travel(clock.now() - timedelta(hours=1), tick=False):
        second = inscribed(session, "BR")
    assert second.receipt_at - first.receipt_at == timedelta(microseconds=1)


def test_refused_inscription_uses_up_no_receipt(session: MeetingSession) -> None:
    inscribed(session, "AT")
    with pytest.raises(Refused):
        inscribed(session, "AT")
    assert inscribed(session, "BR").receipt_number == 2


def test_inscribed_anew_has_a_new_receipt(session: MeetingSession) -> None:
    withdraw(inscription=inscribed(session, "AT"), actor=COMMAND)
    assert inscribed(session, "AT").receipt_number == 2


# --- levels and speakers ----------------------------------------------------------------------------------------------


def test_level_changes_after_the_window_by_the_delegation_itself(session: MeetingSession) -> None:
    inscription = own(session)
    with time_machine.travel(clock.now() + timedelta(days=60)):
        change_level(inscription=inscription, level="above_ministerial", actor=as_focal_point(session, "AT"))
    assert Inscription.objects.get().level == "above_ministerial"


def test_same_level_again_writes_no_entry(session: MeetingSession) -> None:
    inscription = inscribed(session, "AT")
    before = count_entries(session)
    change_level(inscription=inscription, level=M, actor=COMMAND)
    assert count_entries(session) == before


def test_level_of_a_withdrawn_inscription_is_refused(session: MeetingSession) -> None:
    inscription = withdraw(inscription=inscribed(session, "AT"), actor=COMMAND)
    with pytest.raises(Refused) as refused:
        change_level(inscription=inscription, level="above_ministerial", actor=COMMAND)
    assert refused.value.code == "withdrawn"


def test_level_of_another_delegation_is_not_ones_own(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        change_level(
            inscription=inscribed(session, "BR"), level="above_ministerial", actor=as_focal_point(session, "AT")
        )


def test_speaker_is_kept_apart_and_the_entry_holds_a_reference_only(session: MeetingSession) -> None:
    inscription = own(session, "AT", speaker_name="Ada Lovelace", speaker_title="Minister")
    assert inscription.speaker is not None
    assert inscription.speaker.value == {"name": "Ada Lovelace", "title": "Minister"}
    assert last_entry(session).changes[0]["after"]["speaker"] == journal.refer(inscription.speaker)


def test_another_speaker_is_another_reference(session: MeetingSession) -> None:
    inscription = own(session, "AT", speaker_name="Ada Lovelace")
    edited = edit_speaker(inscription=inscription, name="Grace Hopper", title="", actor=as_focal_point(session, "AT"))
    assert edited.speaker is not None
    assert edited.speaker.value == {"name": "Grace Hopper", "title": ""}
    assert edited.speaker != inscription.speaker


def test_same_speaker_again_writes_no_entry(session: MeetingSession) -> None:
    inscription = own(session, "AT", speaker_name="Ada Lovelace", speaker_title="")
    before = count_entries(session)
    edit_speaker(inscription=inscription, name="Ada Lovelace", title="", actor=COMMAND)
    assert count_entries(session) == before


def test_journal_verifies_after_a_speaker_was_erased(session: MeetingSession) -> None:
    inscription = own(session, "AT", speaker_name="Ada Lovelace")
    assert inscription.speaker is not None
    journal.erase_personal(datum=inscription.speaker, actor=COMMAND, reason="asked for")
    assert journal.verify(session.chain) == count_entries(session)


def test_inscription_is_told_to_staff_and_its_own_delegation_only(session: MeetingSession) -> None:
    own(session)
    assert last_entry(session).resources == [
        ["inscription", "delegation:AT"],
        ["inscription/1", "delegation:AT"],
        ["roster", ResourceVersion.STAFF],
    ]


# --- withdrawals ------------------------------------------------------------------------------------------------------


def test_withdrawal_after_the_window_by_the_delegation_itself(session: MeetingSession) -> None:
    inscription = own(session)
    with time_machine.travel(clock.now() + timedelta(days=60)):
        withdraw(inscription=inscription, actor=as_focal_point(session, "AT"))
    assert session.debate.inscriptions.standing().count() == 0


def test_withdrawing_again_writes_no_entry(session: MeetingSession) -> None:
    inscription = inscribed(session, "AT")
    withdraw(inscription=inscription, actor=COMMAND)
    before = count_entries(session)
    withdraw(inscription=inscription, actor=COMMAND)
    assert count_entries(session) == before


def test_withdrawal_taken_back_has_its_old_receipt(session: MeetingSession) -> None:
    inscription = withdraw(inscription=inscribed(session, "AT"), actor=COMMAND)
    inscribed(session, "BR")
    undo_withdrawal(inscription=inscription, actor=COMMAND)
    standing = session.debate.inscriptions.standing().in_order_of_receipt()
    assert [each.delegation.code for each in standing] == ["AT", "BR"]


def test_taking_back_what_was_not_withdrawn_writes_no_entry(session: MeetingSession) -> None:
    inscription = inscribed(session, "AT")
    before = count_entries(session)
    undo_withdrawal(inscription=inscription, actor=COMMAND)
    assert count_entries(session) == before


def test_withdrawal_cannot_be_taken_back_once_inscribed_anew(session: MeetingSession) -> None:
    inscription = withdraw(inscription=inscribed(session, "AT"), actor=COMMAND)
    inscribed(session, "AT")
    with pytest.raises(Refused) as refused:
        undo_withdrawal(inscription=inscription, actor=COMMAND)
    assert refused.value.code == "already_inscribed"
