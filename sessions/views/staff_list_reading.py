"""The list of speakers as staff read it: its events in words, who recorded them, and what a further one would do."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cnd.models import JournalEntry, User
from sessions.domain.speakers import CannotApply, SpeakersList
from sessions.models import Delegation, Drawing, Level, ListEvent, MeetingSession, RegionalGroup

Kind = ListEvent.Kind

_RECORDING = ("inscribe", "import_roster", "change_level", "change_inscription", "withdraw")


@dataclass(frozen=True)
class Names:
    """Delegations and groups of a session by code, in the reader's language. One query each."""

    delegations: Mapping[str, Delegation]
    groups: Mapping[str, RegionalGroup]

    @classmethod
    def of(cls, session: MeetingSession) -> "Names":
        return cls(
            {each.code: each for each in Delegation.objects.filter(session=session)},
            {each.code: each for each in RegionalGroup.objects.filter(session=session)},
        )

    def delegation(self, code: str | None) -> str:
        return self.delegations[code].name if code and code in self.delegations else code or ""

    def group(self, code: str | None) -> str:
        return self.groups[code].name if code and code in self.groups else code or ""


@dataclass(frozen=True)
class ToldEvent:
    """One event of the list, ready to be shown."""

    event: ListEvent
    sentence: str
    who: str


def told(event: ListEvent, names: Names) -> str:
    """Say in a sentence what happened."""
    facts = event.facts
    name = names.delegation(facts.get("delegation"))
    is_group = facts.get("statement") == "group"
    if is_group:
        name = _("%(name)s (statement on behalf of its group)") % {"name": name}
    level = dict(Level.choices).get(facts.get("level", ""), "")
    words = {"name": name, "level": level, "other": names.delegation(facts.get("with"))}
    match event.kind:
        case Kind.WITHDRAWN:
            return _("%(name)s withdrew.") % words
        case Kind.LEVEL_CHANGED:
            return _("%(name)s changed its level to: %(level)s.") % words
        case Kind.LATE:
            return _("%(name)s was inscribed late; level: %(level)s.") % words
        case Kind.VACANCIES_FILLED:
            return _("The filling of the vacant slots was started.")
        case Kind.ABSENT:
            return _("%(name)s was absent when called.") % words
        case Kind.EXCHANGED:
            return _("%(name)s and %(other)s exchanged places.") % words
        case Kind.SPOKEN:
            return _("%(name)s has spoken.") % words
    return event.get_kind_display()


def told_events(drawing: Drawing, events: Iterable[ListEvent], names: Names) -> list[ToldEvent]:
    """Return the events with who recorded each, which the journal knows. Two queries."""
    actions = [*_RECORDING, *(f"record_{kind}" for kind in Kind.values)]
    entries = JournalEntry.objects.filter(
        chain=drawing.debate.session.chain, at__gte=drawing.announced_at, action__in=actions
    )
    prefix = f"{drawing.resource}/events/"
    actor_of: dict[str, str] = {}
    for actor, changes in entries.values_list("actor", "changes"):
        actor_of.update({each["what"]: actor for each in changes if each["what"].startswith(prefix)})
    who = actors_named(actor_of.values())
    return [
        ToldEvent(event, told(event, names), who.get(actor_of.get(f"{prefix}{event.number}", ""), ""))
        for event in events
    ]


def actors_named(references: Iterable[str]) -> dict[str, str]:
    """Return for each actor's reference who that is, in words for staff. One query."""
    references = set(references)
    keys = [int(reference[5:]) for reference in references if reference.startswith("user:")]
    users = User.objects.in_bulk(keys)
    named = {
        "worker": _("Worker"),
        "command": _("Command on the server"),
        "public": _("Public, without sign-in"),
        "": _("unknown"),
    }
    for reference in references:
        user = users.get(int(reference[5:])) if reference.startswith("user:") else None
        if user:
            named[reference] = f"{user.public_function} ({user.get_username()})"
        named.setdefault(reference, reference)
    return named


# --- what an event would do -------------------------------------------------------------------------------------------


def after(speakers: SpeakersList, **event: Any) -> SpeakersList | None:
    """Return the list as it would be after one more event, recording nothing; None when the event does not fit."""
    outlook = deepcopy(speakers)
    try:
        outlook.apply(event)
    except CannotApply:
        return None
    return outlook


def place_of(speakers: SpeakersList, delegation: str, statement: str = "national") -> int | None:
    """Return the place at which somebody stands on the list."""
    for place, line in enumerate(speakers.lines, start=1):
        if (line.delegation, line.statement) == (delegation, statement):
            return place
    return None


def slot_of(speakers: SpeakersList, delegation: str) -> int | None:
    """Return the number of the slot that a delegation holds."""
    return next((number for number, holder in speakers.holders.items() if holder == delegation), None)
