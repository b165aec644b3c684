"""A session from its file. A second loading adds what is new and never touches what was decided since."""

import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cnd import clock, journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Refused
from cnd.models import Chain
from sessions.domain.rule_values import to_text
from sessions.models import (
    Delegation,
    GeneralDebate,
    Meeting,
    MeetingSession,
    RegionalGroup,
    Rule,
    RuleCorrection,
    Segment,
)
from sessions.models.session import Named
from sessions.services.deadlines import follow_rules
from sessions.services.rules import rule_book, same_value
from sessions.services.session_file import FiledRule, SessionFile, path_of, read_session_file
from sessions.services.session_parts import Loaded, parts
from sessions.services.slots import sync_slots

Say = Callable[[str], None]

RESOURCES = ("session", "rules", "slots", "speakers", "draws")


def load_session(name: str | Path, *, actor: Actor, say: Say, clock_at: datetime | None = None) -> MeetingSession:
    """Load a session from its file (a name such as "cnd67", or the path of a .toml) and say what was done.

    May be run again: new rules, groups, delegations and changed names are taken over; the value of a rule that stands
    is never overridden, only reported. `clock_at` is session time: where its clock stands from the first loading on,
    which makes it a rehearsal for ever; later loadings ignore it. Raises NotFound, Invalid for a faulty file, Refused.
    """
    require_secretariat(actor)
    filed = read_session_file(path_of(name))
    # One transaction, and the first one to write the chain makes all others wait: two at once load it once.
    with transaction.atomic():
        chain, is_new = Chain.objects.get_or_create(code=filed.code, defaults=_clock(clock_at))
        with journal.decision(
            chain, action="load_session", subject=f"session:{filed.code}", actor=actor, reason="loaded from its file"
        ) as draft:
            loading = _Loading(filed, chain, draft)
            loading.load()
            if is_new:
                draft.change("clock_offset_s", 0, chain.clock_offset_s)
            if loading.created or is_new:
                draft.touch(*RESOURCES)
            is_changed = bool(draft.changes)
            if is_changed:
                follow_rules(loading.session)
    _report(loading, say, is_changed=is_changed)
    return loading.session


def _clock(clock_at: datetime | None) -> dict[str, Any]:
    if clock_at is None:
        return {}
    if not settings.ALLOW_REHEARSAL:
        raise Refused("rehearsal_not_allowed", _("This installation does not allow rehearsals."))
    return {
        "clock_offset_s": math.ceil((clock_at - clock.now()) / timedelta(seconds=1)),
        "is_rehearsal": True,
    }


def _report(loading: "_Loading", say: Say, *, is_changed: bool) -> None:
    code = loading.session.code
    if loading.created:
        counts = ", ".join(f"{count} {what}" for what, count in loading.created.items())
        say(_("%(code)s: added %(counts)s.") % {"code": code, "counts": counts})
    for renamed in loading.renamed:
        say(_("%(code)s: description of %(what)s updated.") % {"code": code, "what": renamed})
    for left in loading.left:
        say(f"{code}: {left}")
    if not is_changed:
        say(_("%(code)s: nothing to do, everything is there.") % {"code": code})


