"""Where a delegation stands: its inscriptions, its lot, slot and place, what is due, what happened to it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from cnd.models import JournalEntry
from sessions.domain.speakers import SpeakersList
from sessions.models import (
    Delegation,
    Drawing,
    GeneralDebate,
    Inscription,
    Level,
    ListEvent,
    ListVersion,
    Lot,
    Membership,
)
from sessions.services.deadlines import Deadline
from sessions.services.list_events import as_fact
from sessions.views.speakers import next_place
from sessions.views.staff_list_reading import Names, slot_of, told
from sessions.views.surroundings import Due

Kind = ListEvent.Kind
State = Drawing.State
Statement = Inscription.Statement

# What else happens to a delegation on the list stands in the journal, as its own act.
_SHOWN_EVENTS = {Kind.ABSENT, Kind.EXCHANGED, Kind.SPOKEN}


@dataclass(frozen=True)
class Standing:
    """Where a statement stands on the published list; `before` counts those who still speak before it."""

    place: int | None = None
    total: int = 0
    before: int = 0
    slot: int | None = None
    is_next: bool = False
    is_spoken: bool = False
    waiting: int | None = None
    waiting_total: int = 0


@dataclass(frozen=True)
class OwnStatement:
    """One inscription with all that belongs to it."""

    inscription: Inscription
    standing: Standing | None
    lot: Lot | None
    group_size: int
    pending: list[str]
    can_undo: bool
    speaking_time: Any = None

    @property
    def is_withdrawn(self) -> bool:
        return self.inscription.withdrawn_at is not None

    @property
    def lacks_speaker(self) -> bool:
        """Tell whether it is still to be said who speaks."""
        has_spoken = self.standing is not None and self.standing.is_spoken
        return (
            not self.is_withdrawn
            and not has_spoken
            and not (self.inscription.speaker and self.inscription.speaker.value)
        )


@dataclass(frozen=True, order=True)
class Happening:
    """One thing that happened to the delegation."""

    at: datetime
    sentence: str = field(compare=False)
    by: str = field(compare=False, default="")


def standing_of(content: Mapping[str, Any], delegation: str, statement: str) -> Standing | None:
    """Read from a published list where a statement stands; None when it is not on it."""
    rows = content["speakers"]
    for row in rows:
        if (row["delegation"], row["statement"]) != (delegation, statement):
            continue
        ahead = [each for each in rows if each["place"] < row["place"] and each["delegation"] and not each["spoken"]]
        return Standing(
            place=row["place"],
            total=len(rows),
            before=len(ahead),
            slot=row["slot"],
            is_next=row["place"] == next_place(rows),
            is_spoken=row["spoken"],
        )
    if statement == Statement.NATIONAL:
        for queue in content["waiting"]:
            if delegation in queue["delegations"]:
                position = queue["delegations"].index(delegation) + 1
                return Standing(waiting=position, waiting_total=len(queue["delegations"]))
    return None


def own_statements(
    debate: GeneralDebate, delegation: Delegation, drawing: Drawing | None, rules: Mapping[str, Any]
) -> list[OwnStatement]:
    """Return the inscriptions that stand, and withdrawn ones that none has replaced. Five queries at most."""
    inscriptions = list(
        debate.inscriptions.filter(delegation=delegation)
        .select_related("group", "speaker")
        .order_by("withdrawn_at", "-receipt_number")
    )
    standing = {each.statement for each in inscriptions if each.withdrawn_at is None}
    shown: dict[str, Inscription] = {}
    for each in inscriptions:
        if each.withdrawn_at is None or each.statement not in standing:
            shown.setdefault(each.statement, each)
    lot, version, events, group_size = None, None, [], 0
    if drawing is not None:
        lot = Lot.objects.filter(drawing=drawing, delegation=delegation).first()
        version = ListVersion.objects.filter(drawing=drawing).order_by("number").last()
        if lot is not None:
            group_size = Lot.objects.filter(drawing=drawing, group_id=lot.group_id).count()
        if drawing.state == State.ANNOUNCED:
            events = [
                event
                for event in drawing.events.filter(cancelled_at__isnull=True).order_by("number")
                if event.facts.get("delegation") == delegation.code
            ]
    names = Names({delegation.code: delegation}, {})
    statements = []
    for each in sorted(shown.values(), key=lambda inscription: inscription.statement != Statement.NATIONAL):
        of_statement = [event for event in events if event.facts.get("statement") == each.statement]
        is_national = each.statement == Statement.NATIONAL
        statements.append(
            OwnStatement(
                inscription=each,
                standing=standing_of(version.content, delegation.code, each.statement) if version else None,
                lot=lot if is_national else None,
                group_size=group_size,
                pending=[told(event, names) for event in of_statement],
                can_undo=each.withdrawn_at is not None and _can_undo(drawing, of_statement),
                speaking_time=rules.get(f"debate.statement_{each.statement}"),
            )
        )
    return statements


def _can_undo(drawing: Drawing | None, events: Sequence[ListEvent]) -> bool:
    """Tell whether a withdrawal can be taken back: nothing was announced without it, and nothing drawn on it."""
    if drawing is None:
        return True
    return drawing.state == State.ANNOUNCED and any(event.kind == Kind.WITHDRAWN for event in events)


def due_of(deadlines: Iterable[Deadline], *, is_inscribed: bool, is_drawn: bool) -> list[Due]:
    """Return what lies ahead of a delegation, in order of time, of the deadlines that concern it.

    `is_inscribed` says that it has nothing left to inscribe for.
    """
    done = {
        "debate.inscription_opens": is_inscribed,
        "debate.inscription_closes": is_inscribed,
        "debate.draw_at": is_drawn,
    }
    due = []
    for each in deadlines:
        if not each.concerns or each.is_past or not (each.rule.is_deadline or each.is_announced):
            continue
        due.append(
            Due(
                name=each.rule.name,
                title=each.title,
                at=each.at,
                is_closing=each.is_closing,
                is_done=done.get(each.rule.name, False),
                is_as_filed=each.title == each.rule.title,
                is_announced=each.is_announced,
            )
        )
    return due


# --- what happened ----------------------------------------------------------------------------------------------------


def history_of(debate: GeneralDebate, delegation: Delegation, drawings: Sequence[Drawing]) -> list[Happening]:
    """Return everything that happened to a delegation, the latest first."""
    drawn = next((each for each in drawings if each.state == State.DRAWN), None)
    on_the_list = _on_the_list(drawn, delegation, Names.of(debate.session)) if drawn else ()
    # Of one moment, what follows from the other comes first.
    happened = [*on_the_list, *_of_drawings(debate, delegation, drawings), *_own_entries(debate, delegation)]
    return sorted(happened, reverse=True)


def _own_entries(debate: GeneralDebate, delegation: Delegation) -> Iterator[Happening]:
    own = {f"user:{pk}" for pk in Membership.objects.filter(delegation=delegation).values_list("user_id", flat=True)}
    # Neither database looks into a list of pairs in the same way; both can read it as text.
    entries = (
        JournalEntry.objects.filter(chain_id=debate.session.chain_id)
        .alias(touched=Cast("resources", TextField()))
        .filter(touched__contains=f'"delegation:{delegation.code}"')
        .order_by("number")
    )
    prefix = f"inscription:{delegation.code}:"
    for entry in entries:
        by = _("your delegation") if entry.actor in own else _("the secretariat")
        for change in entry.changes:
            if change["what"].startswith(prefix):
                for sentence in _changes_told(change["before"], change["after"]):
                    yield Happening(entry.session_at, sentence, by)


def _changes_told(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Iterator[str]:
    statement = Statement(after["statement"]).label
    level = Level(after["level"]).label
    if before is None:
        what = {"n": after["receipt"], "statement": statement, "level": level}
        yield _("Inscribed under receipt %(n)d. %(statement)s, level: %(level)s.") % what
        return
    if before["level"] != after["level"]:
        levels = {"old": Level(before["level"]).label, "new": level, "statement": statement}
        yield _("%(statement)s: level changed from %(old)s to %(new)s.") % levels
    if before["speaker"] != after["speaker"]:
        yield _("%(statement)s: the speaker was changed.") % {"statement": statement}
    if before["withdrawn"] != after["withdrawn"]:
        said = (
            _("%(statement)s: withdrawn.") if after["withdrawn"] else _("%(statement)s: the withdrawal was taken back.")
        )
        yield said % {"statement": statement}


def _of_drawings(debate: GeneralDebate, delegation: Delegation, drawings: Sequence[Drawing]) -> Iterator[Happening]:
    to_session = debate.session.chain.to_session
    lots = {lot.drawing_id: lot for lot in Lot.objects.filter(drawing__debate=debate, delegation=delegation)}
    for drawing in drawings:
        what: dict[str, Any] = {"attempt": drawing.attempt, "reason": drawing.end_reason}
        yield Happening(to_session(drawing.announced_at), _("Drawing of lots %(attempt)d was announced.") % what)
        if drawing.drawn_at is not None:
            lot = lots.get(drawing.pk)
            said = _("The lots of drawing %(attempt)d were drawn.") % what
            if lot is not None:
                ranks = {"rank": lot.rank, "group_rank": lot.group_rank}
                said += " " + _("Your lot: %(group_rank)d in your group, %(rank)d of all.") % ranks
            yield Happening(to_session(drawing.drawn_at), said)
        if drawing.ended_at is not None:
            is_annulled = drawing.state == State.ANNULLED
            said = (
                _("Drawing %(attempt)d was annulled: %(reason)s")
                if is_annulled
                else _("The announcement of drawing %(attempt)d was withdrawn: %(reason)s")
            )
            yield Happening(to_session(drawing.ended_at), said % what)


def _on_the_list(drawing: Drawing, delegation: Delegation, names: Names) -> Iterator[Happening]:
    """Replay the list and tell what moved this delegation, also what others did."""
    assert drawing.bundle is not None
    speakers = SpeakersList(drawing.bundle["announcement"], drawing.bundle["result"])
    slot = slot_of(speakers, delegation.code)
    if slot is not None and drawing.drawn_at is not None:
        at = drawing.debate.session.chain.to_session(drawing.drawn_at)
        yield Happening(at, _("You were given slot %(slot)d.") % {"slot": slot})
    for event in drawing.events.filter(cancelled_at__isnull=True).order_by("number"):
        speakers.apply(as_fact(event))
        concerned = delegation.code in (event.facts.get("delegation"), event.facts.get("with"))
        if concerned and event.kind in _SHOWN_EVENTS:
            yield Happening(event.session_at, told(event, names))
        now = slot_of(speakers, delegation.code)
        if now != slot:
            said = _("You gave slot %(slot)d back.") if now is None else _("You were given slot %(slot)d.")
            yield Happening(event.session_at, said % {"slot": slot if now is None else now})
        slot = now
