"""The accounting of a rehearsal's two months: what is lost, late or told too often breaks the promise."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.management.base import CommandError

from cnd import journal
from cnd.actors import COMMAND
from cnd.models import Cause, Notice
from sessions.management.two_months import Leaps, account
from sessions.models import MeetingSession
from tests.sessions.scenes import last_entry, make_session, officer

pytestmark = pytest.mark.django_db

DUE = datetime.fromisoformat("2024-02-01T09:00+01:00")
CAME = datetime.fromisoformat("2040-11-25T12:00:30+00:00")
"""When the session's time came to DUE."""
S = timedelta(seconds=1)
LEAPS = Leaps(
    made=[(CAME - 30 * S, DUE - timedelta(days=7)), (CAME, DUE + S), (CAME + 60 * S, DUE + timedelta(days=7))]
)


@pytest.fixture
def session(settings: Any, tmp_path: Path) -> MeetingSession:
    """A session without anything told or to be told, and an empty folder for its mails."""
    settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.LEASE_SECONDS, settings.SWEEP_SECONDS = 3, 0.5
    session = make_session()
    Cause.objects.filter(chain=session.chain).delete()
    return session


def told(session: MeetingSession, after: timedelta = S, **facts: Any) -> Cause:
    """Write something the clock told, so long after it was due."""
    facts = {"state": Cause.State.TOLD, "settled_at": CAME + after, "due_at": DUE} | facts
    number = Cause.objects.filter(chain=session.chain).count()
    return Cause.objects.create(
        chain=session.chain, key=f"deadline:test#{number}", kind="deadline", audience="secretariat", **facts
    )


def mailed(cause: Cause, arrived: int = 1, after: timedelta = S, **facts: Any) -> Notice:
    """Write the mail of a cause, sent so long after it was made, and have it arrive so many times."""
    made = cause.settled_at or CAME
    facts = {"state": Notice.State.SENT, "sent_at": made + after, "created_at": made} | facts
    notice = Notice.objects.create(
        cause=cause,
        recipient=officer(),
        channel=Notice.Channel.EMAIL,
        message_id=f"<{cause.pk}@example.org>",
        **facts,
    )
    folder = Path(settings.EMAIL_FILE_PATH)
    mail = EmailMessage()
    mail["Message-ID"] = notice.message_id
    for number in range(arrived):
        (folder / f"{notice.pk}-{number}.log").write_bytes(bytes(mail))
    return notice


def record_at(session: MeetingSession, at: datetime) -> int:
    """Write a decision of that real time; return the number of its entry."""
    with (
        time_machine.travel(at, tick=False),
        journal.decision(session.chain, action="test", subject="test", actor=COMMAND) as draft,
    ):
        draft.change("deadline", "sooner", "later")
    return last_entry(session).number


def broken(session: MeetingSession, leaps: Leaps = LEAPS, kills: int = 0) -> str:
    """Return what the account says of a promise that it finds broken."""
    with pytest.raises(CommandError, match="the promise is broken") as caught:
        account(session, leaps, kills)
    return str(caught.value).rpartition(": ")[2]


def test_what_is_told_in_time_and_arrives_once_keeps_the_promise(session: MeetingSession) -> None:
    mailed(told(session))
    said = account(session, LEAPS, 0)
    assert said == (
        "1 things told, 0 notices in the portal, 1 mails; 0 lapsed, 0 cancelled; worker killed 0 times: "
        "lost 0, late 0, repeated 0"
    )


# --- lost -------------------------------------------------------------------------------------------------------------


def test_a_mail_that_was_sent_and_did_not_arrive_is_lost(session: MeetingSession) -> None:
    mailed(told(session), arrived=0)
    assert broken(session, kills=9) == "lost 1, late 0, repeated 0"


@pytest.mark.parametrize(
    ("state", "more"), [(Notice.State.PARKED, {}), (Notice.State.WAITING, {"next_attempt_at": CAME})]
)
def test_a_mail_that_was_never_sent_is_lost(session: MeetingSession, state: str, more: dict[str, Any]) -> None:
    mailed(told(session), arrived=0, state=state, sent_at=None, **more)
    assert broken(session, kills=9) == "lost 1, late 0, repeated 0"


