"""The deadlines of a session: where they stand now, whom they concern, and the reminders that follow them.

A deadline is a dated rule. An instant is one itself; a date lasts until its end in the session's zone. The moment for
which a drawing is announced takes the place of the one that the rule book wanted (RULES 1 and 3).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Q

from cnd.clock import rfc3339
from cnd.errors import Invalid
from cnd.outbox.planning import Planned, replan
from sessions.domain.reminders import Moment, Reminder, end_of_day, plan, read_offsets
from sessions.domain.rule_values import to_python
from sessions.domain.windows import other_end
from sessions.models import Delegation, Drawing, MeetingSession, Rule, RuleCorrection
from sessions.services.audiences import audience_of_rule, organising_kinds, rule_concerns
from sessions.services.rule_titles import title_of
from sessions.services.session_file import REMINDER_OFFSETS

Type = Rule.Type
DRAW_AT, ANNOUNCEMENT_ON = "debate.draw_at", "debate.announcement_on"
OFFSETS = REMINDER_OFFSETS
REMINDER, OPENING = "deadline_reminder", "window_opens"
KEYS = "deadline:"


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
    changed_at: datetime | None
    """When it was last set anew, real time."""

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return title_of(self.rule)

    @property
    def is_closing(self) -> bool:
        return is_closing(self.rule)

    @property
    def is_public(self) -> bool:
        """Tell whether it is shown to everybody; the staff's own are not."""
        return self.rule.audience != "secretariat"


def is_closing(rule: Rule) -> bool:
    """Tell whether it is the end of a window or of a day, which at midnight is 24:00 of the day before."""
    return "close" in rule.key or rule.type == Type.DATE


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
                **_times_set(corrections, drawings if rule.name == DRAW_AT else []),
            )
        )
    return made


def _drawings(session: MeetingSession) -> list[Drawing]:
    of_session = Drawing.objects.filter(debate__session=session).defer("announcement", "bundle")
    return list(of_session.order_by("attempt"))


def _times_set(corrections: Iterable[RuleCorrection], drawings: Iterable[Drawing]) -> dict[str, Any]:
    times = [each.at for each in corrections]
    times += [at for each in drawings for at in (each.announced_at, each.ended_at) if at is not None]
    return {"sequence": len(times), "changed_at": max(times, default=None)}


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


# --- what the clock tells ---------------------------------------------------------------------------------------------


def lock_rules(session: MeetingSession) -> None:
    """Take the lock under which the deadlines of a session are set; before that of its debate."""
    # The session is the parent of its rules: two corrections of one window must see each other. NO KEY, so that
    # nobody who merely refers to the session waits.
    MeetingSession.objects.select_for_update(no_key=True).get(pk=session.pk)


def check_offsets(_rule: Rule, value: Any) -> None:
    """Refuse a value of the offsets' rule that is no list of lengths of time. Raises Invalid."""
    try:
        read_offsets(value)
    except ValueError as fault:
        raise Invalid("value_not_valid", str(fault), fields={"value": [str(fault)]}) from None


def follow_rules(session: MeetingSession) -> None:
    """Bring reminders and openings to the deadlines as they stand. Again: changes nothing.

    Called inside every decision that sets a deadline or the offsets, under `lock_rules`.
    """
    rules = list(session.rules.prefetch_related("corrections"))
    offsets: list[Any] = next((rule.value for rule in rules if (rule.scope, rule.key) == OFFSETS), [])
    dated = {each.rule.name: each for each in deadlines_for(session, rules=rules) if each.rule.is_deadline}
    if any(each.is_announced for each in dated.values()):
        # What is done needs no reminding.
        dated.pop(ANNOUNCEMENT_ON, None)
    planned = plan((_moment(each, dated) for each in dated.values()), read_offsets(offsets))
    replan(chain=session.chain, prefix=KEYS, wanted=map(_planned, planned))


def _moment(deadline: Deadline, dated: Mapping[str, Deadline]) -> Moment:
    rule = deadline.rule
    end = dated.get(f"{rule.scope}.{other_end(rule.key)[0]}") if rule.is_opening else None
    return Moment(
        rule=rule.name,
        set_by=deadline.set_by,
        at=deadline.at,
        audience=deadline.audience,
        reminders_to=rule.reminders_to,
        is_opening=rule.is_opening,
        ends_at=end.at if end else None,
    )


def _planned(reminder: Reminder) -> Planned:
    moment = reminder.moment
    return Planned(
        key=reminder.key,
        kind=OPENING if moment.is_opening else REMINDER,
        audience=reminder.audience,
        due_at=reminder.due_at,
        worth_until=reminder.worth_until,
        context={"rule": moment.rule, "at": rfc3339(moment.at)},
    )
