"""The deadlines of a session: where they stand now, whom they concern, and the reminders that follow them.

A deadline is a dated rule. An instant is one itself; a date lasts until its end in the session's zone. The moment for
which a drawing is announced takes the place of the one that the rule book wanted (RULES 1 and 3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Q

from sessions.domain.reminders import Moment, end_of_day
from sessions.domain.rule_values import to_python
from sessions.models import Delegation, Drawing, MeetingSession, Rule, RuleCorrection
from sessions.services.audiences import audience_of_rule, organising_kinds, rule_concerns

Type = Rule.Type
DRAW_AT = "debate.draw_at"


@dataclass(frozen=True)
class Deadline:
    """One dated rule of the rule book: a window opens or closes, something is due. Instants are session time."""

    rule: Rule
    at: datetime
    audience: str
    """The audience by name, as notices have it, such as `organisers:side-event-regular`."""
    concerns: bool
    """Whether it concerns the delegation that was asked for; without one, whether it is anybody's but the staff's."""
    is_past: bool
    is_next: bool
    """Whether none that concerns the same people and is not past comes before it."""
    corrections: list[tuple[datetime, str]]
    """What it was before, and why it was corrected."""
    is_announced: bool
    """Whether the rule's moment gave way to the one for which the drawing was announced."""
    set_by: str
    """What set it: the number of the correction, or the drawing."""
    sequence: int
    """How many times it was set anew; rises with every correction, announcement and end of an announcement."""

    @property
    def is_closing(self) -> bool:
        """Tell whether it is the end of a window or of a day, which at midnight is 24:00 of the day before."""
        return "close" in self.rule.key or self.rule.type == Type.DATE

    @property
    def is_public(self) -> bool:
        """Tell whether it is shown to everybody; the staff's own are not."""
        return self.rule.audience != "secretariat"

    @property
    def moment(self) -> Moment:
        return Moment(self.rule.name, self.set_by, self.at, self.audience, self.rule.reminders_to, self.rule.is_opening)


def standing_drawing_of(session: MeetingSession) -> Drawing | None:
    """Return the drawing announced or drawn, without announcement and proof, which may be large."""
    standing = Q(debate__session=session, state__in=[Drawing.State.ANNOUNCED, Drawing.State.DRAWN])
    return Drawing.objects.filter(standing).defer("announcement", "bundle").first()


def deadlines_for(
    session: MeetingSession,
    delegation: Delegation | None = None,
    *,
    rules: Sequence[Rule] | None = None,
    now: datetime | None = None,
) -> list[Deadline]:
    """Return all dated rules in order of time, coming and past, the staff's own among them; at most four queries.

    Each says whether it concerns `delegation`. `rules` are all rules of the session, with their corrections, where the
    caller has them already.
    """
    if rules is None:
        rules = list(session.rules.prefetch_related("corrections"))
    now = now or session.session_now
    drawings = _drawings(session)
    standing = next((each for each in drawings if each.state in (Drawing.State.ANNOUNCED, Drawing.State.DRAWN)), None)
    dated: list[tuple[datetime, Rule, bool]] = []
    for rule in rules:
        at = moment_of(rule, rule.value, session)
        if rule.name == DRAW_AT and standing is not None:
            dated.append((session.chain.to_session(standing.draw_at), rule, True))
        elif at is not None:
            dated.append((at, rule, False))
    dated.sort(key=lambda each: (each[0], each[1].position))
    organisers = cache(lambda scope: organising_kinds(session.chain, scope))
    made: list[Deadline] = []
    upcoming: datetime | None = None
    for at, rule, is_announced in dated:
        corrections = list(rule.corrections.all())
        concerns = rule_concerns(rule, delegation, organisers) if delegation else rule.audience != "secretariat"
        if concerns and upcoming is None and at >= now:
            upcoming = at
        made.append(
            Deadline(
                rule=rule,
                at=at,
                audience=audience_of_rule(rule),
                concerns=concerns,
                is_past=at < now,
                is_next=concerns and at == upcoming,
                corrections=_earlier(session, rule, corrections),
                is_announced=is_announced,
                set_by=f"draw-{standing.attempt}" if is_announced and standing else str(len(corrections)),
                sequence=len(corrections) + (_times_moved(drawings) if rule.name == DRAW_AT else 0),
            )
        )
    return made


def _drawings(session: MeetingSession) -> list[Drawing]:
    of_session = Drawing.objects.filter(debate__session=session).defer("announcement", "bundle")
    return list(of_session.order_by("attempt"))


def _times_moved(drawings: Iterable[Drawing]) -> int:
    return sum(1 if each.ended_at is None else 2 for each in drawings)


def _earlier(session: MeetingSession, rule: Rule, corrections: Iterable[RuleCorrection]) -> list[tuple[datetime, str]]:
    found = ((moment_of(rule, each.old_value, session), each.reason) for each in corrections)
    return [(at, reason) for at, reason in found if at is not None]


def moment_of(rule: Rule, value: Any, session: MeetingSession) -> datetime | None:
    """Return the moment that a stored value of a rule is; None for what is no moment.

    A date is one only where it is a deadline: its end.
    """
    if rule.type == Type.INSTANT:
        at: datetime = to_python(rule.type, value)
        return at
    if rule.type == Type.DATE and rule.is_deadline:
        return end_of_day(to_python(rule.type, value), session.zone)
    return None
