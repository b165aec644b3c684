"""The demonstration: a rehearsal with an invented roster and users whose passwords nobody else's installation has."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from cnd import clock, journal
from cnd.actors import COMMAND
from cnd.errors import Refused
from cnd.models import Cause, JournalEntry, ResourceVersion, User
from cnd.users import change_user, create_user, system_chain
from sessions.models import Delegation, MeetingSession, Membership
from sessions.services.clock import shift_clock
from sessions.services.roster_import import import_roster
from sessions.services.session_file import DATA
from sessions.services.setup import load_session

SESSION = "cnd67"
CLOCK_AT = datetime(2024, 2, 27, 9, 0, tzinfo=ZoneInfo("Europe/Vienna"))
"""Inscription has closed; the drawing can be announced."""
ROSTER = DATA / "demo_roster.csv"
REASON = "invented for the demonstration"

MOMENT = timedelta(seconds=1)
"""The clock is set to whole seconds: without one more it might stand just before what is to have begun."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Try:
    """Something to try first, by whom and on which page."""

    username: str
    text: str
    path: Callable[[str], str]
    """Given the code of the session."""


@dataclass(frozen=True)
class Stage:
    """Something that others than the meeting itself have happened in the demonstration, once and as a whole."""

    name: str
    at: datetime
    """Session time at which it happens, up to `CLOCK_AT`; those at `CLOCK_AT` find the sign-ins made."""
    call: Callable[[MeetingSession], None]
    to_try: Try | None = None
    """Where whoever tries the demonstration sees it."""


_stages: dict[str, Stage] = {}


def register_stage(stage: Stage) -> None:
    """Have a stage be part of the demonstration; those of one time in the order of registration."""
    _stages[stage.name] = stage


def stages() -> list[Stage]:
    """Return the registered stages in the order in which they happen."""
    return sorted(_stages.values(), key=lambda each: each.at)


@dataclass(frozen=True)
class SignIn:
    """What somebody trying the demonstration signs in with."""

    role: str
    username: str
    password: str
    function: str
    delegation: str = ""
    """The code of the delegation that a focal point acts for."""


@dataclass(frozen=True)
class Demonstration:
    session_code: str
    sign_ins: list[SignIn]


def sign_ins() -> list[SignIn]:
    """Return the demonstration's sign-ins without asking the database. Raises Refused in production."""
    _refuse_in_production()
    officers = [("officer", "Conference officer A"), ("officer2", "Conference officer B")]
    focal_points = [("austria", "AT", "Austria"), ("brazil", "BR", "Brazil"), ("kenya", "KE", "Kenya")]
    return [
        SignIn(User.Role.SECRETARIAT, username, _password(username), function) for username, function in officers
    ] + [
        SignIn(User.Role.DELEGATION, username, _password(username), f"Focal point of {state}", code)
        for username, code, state in focal_points
    ]


def load_demonstration(*, say: Say) -> Demonstration:
    """Load the session as a rehearsal, an invented roster and users to sign in with. May be run again.

    Raises Refused in production, and where the session holds something received in earnest.
    """
    _refuse_in_production()
    begins = min([CLOCK_AT, *(stage.at for stage in stages())])
    session = load_session(SESSION, actor=COMMAND, say=say, clock_at=begins)
    if not session.is_rehearsal:
        _go_to(session, begins)
    _run_stages(session, until=CLOCK_AT)
    if session.session_now < CLOCK_AT:
        _go_to(session, CLOCK_AT)
    _load_roster(session, say)
    demonstration = Demonstration(session.code, sign_ins())
    _load_users(demonstration.sign_ins, say)
    _load_memberships(session, demonstration.sign_ins)
    _run_stages(session)
    return demonstration


def _go_to(session: MeetingSession, at: datetime) -> None:
    shift_clock(session=session, to=at + MOMENT, actor=COMMAND, reason=REASON)
    # What the leap passed over would lapse in the next sweep, and stand among what failed.
    waiting = Cause.objects.filter(chain=session.chain_id, state=Cause.State.WAITING)
    waiting.filter(worth_until__lte=session.chain.now()).update(state=Cause.State.CANCELLED, settled_at=clock.now())


