"""The session's own clock: real time plus an offset that makes a rehearsal for ever (DESIGN, "Two times")."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from pytest_django import Settings

from cnd import clock
from cnd.actors import COMMAND
from cnd.errors import Invalid, NotPermitted, Refused
from cnd.models import Chain
from sessions.models import MeetingSession
from sessions.services.announcements import withdraw_announcement
from sessions.services.clock import shift_clock
from sessions.services.inscriptions import withdraw
from tests.sessions.kept import kept
from tests.sessions.scenes import (
    DAY_OF_QUOTAS,
    VIENNA,
    announce_now,
    as_focal_point,
    as_officer,
    count_entries,
    draw_now,
    inscribe_states,
    inscribed,
    last_entry,
    make_session,
)

pytestmark = pytest.mark.django_db

THAT_SUMMER = datetime(2026, 7, 1, 12, tzinfo=VIENNA)
HOUR = timedelta(hours=1)


def make_earnest() -> int:
    with time_machine.travel(THAT_SUMMER, tick=False):
        return make_session(None).pk


earnest = kept(make_earnest)


@pytest.fixture
def session(earnest: int) -> MeetingSession:
    """Return a session on the real clock, in which nothing has happened yet."""
    return MeetingSession.objects.get(pk=earnest)


def shift(session: MeetingSession, to: datetime, **more: object) -> None:
    facts = {"actor": as_officer(), "reason": "to rehearse"} | more
    shift_clock(session=session, to=to, **facts)  # type: ignore[arg-type]


@pytest.fixture
def rehearsal(session: MeetingSession) -> MeetingSession:
    with time_machine.travel(THAT_SUMMER, tick=False):
        shift(session, DAY_OF_QUOTAS)
    return session


# --- two times --------------------------------------------------------------------------------------------------------


def test_session_time_is_real_time_where_nobody_shifted_it(session: MeetingSession) -> None:
    with time_machine.travel(THAT_SUMMER, tick=False):
        assert (session.chain.now(), session.is_rehearsal) == (THAT_SUMMER, False)


def test_session_time_goes_on_from_where_it_was_set(rehearsal: MeetingSession) -> None:
    with time_machine.travel(THAT_SUMMER + HOUR, tick=False):
        assert rehearsal.chain.now() == DAY_OF_QUOTAS + HOUR


def test_moment_of_any_zone_translates_there_and_back_over_a_change_of_its_clocks(rehearsal: MeetingSession) -> None:
    chain = rehearsal.chain
    assert chain.to_session(THAT_SUMMER) == DAY_OF_QUOTAS
    assert chain.to_real(chain.to_session(THAT_SUMMER)) == THAT_SUMMER


def test_entries_carry_both_times(rehearsal: MeetingSession) -> None:
    with time_machine.travel(THAT_SUMMER + HOUR, tick=False):
        inscribed(rehearsal, "AT")
    entry = last_entry(rehearsal)
    assert (entry.at, entry.session_at) == (THAT_SUMMER + HOUR, DAY_OF_QUOTAS + HOUR)


# --- a rehearsal for ever ---------------------------------------------------------------------------------------------


def test_shifted_session_is_a_rehearsal(rehearsal: MeetingSession) -> None:
    assert rehearsal.is_rehearsal is True


def test_session_set_to_the_real_time_again_stays_a_rehearsal(rehearsal: MeetingSession) -> None:
    with time_machine.travel(THAT_SUMMER, tick=False):
        shift(rehearsal, THAT_SUMMER)
    assert (rehearsal.chain.clock_offset_s, rehearsal.is_rehearsal) == (0, True)


def test_database_too_knows_no_shifted_clock_in_earnest(rehearsal: MeetingSession) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Chain.objects.filter(pk=rehearsal.chain_id).update(is_rehearsal=False)


def test_clock_never_goes_back(rehearsal: MeetingSession) -> None:
    with time_machine.travel(THAT_SUMMER, tick=False), pytest.raises(Refused) as refused:
        shift(rehearsal, DAY_OF_QUOTAS - timedelta(seconds=1))
    assert refused.value.code == "clock_back"


def test_clock_goes_on(rehearsal: MeetingSession) -> None:
    with time_machine.travel(THAT_SUMMER, tick=False):
        shift(rehearsal, DAY_OF_QUOTAS + HOUR)
        assert rehearsal.chain.now() == DAY_OF_QUOTAS + HOUR


def test_setting_it_where_it_stands_writes_no_entry(rehearsal: MeetingSession) -> None:
    before = count_entries(rehearsal)
    with time_machine.travel(THAT_SUMMER, tick=False):
        shift(rehearsal, DAY_OF_QUOTAS)
    assert count_entries(rehearsal) == before


def test_shift_is_public(rehearsal: MeetingSession) -> None:
    entry = last_entry(rehearsal)
    assert (entry.action, entry.reason) == ("shift_clock", "to rehearse")
    assert entry.resources == [[name, "public"] for name in ("session", "speakers")]


# --- when it is refused -----------------------------------------------------------------------------------------------


def test_where_rehearsals_are_not_enabled_no_clock_is_shifted(session: MeetingSession, settings: Settings) -> None:
    settings.ALLOW_REHEARSAL = False
    with pytest.raises(Refused) as refused:
        shift(session, DAY_OF_QUOTAS)
    assert refused.value.code == "rehearsals_off"


@pytest.mark.parametrize("reason", ["", " "])
def test_shift_needs_a_reason(session: MeetingSession, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        shift(session, DAY_OF_QUOTAS, reason=reason)
    assert refused.value.code == "reason_missing"


def test_only_staff_shift_the_clock(session: MeetingSession) -> None:
    with pytest.raises(NotPermitted):
        shift(session, DAY_OF_QUOTAS, actor=as_focal_point(session, "AT"))


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_session_in_which_something_was_received_in_earnest_cannot_become_a_rehearsal(
    session: MeetingSession, is_withdrawn: bool
) -> None:
    with time_machine.travel(THAT_SUMMER, tick=False):
        inscription = inscribed(session, "AT")
        if is_withdrawn:
            withdraw(inscription=inscription, actor=COMMAND)
        with pytest.raises(Refused) as refused:
            shift(session, DAY_OF_QUOTAS)
    assert refused.value.code == "already_in_earnest"


def test_clock_stands_fast_while_an_announcement_is_open(rehearsal: MeetingSession) -> None:
    with time_machine.travel(THAT_SUMMER):
        inscribe_states(rehearsal, 3)
        announce_now(rehearsal)
        with pytest.raises(Refused) as refused:
            shift(rehearsal, DAY_OF_QUOTAS + HOUR)
    assert refused.value.code == "announcement_open"


@pytest.mark.parametrize("how", ["withdrawn", "drawn"])
def test_clock_goes_on_after_an_announcement_ended(rehearsal: MeetingSession, how: str) -> None:
    with time_machine.travel(THAT_SUMMER):
        inscribe_states(rehearsal, 3)
        drawing = announce_now(rehearsal)
        if how == "withdrawn":
            withdraw_announcement(drawing=drawing, reason="again", actor=COMMAND)
        else:
            draw_now(drawing)
    with time_machine.travel(THAT_SUMMER + HOUR, tick=False):
        shift(rehearsal, DAY_OF_QUOTAS + timedelta(days=16))
        assert rehearsal.chain.now() == DAY_OF_QUOTAS + timedelta(days=16)
        assert clock.now() == THAT_SUMMER + HOUR
