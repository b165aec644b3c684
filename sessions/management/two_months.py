"""Two months of deadlines at speed: the session's clock leaps from one to the next while its worker is killed."""

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import QuerySet

from cnd import clock
from cnd.actors import COMMAND
from cnd.models import Cause, JournalEntry, Notice, User
from sessions.domain.rule_values import to_python
from sessions.management.crew import Crew
from sessions.models import Delegation, MeetingSession
from sessions.services.clock import shift_clock
from sessions.services.memberships import grant_membership
from sessions.services.rules import correct_rule

Say = Callable[[str], None]
MOMENT = timedelta(seconds=1)
OUTAGE = timedelta(days=3)
PATIENCE_S = 90.0
DOMAIN = "secretariat.invalid"
OFFICERS = 25


@dataclass
class Leaps:
    """When the session's clock was set to what, and when no worker worked; all but what it was set to in real time."""

    made: list[tuple[datetime, datetime]] = field(default_factory=list)
    """Each leap's moment and what the session's time was then; between two leaps it runs on by itself."""
    absences: list[tuple[datetime, datetime]] = field(default_factory=list)

    def reached(self, at: datetime) -> datetime:
        """Return the real moment at which the session's time came to `at`."""
        by_itself = None
        for real, session in self.made:
            if session >= at:
                return real if by_itself is None else min(real, by_itself)
            by_itself = real + (at - session)
        assert by_itself is not None, "no leap was made"
        return by_itself

    def is_late(self, since: datetime, until: datetime) -> bool:
        """Tell whether it took longer than a lease and two sweeps while a worker worked (DESIGN).

        Each worker that died meanwhile may have left a lease, so that the wait began anew.
        """
        away = [(max(gone, since), min(back, until)) for gone, back in self.absences if gone < until and back > since]
        worked = until - since - sum((back - gone for gone, back in away), timedelta())
        wait = timedelta(seconds=settings.LEASE_SECONDS + 2 * settings.SWEEP_SECONDS)
        return worked > wait * (1 + len(away))


def make_readers(session: MeetingSession, delegations: int, chance: random.Random) -> None:
    """Give some delegations a focal point each, and the secretariat people. None can sign in.

    In a rehearsal the secretariat alone is mailed (DESIGN), so there are enough of them for mails to be under way.
    """
    codes = list(Delegation.objects.filter(session=session, group__isnull=False).order_by("code"))
    chosen = sorted(chance.sample(codes, min(delegations, len(codes))), key=lambda each: each.code)
    with transaction.atomic():
        for number in range(1, OFFICERS + 1):
            _account(f"officer-{number}", User.Role.SECRETARIAT)
        for delegation in chosen:
            user = _account(f"focal-point-{delegation.code.lower()}", User.Role.DELEGATION)
            grant_membership(user=user, delegation=delegation, actor=COMMAND, reason="rehearsal")


def _account(name: str, role: str) -> User:
    user = User(username=name, email=f"{name}@{DOMAIN}", role=role)
    user.set_unusable_password()
    user.save()
    return user


def run(
    *,
    session: MeetingSession,
    until: datetime,
    crew: Crew,
    chance: random.Random,
    say: Say,
    on_day: dict[datetime, Callable[[], None]],
) -> Leaps:
    """Leap from one thing that falls due to the next until `until` (session time), killing the worker on the way.

    `on_day` holds what is done at which session time. Raises CommandError when something never gets told.
    """
    chain = session.chain
    leaps = Leaps(made=[(clock.now(), chain.now())], absences=crew.absences)
    doings = sorted(on_day.items(), key=lambda each: each[0])
    outage_at: datetime | None = chain.now() + (until - chain.now()) / 2
    while chain.now() < until:
        ahead = Cause.objects.filter(chain=chain, state=Cause.State.WAITING, due_at__gt=chain.now())
        upcoming = ahead.order_by("due_at").values_list("due_at", flat=True)[:1]
        to = min([until, *upcoming, *(at for at, _do in doings[:1])])
        if outage_at is not None and to >= outage_at:
            crew.kill_worker()
            to = max(min(to + OUTAGE, until), to)
            _leap(session, to, leaps)
            say(f"    no worker for three days, until {to:%d %B}")
            crew.start_worker()
            outage_at = None  # once
        else:
            _leap(session, to, leaps)
        while doings and doings[0][0] <= chain.now():
            doings.pop(0)[1]()
        # Some die while they work, some while they rest, some while they start, some not at all.
        _look_for(crew, chance.uniform(0.1, 1.2))
        if chance.random() < 0.4:
            crew.kill_worker()
            crew.start_worker()
    _await_quiet(session, crew)
    return leaps


