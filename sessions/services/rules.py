"""The rule book: what services read instead of constants, and how a rule is corrected (RULES 1)."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cnd import clock, journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid, Refused
from sessions.domain.rule_values import check_value, to_json, to_python
from sessions.domain.windows import other_end
from sessions.models import MeetingSession, Rule, RuleCorrection
from sessions.services import deadlines, slots
from sessions.services.notices.rules import tell_correction

Hook = Callable[[Rule, Any], None]

_hooks: dict[tuple[str, str], list[Hook]] = {}


class RuleBook:
    """The rules of one session as they stood when it was opened. Every reader raises Refused for a missing rule."""

    def __init__(self, session: MeetingSession) -> None:
        self._rules = {
            (scope, key): (type_, value)
            for scope, key, type_, value in session.rules.values_list("scope", "key", "type", "value")
        }

    def _read(self, scope: str, key: str, *types: str) -> Any:
        type_, value = self._rules.get((scope, key), ("", None))
        what = {"rule": f"{scope}.{key}", "types": _(" or ").join(types)}
        if not type_:
            raise Refused("rule_missing", _("The rule book has no rule %(rule)s.") % what)
        if type_ not in types:
            raise Refused("rule_missing", _("The rule %(rule)s is not of the type %(types)s.") % what)
        return to_python(type_, value)

    def has(self, scope: str, key: str) -> bool:
        """Tell whether there is such a rule."""
        return (scope, key) in self._rules

    def integer(self, scope: str, key: str) -> int:
        return int(self._read(scope, key, "integer"))

    def limit(self, scope: str, key: str) -> int | None:
        """Return a number that limits something; None where the rule is 0, which means no limit."""
        return self.integer(scope, key) or None

    def duration(self, scope: str, key: str) -> timedelta:
        value: timedelta = self._read(scope, key, "duration")
        return value

    def instant(self, scope: str, key: str) -> datetime:
        """Return an aware moment in UTC."""
        value: datetime = self._read(scope, key, "instant")
        return value

    def date(self, scope: str, key: str) -> date:
        value: date = self._read(scope, key, "date")
        return value

    def time(self, scope: str, key: str) -> time:
        """Return a time of day in the session's zone."""
        value: time = self._read(scope, key, "time")
        return value

    def boolean(self, scope: str, key: str) -> bool:
        return bool(self._read(scope, key, "boolean"))

    def text(self, scope: str, key: str) -> str:
        return str(self._read(scope, key, "text", "choice"))

    def choice(self, scope: str, key: str) -> str:
        return str(self._read(scope, key, "choice"))

    def list(self, scope: str, key: str) -> list[Any]:
        value: list[Any] = self._read(scope, key, "list")
        return value


def rule_book(session: MeetingSession) -> RuleBook:
    """Open the rule book of a session: one query."""
    return RuleBook(session)


def before_correction(scope: str, key: str, hook: Hook) -> None:
    """Have `hook(rule, new_value)` called before a correction of this rule, inside its transaction; it may refuse."""
    _hooks.setdefault((scope, key), []).append(hook)


def correct_rule(*, rule: Rule, value: Any, reason: str, actor: Actor) -> Rule:
    """Give a rule another value, stored or Python form, and keep the old one with who, when and why.

    An equal value changes nothing. Raises Invalid without a reason or for a wrong value, Refused where a hook does.
    """
    require_secretariat(actor)
    reason = reason.strip()
    if not reason:
        message = _("A rule is corrected with a reason, which is published.")
        raise Invalid("reason_required", message, fields={"reason": [message]})
    stored = _checked(rule, value)
    session = MeetingSession.objects.select_related("chain").get(pk=rule.session_id)
    with journal.decision(
        session.chain, action="correct_rule", subject=f"rule:{rule.name}", actor=actor, reason=reason
    ) as draft:
        deadlines.lock_rules(session)
        rule = Rule.objects.get(pk=rule.pk)
        if same_value(rule.value, stored):
            return rule
        _check_window(rule, stored)
        for hook in _hooks.get((rule.scope, rule.key), []):
            hook(rule, stored)
        at = clock.now()
        correction = RuleCorrection.objects.create(
            rule=rule,
            number=rule.corrections.count() + 1,
            old_value=rule.value,
            new_value=stored,
            at=at,
            session_at=session.chain.to_session(at),
            by=actor.user,
            reason=reason,
        )
        draft.change(f"rule:{rule.name}", rule.value, stored)
        draft.touch("rules")
        rule.value = stored
        rule.save(update_fields=["value"])
        deadlines.follow_rules(session)
        tell_correction(session, rule, correction)
    return rule


def same_value(one: Any, other: Any) -> bool:
    """Tell whether two stored values are the same; True is not 1."""
    return type(one) is type(other) and bool(one == other)


def _checked(rule: Rule, value: Any) -> Any:
    try:
        return check_value(rule.type, to_json(rule.type, value), rule.choices)
    except ValueError as fault:
        raise Invalid("value_not_valid", str(fault), fields={"value": [str(fault)]}) from None


# --- a window closes after it opens -----------------------------------------------------------------------------------


def _check_window(rule: Rule, stored: Any) -> None:
    key, is_opening = other_end(rule.key)
    other = Rule.objects.filter(session_id=rule.session_id, scope=rule.scope, key=key, type=rule.type).first()
    if other is None:
        return
    opens, closes = (stored, other.value) if is_opening else (other.value, stored)
    opens, closes = to_python(rule.type, opens), to_python(rule.type, closes)
    # Windows are half-open; days are counted with their last one.
    if opens > closes or (opens == closes and rule.type != Rule.Type.DATE):
        message = _("This would end before it begins: see the rule %(rule)s.") % {"rule": other.name}
        raise Invalid("window_not_valid", message, fields={"value": [message]})


before_correction(*deadlines.OFFSETS, deadlines.check_offsets)
before_correction("debate", "slots", slots.follow_slots_rule)
for _key in ("algorithm", "interleaving", "levels", "ordering", "slots_of_meetings"):
    before_correction("debate", _key, slots.keep_announced_rule)
