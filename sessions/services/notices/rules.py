"""Told of the rule book: a deadline is coming, a window opens, a deadline moved, a rule was corrected."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.clock import parse_rfc3339
from cnd.instants import day_text, spelled
from cnd.models import Cause, User
from cnd.outbox.kinds import Kind, register_kind
from cnd.outbox.telling import cancel, tell
from sessions.domain.rule_values import to_python, to_text
from sessions.models import MeetingSession, Rule, RuleCorrection
from sessions.services.audiences import audience_of_rule
from sessions.services.calendars import calendar_of_rule
from sessions.services.deadlines import DRAW_AT, OPENING, REMINDER, is_closing, moment_of, standing_drawing_of
from sessions.services.notices.values import own_link, session_link, session_of, when
from sessions.services.rule_titles import title_of

MOVED, CORRECTED = "deadline_moved", "rule_corrected"
Type = Rule.Type


def tell_correction(session: MeetingSession, rule: Rule, correction: RuleCorrection) -> None:
    """Tell whom a rule concerns that it was corrected; of a deadline, that it moved. Once for each correction.

    What was said of an earlier correction and is not sent yet is said no more.
    """
    # While a drawing is announced, its moment is the announced one, whatever the rule book comes to say.
    is_held = rule.name == DRAW_AT and standing_drawing_of(session) is not None
    is_moved = rule.is_deadline and moment_of(rule, rule.value, session) is not None and not is_held
    cancel(chain=session.chain, prefix=f"rule:{rule.name}#")
    tell(
        chain=session.chain,
        kind=MOVED if is_moved else CORRECTED,
        key=f"rule:{rule.name}#{correction.number}",
        audience=audience_of_rule(rule),
        context={"rule": rule.name, "correction": correction.number},
    )


def _rule_of(session: MeetingSession, cause: Cause) -> Rule:
    scope, key = cause.context["rule"].split(".")
    return session.rules.get(scope=scope, key=key)


def _deadline(cause: Cause, user: User) -> Mapping[str, str]:
    session = session_of(cause)
    rule = _rule_of(session, cause)
    at = parse_rfc3339(cause.context["at"])
    return {
        "deadline": title_of(rule),
        "when": when(session, user, at, closing=is_closing(rule)),
        "todo": _todo(rule, cause.audience),
    }


def _todo(rule: Rule, audience: str) -> str:
    """Say what the reader can do about it; of what is done elsewhere, where the rules stand."""
    match rule.name:
        case "debate.inscription_opens":
            return _("From then on you can inscribe your delegation on the page of your delegation.")
        case "debate.inscription_closes":
            if audience == "not-inscribed":
                return _("Your delegation has not inscribed yet. Afterwards only the secretariat can enter it.")
            return _("Afterwards only the secretariat can enter a delegation.")
        case "debate.draw_at":
            return _("Nothing is asked of you: the lots are drawn in public, and anyone can verify the result.")
        case "debate.announcement_on":
            return _("Confirm the quotas of the regional groups and announce the drawing.")
    return _("The rules and all deadlines stand on the page of the session.")


def _corrected(cause: Cause, user: User) -> Mapping[str, str]:
    session = session_of(cause)
    rule = _rule_of(session, cause)
    correction = RuleCorrection.objects.get(rule=rule, number=cause.context["correction"])
    return {
        "deadline": title_of(rule),
        "rule": title_of(rule),
        "old": _value_text(session, rule, correction.old_value, user),
        "new": _value_text(session, rule, correction.new_value, user),
        "reason": correction.reason,
    }


def _value_text(session: MeetingSession, rule: Rule, value: Any, user: User) -> str:
    at = moment_of(rule, value, session)
    if at is not None:
        return when(session, user, at, closing=is_closing(rule))
    match rule.type:
        case Type.DURATION:
            return spelled(timedelta(seconds=value))
        case Type.DATE:
            return day_text(to_python(rule.type, value), session.time_zone)
        case Type.BOOLEAN:
            return _("yes") if value else _("no")
        case Type.LIST:
            return "; ".join(str(item) for item in value) or "–"
    text = to_text(rule.type, value, zone=session.zone)
    return f"{text} {rule.unit}".strip() or "–"


def _calendar(cause: Cause, _user: User) -> bytes | None:
    session = session_of(cause)
    return calendar_of_rule(session, cause.context["rule"])


def _own_or_session(cause: Cause, user: User) -> str:
    return own_link(cause, user) if cause.context["rule"].startswith("debate.") else session_link(cause, user)


_OF_DEADLINE = {
    "deadline": gettext_lazy("what is due, or opens"),
    "when": gettext_lazy("when, in the meeting's time zone and the reader's own"),
    "todo": gettext_lazy("what the reader can do about it"),
}
_OF_CORRECTION = {
    "old": gettext_lazy("what it was before"),
    "new": gettext_lazy("what it is now"),
    "reason": gettext_lazy("the published reason"),
}


def register() -> None:
    """Make these kinds known."""
    register_kind(
        Kind(
            code=REMINDER,
            title=gettext_lazy("Reminder of a deadline"),
            subject=gettext_lazy("Reminder: {deadline}"),
            body=gettext_lazy("{deadline}: {when}.\n\n{todo}\n\n{link}"),
            placeholders=_OF_DEADLINE,
            fill=_deadline,
            link=_own_or_session,
            calendar=_calendar,
        ),
        Kind(
            code=OPENING,
            title=gettext_lazy("A window opens"),
            subject=gettext_lazy("{deadline}"),
            body=gettext_lazy("{deadline}: {when}.\n\n{todo}\n\n{link}"),
            placeholders=_OF_DEADLINE,
            fill=_deadline,
            link=_own_or_session,
            is_optional=True,
        ),
        Kind(
            code=MOVED,
            title=gettext_lazy("A deadline moved"),
            subject=gettext_lazy("Moved: {deadline}"),
            body=gettext_lazy(
                "This has a new time. {deadline}:\nnow {new};\nbefore {old}.\n\nReason: {reason}\n\n"
                "Reminders follow the new time.\n\n{link}"
            ),
            placeholders={"deadline": _OF_DEADLINE["deadline"], **_OF_CORRECTION},
            fill=_corrected,
            link=_own_or_session,
            calendar=_calendar,
        ),
        Kind(
            code=CORRECTED,
            title=gettext_lazy("A rule was corrected"),
            subject=gettext_lazy("Rule corrected: {rule}"),
            body=gettext_lazy(
                "A rule of the session was corrected. {rule}:\nnow {new};\nbefore {old}.\n\nReason: {reason}\n\n{link}"
            ),
            placeholders={"rule": gettext_lazy("what the rule is about"), **_OF_CORRECTION},
            fill=_corrected,
            link=session_link,
        ),
    )