def _leap(session: MeetingSession, to: datetime, leaps: Leaps) -> None:
    shift_clock(session=session, to=to + MOMENT, actor=COMMAND, reason="rehearsal")
    leaps.made.append((clock.now(), session.chain.now()))


def _look_for(crew: Crew, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        crew.look()
        time.sleep(min(left, 0.2))


def _await_quiet(session: MeetingSession, crew: Crew) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if not _overdue(session) and not _unsent(session):
            crew.look()
            return
        _look_for(crew, 0.2)
    raise CommandError(f"something that was due was not told within {PATIENCE_S:g} s")


def _overdue(session: MeetingSession) -> int:
    """Return how many things fell due and are not told."""
    waiting = Cause.objects.filter(chain=session.chain, state=Cause.State.WAITING)
    return waiting.filter(due_at__lte=session.chain.now()).count()


def _mails(session: MeetingSession) -> QuerySet[Notice]:
    return Notice.objects.filter(cause__chain=session.chain, channel=Notice.Channel.EMAIL)


def _unsent(session: MeetingSession) -> int:
    """Return how many mails wait to be sent."""
    return _mails(session).filter(state=Notice.State.WAITING).count()


def postpone(session: MeetingSession, scope: str, key: str, by: timedelta) -> None:
    """Correct a deadline, as happens."""
    rule = session.rules.get(scope=scope, key=key)
    value = to_python(rule.type, rule.value) + by
    correct_rule(rule=rule, value=value, reason="rehearsal: more time", actor=COMMAND)


def account(session: MeetingSession, leaps: Leaps, kills: int) -> str:
    """Count what was told, lost, late or told twice, and say it. Raises CommandError when the promise is broken.

    The promise: nothing is lost, nothing late, and a mail is repeated at most once for each worker that was killed.
    """
    sent = set(_mails(session).filter(state=Notice.State.SENT).values_list("message_id", flat=True))
    arrived = Counter(arrived_mails())
    parked = _mails(session).filter(state=Notice.State.PARKED).count()
    lost = len(sent - arrived.keys()) + parked + _unsent(session) + _overdue(session)
    late = sum(
        leaps.is_late(since, until)
        for since, until in [*_waits_to_be_told(session, leaps), *_waits_to_be_sent(session, leaps)]
    )
    repeated = sum(arrived.values()) - len(arrived)
    states = Counter(Cause.objects.filter(chain=session.chain).values_list("state", flat=True))
    in_portal = Notice.objects.filter(cause__chain=session.chain, channel=Notice.Channel.PORTAL).count()
    said = (
        f"{states['told']} things told, {in_portal} notices in the portal, {len(arrived)} mails; {states['lapsed']} "
        f"lapsed, {states['cancelled']} cancelled; worker killed {kills} times: lost {lost}, late {late}, "
        f"repeated {repeated}"
    )
    if lost or late or repeated > kills:
        raise CommandError(f"the promise is broken: {said}")
    return said


def _waits_to_be_told(session: MeetingSession, leaps: Leaps) -> Iterator[tuple[datetime, datetime]]:
    """Yield from when till when, in real time, each thing that the clock was to tell waited to be told.

    One that lapsed waited until it was not worth telling any more: between two leaps that may be no time at all.
    """
    by_clock = Cause.objects.filter(chain=session.chain, key__startswith="deadline:")
    planned_at = dict(JournalEntry.objects.filter(chain=session.chain).values_list("number", "at"))
    for cause in by_clock.filter(state__in=[Cause.State.TOLD, Cause.State.LAPSED]):
        assert cause.settled_at is not None
        until = cause.settled_at
        if cause.state == Cause.State.LAPSED and cause.worth_until is not None:
            until = leaps.reached(cause.worth_until)
        since = leaps.reached(cause.due_at)
        # A deadline that was moved may have reminders which were due before they were planned.
        yield max(since, planned_at.get(cause.entry_number or 0, since)), until


def _waits_to_be_sent(session: MeetingSession, leaps: Leaps) -> Iterator[tuple[datetime, datetime]]:
    """Yield from when till when each mail waited to be sent, or to be worth sending no more."""
    states = [Notice.State.SENT, Notice.State.LAPSED]
    for mail in _mails(session).filter(state__in=states).select_related("cause"):
        until = mail.sent_at or (leaps.reached(mail.cause.worth_until) if mail.cause.worth_until else mail.created_at)
        yield mail.created_at, until


def arrived_mails() -> list[str]:
    """Return the Message-ID of every mail in the folder that stands in for a mail server, each as often as it came."""
    found = []
    for file in sorted(Path(settings.EMAIL_FILE_PATH).glob("*")):
        found += re.findall(r"^Message-ID: (<.+>)$", file.read_text("utf-8", "replace"), re.MULTILINE)
    return found
