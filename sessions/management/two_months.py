"""Two months of deadlines at speed: the session's clock leaps from one to the next while its worker is killed."""

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import F

from cnd import clock
from cnd.actors import COMMAND
from cnd.models import Cause, Notice, User
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
START_S = 4.0
"""How long a worker that was killed takes until another one works."""
DOMAIN = "secretariat.invalid"


@dataclass
class Leaps:
    """When the session's clock was set to what, and when no worker ran; both in real time."""

    made: list[tuple[datetime, datetime]] = field(default_factory=list)
    idle_until: datetime | None = None
    """The end of the last time without a worker."""
    deaths: list[datetime] = field(default_factory=list)

    def due_since(self, due_at: datetime) -> datetime:
        """Return the real moment from which on something due at `due_at` (session time) could be told."""
        return next(real for real, session in self.made if session >= due_at)


def make_readers(session: MeetingSession, delegations: int, chance: random.Random) -> None:
    """Give some delegations a focal point each, and the secretariat two people who are mailed. None can sign in."""
    codes = list(Delegation.objects.filter(session=session, group__isnull=False).order_by("code"))
    chosen = sorted(chance.sample(codes, min(delegations, len(codes))), key=lambda each: each.code)
    with transaction.atomic():
        for number in (1, 2):
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
    on_day: dict[datetime, Any],
) -> Leaps:
    """Leap from one thing that falls due to the next until `until` (session time), killing the worker on the way.

    `on_day` holds what is done at which session time. Raises CommandError when something never gets told.
    """
    leaps = Leaps()
    chain = session.chain
    doings = sorted(on_day.items())
    outage_at = chain.now() + (until - chain.now()) / 2
    while chain.now() < until:
        ahead = Cause.objects.filter(chain=chain, state=Cause.State.WAITING, due_at__gt=chain.now())
        upcoming = ahead.order_by("due_at").values_list("due_at", flat=True).first()
        moments = [until, *([upcoming] if upcoming else []), *(at for at, _do in doings[:1])]
        to = min(moments)
        if outage_at is not None and to >= outage_at:
            crew.kill_worker()
            to = max(min(to + OUTAGE, until), to)
            _leap(session, to, leaps)
            say(f"    no worker for three days, until {to:%d %B}")
            crew.start_worker()
            leaps.idle_until = clock.now() + timedelta(seconds=START_S)
            outage_at = None  # once
        else:
            _leap(session, to, leaps)
        while doings and doings[0][0] <= chain.now():
            doings.pop(0)[1]()
        # Some die while they work, some while they rest, some not at all.
        time.sleep(chance.uniform(0.1, 1.2))
        if chance.random() < 0.4:
            crew.kill_worker()
            leaps.deaths.append(clock.now())
            crew.start_worker()
    _await_quiet(session)
    return leaps


def _leap(session: MeetingSession, to: datetime, leaps: Leaps) -> None:
    shift_clock(session=session, to=to + MOMENT, actor=COMMAND, reason="rehearsal")
    leaps.made.append((clock.now(), session.chain.now()))


def _await_quiet(session: MeetingSession) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        due = Cause.objects.filter(chain=session.chain, state=Cause.State.WAITING, due_at__lte=session.chain.now())
        if not due.exists() and not Notice.objects.filter(state=Notice.State.WAITING).exists():
            return
        time.sleep(0.2)
    raise CommandError(f"something that was due was not told within {PATIENCE_S:g} s")


def postpone(session: MeetingSession, scope: str, key: str, by: timedelta) -> None:
    """Correct a deadline, as happens."""
    rule = session.rules.get(scope=scope, key=key)
    value = to_python(rule.type, rule.value) + by
    correct_rule(rule=rule, value=value, reason="rehearsal: more time", actor=COMMAND)


def account(session: MeetingSession, leaps: Leaps, kills: int) -> str:
    """Count what was told, lost, late or told twice, and say it. Raises CommandError when the promise is broken."""
    causes = Cause.objects.filter(chain=session.chain)
    states = Counter(causes.values_list("state", flat=True))
    mails = Notice.objects.filter(cause__chain=session.chain, channel=Notice.Channel.EMAIL)
    sent = set(mails.filter(state=Notice.State.SENT).values_list("message_id", flat=True))
    arrived = Counter(arrived_mails())
    lost = len(sent - arrived.keys()) + mails.filter(state=Notice.State.PARKED).count()
    lost += causes.filter(state=Cause.State.WAITING, due_at__lte=session.chain.now()).count()
    repeated = sum(count - 1 for count in arrived.values())
    late = sum(_is_late(due_at, settled_at, leaps) for due_at, settled_at in _told(session))
    in_portal = Notice.objects.filter(cause__chain=session.chain, channel=Notice.Channel.PORTAL).count()
    said = (
        f"{states['told']} things told, {in_portal} notices in the portal, {len(arrived)} mails; {states['lapsed']} "
        f"lapsed, {states['cancelled']} cancelled; worker killed {kills} times: lost {lost}, late {late}, "
        f"repeated {repeated}"
    )
    if lost or late or repeated > kills:
        raise CommandError(f"the promise is broken: {said}")
    return said


def _told(session: MeetingSession) -> list[tuple[datetime, datetime]]:
    """Return when each thing the clock told was due (session time) and when it was told (real time)."""
    by_clock = Cause.objects.filter(chain=session.chain, key__startswith="deadline:", state=Cause.State.TOLD)
    return list(by_clock.order_by("pk").values_list("due_at", F("settled_at")))


def _is_late(due_at: datetime, settled_at: datetime, leaps: Leaps) -> bool:
    """Tell whether it took longer than a lease and two sweeps while a worker ran (DESIGN)."""
    since = leaps.due_since(due_at)
    if leaps.idle_until is not None and since <= leaps.idle_until <= settled_at + timedelta(seconds=START_S):
        since = max(since, leaps.idle_until)
    pauses = sum(since <= death <= settled_at for death in leaps.deaths) * START_S
    allowed = settings.LEASE_SECONDS + 2 * settings.SWEEP_SECONDS + pauses
    return settled_at - since > timedelta(seconds=allowed)


def arrived_mails() -> list[str]:
    """Return the Message-ID of every mail in the folder that stands in for a mail server, each as often as it came."""
    found = []
    for file in sorted(Path(settings.EMAIL_FILE_PATH).glob("*")):
        found += re.findall(r"^Message-ID: (<.+>)$", file.read_text("utf-8", "replace"), re.MULTILINE)
    return found