def test_what_is_due_and_still_not_told_is_lost(session: MeetingSession) -> None:
    told(session, state=Cause.State.WAITING, settled_at=None)
    assert broken(session, kills=9) == "lost 1, late 0, repeated 0"


def test_what_is_not_due_yet_is_not_lost(session: MeetingSession) -> None:
    ahead = session.chain.now() + timedelta(days=1)
    told(session, state=Cause.State.WAITING, settled_at=None, due_at=ahead)
    assert account(session, LEAPS, 0).endswith("lost 0, late 0, repeated 0")


# --- repeated ---------------------------------------------------------------------------------------------------------


def test_each_worker_that_was_killed_may_have_a_mail_repeated(session: MeetingSession) -> None:
    mailed(told(session), arrived=2)
    mailed(told(session), arrived=2)
    assert account(session, LEAPS, 2).endswith("worker killed 2 times: lost 0, late 0, repeated 2")


@pytest.mark.parametrize(("arrived", "kills"), [(2, 0), (3, 1)])
def test_a_mail_may_not_be_repeated_more_often(session: MeetingSession, arrived: int, kills: int) -> None:
    mailed(told(session), arrived=arrived)
    assert broken(session, kills=kills) == f"lost 0, late 0, repeated {arrived - 1}"


# --- late -------------------------------------------------------------------------------------------------------------


def test_a_lease_and_two_sweeps_after_it_was_due_is_in_time_and_more_is_late(session: MeetingSession) -> None:
    told(session, after=4 * S)
    assert account(session, LEAPS, 0).endswith("late 0, repeated 0")
    told(session, after=4.1 * S)
    assert broken(session) == "lost 0, late 1, repeated 0"


def test_a_mail_that_lies_about_after_it_was_written_is_late(session: MeetingSession) -> None:
    mailed(told(session), after=4.1 * S)
    assert broken(session) == "lost 0, late 1, repeated 0"


def test_while_no_worker_worked_nothing_is_late_and_afterwards_it_is_as_ever(session: MeetingSession) -> None:
    away = Leaps(LEAPS.made, absences=[(CAME - 10 * S, CAME + 20 * S)])
    told(session, after=28 * S)  # the dead worker's lease, then the usual
    assert account(session, away, 1).endswith("late 0, repeated 0")
    told(session, after=28.1 * S)
    assert broken(session, away, 1) == "lost 0, late 1, repeated 0"


def test_an_absence_before_it_was_due_or_after_it_was_told_excuses_nothing(session: MeetingSession) -> None:
    elsewhere = [(CAME - 20 * S, CAME - S), (CAME + 6 * S, CAME + 50 * S)]
    told(session, after=5 * S)
    assert broken(session, Leaps(LEAPS.made, elsewhere), 2) == "lost 0, late 1, repeated 0"


def test_what_lapses_although_there_was_time_to_tell_it_is_late(session: MeetingSession) -> None:
    lapsed: dict[str, Any] = {"state": Cause.State.LAPSED, "worth_until": DUE}
    told(session, **lapsed, due_at=DUE - timedelta(hours=1))
    assert account(session, LEAPS, 0).endswith("late 0, repeated 0"), "it was due and over in one leap"
    lapsed["worth_until"] = DUE + timedelta(days=2)
    told(session, **lapsed)
    assert broken(session) == "lost 0, late 1, repeated 0"


def test_what_was_due_before_it_was_planned_waits_from_then_on(session: MeetingSession) -> None:
    moved = record_at(session, CAME + 30 * S)
    told(session, after=34 * S, entry_number=moved)
    assert account(session, LEAPS, 0).endswith("late 0, repeated 0")
    told(session, after=34.1 * S, entry_number=moved)
    assert broken(session) == "lost 0, late 1, repeated 0"


def test_between_two_leaps_the_sessions_time_runs_on_by_itself() -> None:
    assert LEAPS.reached(DUE - timedelta(days=7) + 10 * S) == CAME - 20 * S
    assert LEAPS.reached(DUE) == CAME
    assert LEAPS.reached(DUE + timedelta(days=8)) == CAME + 60 * S + timedelta(days=1)