def _run_stages(session: MeetingSession, until: datetime | None = None) -> None:
    """Run what did not happen yet. What comes after a stage whose time is over, in older data, is left out."""
    happened = set(
        JournalEntry.objects.filter(
            chain=session.chain, action="load_demonstration", subject__startswith="stage:"
        ).values_list("subject", flat=True)
    )
    for stage in stages():
        subject = f"stage:{stage.name}"
        if subject in happened:
            continue
        if (until is not None and stage.at >= until) or stage.at < CLOCK_AT <= session.session_now:
            return
        if session.session_now < stage.at:
            _go_to(session, stage.at)
        # As a whole or not at all; but with an entry of its own for everything that happens in it.
        with transaction.atomic():
            stage.call(session)
            with journal.decision(
                session.chain, action="load_demonstration", subject=subject, actor=COMMAND, reason=REASON
            ) as draft:
                draft.change(subject, None, "loaded")


def _refuse_in_production() -> None:
    if settings.CND_ENV not in {"demo", "test"}:
        raise Refused("demonstration_only", "The demonstration is loaded with CND_ENV=demo only; try: make run")


def _password(username: str) -> str:
    """Return a password that stays the same between starts and differs on every installation."""
    digest = salted_hmac("demonstration", username, algorithm="sha256").digest()
    letters = base64.b32encode(digest).decode("ascii").lower()
    return "-".join(letters[start : start + 4] for start in (0, 4, 8, 12))


def _load_roster(session: MeetingSession, say: Say) -> None:
    # Whoever tried things out has changed the roster since: it is imported into an empty debate alone.
    if session.debate.inscriptions.exists():
        return
    count = import_roster(debate=session.debate, text=ROSTER.read_text(encoding="utf-8"), actor=COMMAND, reason=REASON)
    say(f"{session.code}: {count} invented inscriptions imported.")


def _load_users(wanted: list[SignIn], say: Say) -> None:
    with journal.decision(
        system_chain(), action="load_demonstration", subject="accounts", actor=COMMAND, reason=REASON
    ) as draft:
        # All passwords come from one key: asking one account whether it is still the same spares seconds.
        is_key_same = _has_password(wanted[0])
        made = sum(_make_user(sign_in, is_key_same=is_key_same) for sign_in in wanted)
        draft.subject = "accounts"
    if made:
        say(f"{made} sign-ins made.")


def _has_password(sign_in: SignIn) -> bool:
    user = User.objects.filter(username=sign_in.username).first()
    return user is not None and user.check_password(sign_in.password)


def _make_user(sign_in: SignIn, *, is_key_same: bool) -> bool:
    """Make or mend one account; tell whether anything was to be done."""
    facts: dict[str, Any] = {
        "role": sign_in.role,
        "function": sign_in.function,
        "is_staff": sign_in.role == User.Role.SECRETARIAT,
        "is_active": True,
    }
    user = User.objects.filter(username=sign_in.username).first()
    if user is None:
        create_user(username=sign_in.username, password=sign_in.password, actor=COMMAND, **facts)
        return True
    if is_key_same and all(getattr(user, name) == value for name, value in facts.items()):
        return False
    change_user(user=user, password="" if is_key_same else sign_in.password, actor=COMMAND, **facts)
    return True


def _load_memberships(session: MeetingSession, wanted: list[SignIn]) -> None:
    with journal.decision(
        session.chain, action="load_demonstration", subject="memberships", actor=COMMAND, reason=REASON
    ) as draft:
        for sign_in in (each for each in wanted if each.delegation):
            user = User.objects.get(username=sign_in.username)
            delegation = Delegation.objects.get(session=session, code=sign_in.delegation)
            _membership, is_new = Membership.objects.get_or_create(user=user, delegation=delegation)
            if is_new:
                draft.change(f"membership:{delegation.code}", None, f"user:{user.pk}")
                draft.touch("memberships", audience=ResourceVersion.STAFF)
