"""Meeting sessions for the tests, small or whole, brought to the state a test needs through the services alone."""

import functools
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.contrib.auth.hashers import make_password

from cnd import clock
from cnd.actors import COMMAND, Actor, actor_for
from cnd.models import JournalEntry, User
from sessions.models import Delegation, Drawing, GeneralDebate, Inscription, MeetingSession, Membership, RegionalGroup
from sessions.services import draw
from sessions.services.announcements import Sources, announce
from sessions.services.inscriptions import inscribe
from sessions.services.quotas import confirm_quotas, proposed_quotas
from sessions.services.rules import correct_rule
from sessions.services.setup import load_session

VIENNA = ZoneInfo("Europe/Vienna")
DAY_OF_QUOTAS = datetime(2024, 2, 27, 9, tzinfo=VIENNA)
LEVELS = ("above_ministerial", "ministerial", "below_ministerial")
SEED_ONLY = Sources(has_drand=False, has_rehearsal_seed=True)


def quiet(_line: str) -> None:
    pass


def make_session(at: datetime | None = DAY_OF_QUOTAS) -> MeetingSession:
    """Load CND67 with its clock at `at` (session time; None: the real one), and nobody inscribed."""
    return load_session("cnd67", actor=COMMAND, say=quiet, clock_at=at)


def states(session: MeetingSession, group: str, count: int) -> list[Delegation]:
    """Return the first Member States of a group, by code."""
    return list(Delegation.objects.filter(session=session, group__code=group).order_by("code")[:count])


def inscribe_states(session: MeetingSession, count: int = 20, *, level: str = "") -> list[Inscription]:
    """Inscribe Member States, a fair share of each group, at levels that take turns."""
    groups = list(RegionalGroup.objects.filter(session=session))
    members = {group.code: iter(states(session, group.code, count)) for group in groups}
    made: list[Inscription] = []
    while len(made) < count:
        group = groups[len(made) % len(groups)]
        delegation = next(members[group.code], None)
        if delegation is None:
            groups.remove(group)
            continue
        chosen = level or LEVELS[len(made) % 3]
        made.append(inscribe(debate=session.debate, delegation=delegation, level=chosen, actor=COMMAND, reason="test"))
    return made


def announce_now(session: MeetingSession, *, sources: Sources = SEED_ONLY, lead_s: int = 60) -> Drawing:
    """Confirm the proposed quotas and announce a drawing in a minute."""
    debate = GeneralDebate.objects.get(session=session)
    confirm_quotas(debate=debate, quotas=proposed_quotas(debate), actor=COMMAND)
    draw_at = session.chain.now() + timedelta(seconds=lead_s)
    return announce(debate=debate, sources=sources, actor=COMMAND, draw_at=draw_at)


def draw_now(drawing: Drawing, *, after_s: int = 1) -> Drawing:
    """Have an announced drawing drawn, as if its moment had come."""
    with time_machine.travel(max(drawing.draw_at, clock.now()) + timedelta(seconds=after_s), tick=True):
        assert draw.advance(drawing.pk)
    drawing.refresh_from_db()
    return drawing


def drawn_session(count: int = 20) -> tuple[MeetingSession, Drawing]:
    """Return a session whose lots are drawn."""
    session = make_session()
    inscribe_states(session, count)
    return session, draw_now(announce_now(session))


@functools.cache
def hashed_password() -> str:
    """Return the hash of everybody's password; making one takes half a second."""
    return make_password("a long password 1")


def officer(name: str = "officer") -> User:
    """Return a member of the secretariat; again the same one for the same name."""
    user, is_new = User.objects.get_or_create(username=name, defaults={"role": User.Role.SECRETARIAT})
    if is_new:
        user.function = f"Conference {name}"
        user.password = hashed_password()
        user.save()
    return user


def as_officer(name: str = "officer") -> Actor:
    return actor_for(officer(name))


def focal_point(session: MeetingSession, code: str) -> User:
    """Return the focal point of a delegation."""
    user, is_new = User.objects.get_or_create(username=f"focal-{code.lower()}", defaults={"role": User.Role.DELEGATION})
    if is_new:
        user.password = hashed_password()
        user.save()
        Membership.objects.create(user=user, delegation=Delegation.objects.get(session=session, code=code))
    return user


def as_focal_point(session: MeetingSession, code: str) -> Actor:
    return actor_for(focal_point(session, code))


def state(session: MeetingSession, code: str) -> Delegation:
    """Return the delegation with this code."""
    return Delegation.objects.select_related("group").get(session=session, code=code)


def inscribed(session: MeetingSession, code: str, level: str = "ministerial", **more: Any) -> Inscription:
    """Inscribe a delegation as the secretariat does."""
    facts = {"actor": COMMAND, "reason": "test", "level": level, **more}
    return inscribe(debate=session.debate, delegation=state(session, code), **facts)


def correct(session: MeetingSession, name: str, value: object) -> None:
    """Give a rule such as `debate.slots` another value."""
    scope, key = name.split(".")
    correct_rule(rule=session.rules.get(scope=scope, key=key), value=value, reason="test", actor=COMMAND)


def published(drawing: Drawing) -> dict[str, Any]:
    """Return the content of the latest version of the list of speakers."""
    version = drawing.list_versions.last()
    assert version is not None
    content: dict[str, Any] = version.content
    return content


def last_entry(session: MeetingSession) -> JournalEntry:
    entry: JournalEntry = JournalEntry.objects.filter(chain=session.chain_id).latest("number")
    return entry


def count_entries(session: MeetingSession) -> int:
    return JournalEntry.objects.filter(chain=session.chain_id).count()


def ready_session(count: int = 7, *, at: datetime | None = DAY_OF_QUOTAS, slots: int | None = None) -> MeetingSession:
    """Return a session with Member States inscribed and the proposed quotas confirmed."""
    session = make_session(at)
    if slots is not None:
        correct(session, "debate.slots", slots)
    inscribe_states(session, count)
    confirm_quotas(debate=session.debate, quotas=proposed_quotas(session.debate), actor=COMMAND)
    return session


def announce_at(session: MeetingSession, draw_at: datetime, sources: Sources = SEED_ONLY) -> Drawing:
    """Announce a drawing at a moment of real time."""
    return announce(debate=session.debate, sources=sources, actor=COMMAND, draw_at=session.chain.to_session(draw_at))
