"""What a journal entry changed, in words: before and after, with personal data looked up where they still are."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.clock import parse_rfc3339
from cnd.instants import instant_text
from cnd.models import PersonalDatum
from sessions.domain.rule_values import to_python
from sessions.models import Delegation, Drawing, Inscription, Level, ListEvent
from sessions.views.staff_list_reading import Names

Data = Mapping[UUID, PersonalDatum]

_HASH = re.compile(r"[0-9a-f]{64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")

ACTIONS = {
    "load_session": gettext_lazy("Session loaded"),
    "load_demonstration": gettext_lazy("Demonstration loaded"),
    "sync_slots": gettext_lazy("Slots made"),
    "inscribe": gettext_lazy("Inscribed"),
    "import_roster": gettext_lazy("Roster imported"),
    "change_level": gettext_lazy("Level changed"),
    "edit_speaker": gettext_lazy("Speaker changed"),
    "withdraw": gettext_lazy("Inscription withdrawn"),
    "undo_withdrawal": gettext_lazy("Withdrawal taken back"),
    "confirm_quotas": gettext_lazy("Quotas confirmed"),
    "announce": gettext_lazy("Drawing announced"),
    "withdraw_announcement": gettext_lazy("Announcement withdrawn"),
    "hand_in_value": gettext_lazy("Random value handed in"),
    "enter_numbers": gettext_lazy("Numbers entered"),
    "settle_sources": gettext_lazy("Sources settled"),
    "draw": gettext_lazy("Lots drawn"),
    "ask_annulment": gettext_lazy("Annulment asked for"),
    "drop_annulment": gettext_lazy("Annulment no longer asked for"),
    "annul": gettext_lazy("Result annulled"),
    "record_spoken": gettext_lazy("Has spoken"),
    "record_absent": gettext_lazy("Absent when called"),
    "record_exchanged": gettext_lazy("Places exchanged"),
    "record_vacancies_filled": gettext_lazy("Vacant slots filled"),
    "correct_rule": gettext_lazy("Rule corrected"),
    "shift_clock": gettext_lazy("Clock shifted"),
    "erase_personal": gettext_lazy("Personal data erased"),
    "send_message": gettext_lazy("Message sent"),
    "cancel_notices": gettext_lazy("Notices cancelled"),
    "reinstate_notices": gettext_lazy("Cancellation of notices taken back"),
    "resend_notices": gettext_lazy("Notices sent again"),
    "resend_notice": gettext_lazy("Notice sent again"),
    "save_text": gettext_lazy("Wording of a notice changed"),
    "reset_text": gettext_lazy("Wording of a notice given back"),
}
NAMES = {
    "announcement_sha256": gettext_lazy("hash of the announcement"),
    "at": gettext_lazy("session time"),
    "delegation": gettext_lazy("delegation"),
    "group": gettext_lazy("group"),
    "kind": gettext_lazy("kind"),
    "level": gettext_lazy("level"),
    "number": gettext_lazy("number"),
    "offset_s": gettext_lazy("offset in seconds"),
    "proof_sha256": gettext_lazy("hash of the proof"),
    "receipt": gettext_lazy("receipt"),
    "rehearsal": gettext_lazy("rehearsal"),
    "sha256": gettext_lazy("hash"),
    "speaker": gettext_lazy("speaker"),
    "statement": gettext_lazy("statement"),
    "version": gettext_lazy("version"),
    "with": gettext_lazy("with"),
    "withdrawn": gettext_lazy("withdrawn"),
}
_WORDS: dict[str, dict[str, Any]] = {
    "": dict(Drawing.State.choices),
    "kind": {**dict(Delegation.Kind.choices), **dict(ListEvent.Kind.choices)},
    "level": dict(Level.choices),
    "statement": dict(Inscription.Statement.choices),
}


@dataclass(frozen=True)
class Told:
    """One value in words. Where it is a person's, the key by which it can be erased, unless it was."""

    text: str
    personal: str = ""
    is_erased: bool = False


@dataclass(frozen=True)
class ToldPair:
    name: str
    before: Told | None
    after: Told | None


@dataclass(frozen=True)
class ToldChange:
    what: str
    pairs: list[ToldPair]


def register_actions(words: Mapping[str, Any]) -> None:
    """Have further actions named in words."""
    ACTIONS.update(words)


def action_label(code: str) -> str:
    """Return an action in words; one that has none yet by its code."""
    return str(ACTIONS.get(code, code.replace("_", " ")))


def personal_keys(changes_of_entries: Iterable[list[dict[str, Any]]]) -> set[UUID]:
    """Return the keys of all personal data that entries refer to."""
    return {
        UUID(key)
        for changes in changes_of_entries
        for change in changes
        for side in (change["before"], change["after"])
        for key in _keys(side)
    }


def _keys(value: Any) -> Iterator[str]:
    if _is_personal(value):
        yield value["personal"]
    elif isinstance(value, dict):
        for part in value.values():
            yield from _keys(part)


def _is_personal(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"personal", "hash"}


@dataclass(frozen=True)
class Reading:
    """What is needed to put stored values into words."""

    data: Data
    names: Names
    tz: str


def told_changes(changes: list[dict[str, Any]], reading: Reading) -> list[ToldChange]:
    """Return every change as pairs of before and after; parts that did not change are left out."""
    return [ToldChange(change["what"], _pairs(change, reading)) for change in changes]


def _pairs(change: Mapping[str, Any], reading: Reading) -> list[ToldPair]:
    before, after = dict(_flat("", change["before"])), dict(_flat("", change["after"]))
    if "" in before and after.keys() - {""}:
        # A plain value gave way to several: one line says it.
        together = ", ".join(f"{_name(name)} {_told(name, value, reading).text}" for name, value in after.items())
        return [ToldPair("", _told("", before[""], reading), Told(together))]
    return [
        ToldPair(
            _name(name),
            _told(name, before[name], reading) if before.get(name) is not None else None,
            _told(name, after[name], reading) if after.get(name) is not None else None,
        )
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]


def _name(dotted: str) -> str:
    return " ".join(str(NAMES.get(part, part.replace("_", " "))) for part in dotted.split("."))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and not _is_personal(value):
        # Sorted: PostgreSQL keeps the members of an object in an order of its own.
        for key, part in sorted(value.items()):
            yield from _flat(f"{name}.{key}" if name else str(key), part)
    elif name or value is not None:
        yield name, value


def _told(name: str, value: Any, reading: Reading) -> Told:
    if _is_personal(value):
        return _told_person(value["personal"], reading.data)
    if isinstance(value, bool):
        return Told(_("yes") if value else _("no"))
    if isinstance(value, list):
        return Told(", ".join(_told(name, each, reading).text for each in value) or "—")
    text = str(value)
    if name in {"delegation", "with"}:
        return Told(reading.names.delegation(text))
    if name == "group":
        return Told(reading.names.group(text))
    if _INSTANT.fullmatch(text):
        moment = parse_rfc3339(text) if "." in text else to_python("instant", text)
        return Told(instant_text(moment, reading.tz, seconds=bool(moment.second or moment.microsecond)))
    if _HASH.fullmatch(text):
        return Told(f"{text[:12]}…")
    return Told(str(_WORDS.get(name, {}).get(text, text)) or "—")


def _told_person(key: str, data: Data) -> Told:
    datum = data.get(UUID(key))
    if datum is None or datum.value is None:
        return Told(_("erased"), is_erased=True)
    return Told(", ".join(str(part) for part in datum.value.values() if part) or "—", personal=key)