class _Loading:
    """One comparison of a file with what stands."""

    def __init__(self, filed: SessionFile, chain: Chain, draft: journal.Draft) -> None:
        self.filed = filed
        self.chain = chain
        self.draft = draft
        self.created: Counter[str] = Counter()
        self.renamed: list[str] = []
        self.left: list[str] = []

    def load(self) -> None:
        self.session = self._session()
        self.groups = self._groups()
        self._segments()
        self._delegations()
        self._rules()
        self._debate()
        self._parts()

    # --- the session and its parts ---

    def _session(self) -> MeetingSession:
        session = MeetingSession.objects.select_for_update(no_key=True).filter(code=self.filed.code).first()
        if session is None:
            session = MeetingSession(
                code=self.filed.code, chain=self.chain, names=self.filed.names, time_zone=self.filed.time_zone
            )
            session.save()
            self._add("session", {"code": session.code, "names": session.names, "time_zone": session.time_zone})
        elif session.time_zone != self.filed.time_zone:
            self._leave("time zone", session.time_zone, self.filed.time_zone)
        self._rename("session", session, self.filed.names)
        return session

    def _groups(self) -> dict[str, RegionalGroup]:
        groups = {group.code: group for group in self.session.groups.all()}
        for filed in self.filed.groups:
            if filed.code not in groups:
                groups[filed.code] = RegionalGroup.objects.create(
                    session=self.session, code=filed.code, names=filed.names
                )
                self._add("regional groups", {"names": filed.names}, name=f"group:{filed.code}")
            self._rename(f"group:{filed.code}", groups[filed.code], filed.names)
        return groups

    def _segments(self) -> None:
        segments = {segment.code: segment for segment in self.session.segments.prefetch_related("meetings")}
        for filed in self.filed.segments:
            name = f"segment:{filed.code}"
            days = {"opens_on": filed.opens_on, "closes_on": filed.closes_on}
            segment = segments.get(filed.code)
            if segment is None:
                segment = Segment.objects.create(session=self.session, code=filed.code, names=filed.names, **days)
                self._add("segments", {"names": filed.names, **_shown(days)}, name=name)
            elif (segment.opens_on, segment.closes_on) != (filed.opens_on, filed.closes_on):
                self._leave(name, f"{segment.opens_on} – {segment.closes_on}", f"{filed.opens_on} – {filed.closes_on}")
            self._rename(name, segment, filed.names)
            meetings = {meeting.number: meeting for meeting in segment.meetings.all()}
            for number, sitting in enumerate(filed.meetings, start=1):
                hours = {"opens_at": sitting.opens_at, "closes_at": sitting.closes_at}
                meeting = meetings.get(number)
                if meeting is None:
                    Meeting.objects.create(segment=segment, number=number, **hours)
                    self._add("meetings", _shown(hours), name=f"meeting:{filed.code}/{number}")
                elif (meeting.opens_at, meeting.closes_at) != (sitting.opens_at, sitting.closes_at):
                    self._leave(
                        f"meeting:{filed.code}/{number}",
                        f"{meeting.opens_at} – {meeting.closes_at}",
                        f"{sitting.opens_at} – {sitting.closes_at}",
                    )

    def _delegations(self) -> None:
        standing = {delegation.code: delegation for delegation in self.session.delegations.select_related("group")}
        fresh = []
        for filed in self.filed.delegations:
            name = f"delegation:{filed.code}"
            delegation = standing.get(filed.code)
            if delegation is None:
                facts = {"kind": filed.kind, "group": filed.group or None, "names": filed.names}
                fresh.append(
                    Delegation(
                        session=self.session,
                        code=filed.code,
                        kind=filed.kind,
                        group=self.groups.get(filed.group),
                        names=filed.names,
                    )
                )
                self._add("delegations", facts, name=name)
                continue
            is_here = (delegation.kind, delegation.group.code if delegation.group else "")
            if is_here != (filed.kind, filed.group):
                self._leave(name, " ".join(is_here), f"{filed.kind} {filed.group}")
            self._rename(name, delegation, filed.names)
        Delegation.objects.bulk_create(fresh)

    # --- the rule book ---

    def _rules(self) -> None:
        standing = {rule.name: rule for rule in self.session.rules.all()}
        self._add_rules([filed for filed in self.filed.rules if filed.name not in standing])
        for filed in self.filed.rules:
            rule = standing.get(filed.name)
            if rule is None:
                continue
            if rule.type != filed.type or not same_value(rule.value, filed.value):
                self._leave(f"rule {filed.name}", self._text(rule), self._text(filed))
            if rule.type == filed.type:
                self._describe(rule, filed)

    def _add_rules(self, fresh: list[FiledRule]) -> None:
        rules = [
            Rule(
                session=self.session,
                scope=filed.scope,
                key=filed.key,
                type=filed.type,
                value=filed.value,
                **filed.description,
            )
            for filed in fresh
        ]
        for rule, filed in zip(Rule.objects.bulk_create(rules), fresh, strict=True):
            self._add_rule(rule, filed)

    def _add_rule(self, rule: Rule, filed: FiledRule) -> None:
        first = filed.corrections[0][0] if filed.corrections else filed.value
        self._add("rules", {"type": filed.type, "value": first, **filed.description}, name=f"rule:{filed.name}")
        at = clock.now()
        past = [old for old, _reason in filed.corrections] + [filed.value]
        for number, (old, reason) in enumerate(filed.corrections, start=1):
            RuleCorrection.objects.create(
                rule=rule,
                number=number,
                old_value=old,
                new_value=past[number],
                at=at,
                session_at=self.chain.to_session(at),
                by=self.draft.actor.user,
                reason=reason,
            )
            self.draft.change(f"rule:{filed.name}#{number}", old, {"value": past[number], "reason": reason})
        self.draft.touch("rules")

    def _describe(self, rule: Rule, filed: FiledRule) -> None:
        changed = {name: value for name, value in filed.description.items() if getattr(rule, name) != value}
        if not changed:
            return
        before = {name: getattr(rule, name) for name in changed}
        for name, value in changed.items():
            setattr(rule, name, value)
        rule.save(update_fields=list(changed))
        self.draft.change(f"rule:{filed.name}", before, changed)
        self.draft.touch("rules")
        # The place in the file moves for every rule after a new one; that is nothing to tell anybody.
        if changed.keys() != {"position"}:
            self.renamed.append(f"rule {filed.name}")

    def _text(self, rule: Rule | FiledRule) -> str:
        return to_text(rule.type, rule.value, zone=self.session.zone).replace("\n", ", ")

    def _debate(self) -> None:
        if self.filed.rule("debate.slots") is None or GeneralDebate.objects.filter(session=self.session).exists():
            return
        debate = GeneralDebate.objects.create(session=self.session)
        self._add("general debate", {"session": self.session.code}, name="debate")
        sync_slots(debate, rule_book(self.session).integer("debate", "slots"), actor=self.draft.actor)

    # --- what others load ---

    def _parts(self) -> None:
        loaded = Loaded(
            add=lambda what, facts, name: self._add(what, facts, name=name),
            rename=self._rename,
            touch=self.draft.touch,
        )
        for part in parts():
            part.load(self.session, self.filed.parts.get(part.name, []), loaded)

    # --- what is said of it ---

    def _add(self, what: str, facts: dict[str, Any], *, name: str = "") -> None:
        self.draft.change(name or what, None, facts)
        self.draft.touch("session")
        self.created[what] += 1

    def _rename(self, name: str, row: Named, names: dict[str, str]) -> None:
        if row.names == names:
            return
        self.draft.change(f"{name} names", row.names, names)
        self.draft.touch(*RESOURCES)
        row.names = names
        row.save(update_fields=["names"])
        self.renamed.append(name)

    def _leave(self, what: str, here: str, filed: str) -> None:
        self.left.append(
            _("%(what)s is %(here)s here and %(filed)s in the file: left as it is.")
            % {"what": what, "here": here, "filed": filed}
        )


def _shown(facts: dict[str, Any]) -> dict[str, str]:
    return {
        name: clock.rfc3339(value) if isinstance(value, datetime) else value.isoformat()
        for name, value in facts.items()
    }
