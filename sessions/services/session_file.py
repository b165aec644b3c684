"""A session as a file gives it: TOML for the session and its rules, CSV for its delegations."""

import csv
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cnd.errors import Invalid, NotFound
from sessions.domain.reminders import read_offsets
from sessions.domain.rule_values import from_toml, to_python
from sessions.models import Delegation, Rule
from sessions.services.audiences import AUDIENCES
from sessions.services.session_parts import parts

DATA = Path(__file__).resolve().parent.parent / "data"
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
UNIT_OF_DURATIONS = "s"
REMINDER_OFFSETS = ("notices", "reminder_offsets")
"""The rule that says how long before a deadline to remind."""
AUDIENCE_NAMES = frozenset({"secretariat", *(audience.name for audience in AUDIENCES)})

Names = dict[str, str]


@dataclass(frozen=True)
class FiledMeeting:
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class FiledSegment:
    code: str
    names: Names
    opens_on: date
    closes_on: date
    meetings: list[FiledMeeting]


@dataclass(frozen=True)
class FiledGroup:
    code: str
    names: Names


@dataclass(frozen=True)
class FiledDelegation:
    code: str
    kind: str
    group: str
    names: Names


@dataclass(frozen=True)
class FiledRule:
    scope: str
    key: str
    type: str
    value: Any
    description: dict[str, Any]
    corrections: list[tuple[Any, str]]
    """What it was before, oldest first, each with the reason for which it was corrected."""

    @property
    def name(self) -> str:
        return f"{self.scope}.{self.key}"


@dataclass
class SessionFile:
    """Everything a file says of a session, checked."""

    code: str
    names: Names
    time_zone: str
    segments: list[FiledSegment] = field(default_factory=list)
    groups: list[FiledGroup] = field(default_factory=list)
    delegations: list[FiledDelegation] = field(default_factory=list)
    rules: list[FiledRule] = field(default_factory=list)
    parts: dict[str, list[Any]] = field(default_factory=dict)
    """What others load, by the name of the part (`session_parts`)."""

    def rule(self, name: str) -> FiledRule | None:
        return next((rule for rule in self.rules if rule.name == name), None)


def path_of(name: str | Path) -> Path:
    """Return the file that a name such as "cnd67" or a path means. Raises NotFound."""
    path = Path(name) if str(name).endswith(".toml") else DATA / f"{name}.toml"
    if not path.is_file():
        raise NotFound("no_session_file", f"There is no file {path}.")
    return path


def read_session_file(path: Path) -> SessionFile:
    """Read and check a session's file and its delegations. Raises Invalid naming the place of the first fault."""
    place = path.name
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        zone = _zone(raw["time_zone"])
        filed = SessionFile(code=str(raw["code"]), names=read_names(raw), time_zone=zone.key)
        for entry in raw.get("segments", []):
            place = f"{path.name}, segment {entry.get('code')}"
            filed.segments.append(_segment(entry, zone))
        for entry in raw.get("groups", []):
            place = f"{path.name}, group {entry.get('code')}"
            filed.groups.append(FiledGroup(str(entry["code"]), read_names(entry)))
        for position, entry in enumerate(raw.get("rules", []), start=1):
            place = f"{path.name}, rule {entry.get('scope')}.{entry.get('key')}"
            filed.rules.append(_rule(entry, zone, position))
        for part in parts():
            for entry in raw.get(part.name, []):
                place = f"{path.name}, {part.name} {entry.get('code')}"
                filed.parts.setdefault(part.name, []).append(part.read(entry, zone))
        if "delegations" in raw:
            place = str(raw["delegations"])
            filed.delegations = _delegations(path.parent / place, {group.code for group in filed.groups})
        place = path.name
        _refuse_doubles(filed)
    except KeyError as missing:
        raise Invalid("session_file_not_valid", f"{place}: {missing.args[0]} is missing.") from None
    except (ValueError, TypeError, AttributeError, OSError) as fault:
        raise Invalid("session_file_not_valid", f"{place}: {fault}") from None
    return filed


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError(f"there is no time zone {name}") from None


def read_names(entry: dict[str, Any]) -> Names:
    """Return the names of an entry, one a language. Raises KeyError, ValueError."""
    names = {language: str(entry["names"][language]) for language in LANGUAGES}
    if not all(names.values()):
        raise ValueError("a name is empty")
    return names


def _segment(entry: dict[str, Any], zone: ZoneInfo) -> FiledSegment:
    def instant(value: Any) -> Any:
        return to_python("instant", from_toml("instant", value, zone=zone))

    def day(value: Any) -> Any:
        return to_python("date", from_toml("date", value, zone=zone))

    return FiledSegment(
        code=str(entry["code"]),
        names=read_names(entry),
        opens_on=day(entry["opens_on"]),
        closes_on=day(entry["closes_on"]),
        meetings=[
            FiledMeeting(instant(sitting["opens_at"]), instant(sitting["closes_at"])) for sitting in entry["meetings"]
        ],
    )


def _rule(entry: dict[str, Any], zone: ZoneInfo, position: int) -> FiledRule:
    known = {"scope", "key", "type", "unit", "value", "choices", "title", "source", "default", "deadline", "audience",
             "opening", "reminders_to", "corrections"}  # fmt: skip
    if unknown := sorted(entry.keys() - known):
        raise ValueError(f"{unknown[0]} is not known")
    type_, choices = str(entry["type"]), list(entry.get("choices", []))
    if (entry["scope"], entry["key"]) == REMINDER_OFFSETS:
        read_offsets(entry["value"])
    for name in ("audience", "reminders_to"):
        # One that is nobody would be found out when it should be told, and by nobody who can mend it.
        if entry.get(name) and str(entry[name]).partition(":")[0] not in AUDIENCE_NAMES:
            raise ValueError(f"there is no audience {entry[name]}")
    return FiledRule(
        scope=str(entry["scope"]),
        key=str(entry["key"]),
        type=type_,
        value=from_toml(type_, entry["value"], zone=zone, choices=choices),
        description={
            "unit": entry.get("unit", UNIT_OF_DURATIONS if type_ == Rule.Type.DURATION else ""),
            "choices": choices,
            "title": str(entry["title"]),
            "source": str(entry.get("source", "")),
            "is_default": bool(entry.get("default", False)),
            "is_deadline": bool(entry.get("deadline", False)),
            "audience": str(entry.get("audience", "")),
            "is_opening": bool(entry.get("opening", False)),
            "reminders_to": str(entry.get("reminders_to", "")),
            "position": position,
        },
        corrections=[
            (from_toml(type_, past["old_value"], zone=zone, choices=choices), str(past["reason"]))
            for past in entry.get("corrections", [])
        ],
    )


def _delegations(path: Path, groups: set[str]) -> list[FiledDelegation]:
    filed = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names = {language: row[f"name_{language}"] for language in LANGUAGES}
            delegation = FiledDelegation(row["iso2"], row["status"], row["regional_group"], names)
            if delegation.kind not in Delegation.Kind.values:
                raise ValueError(f"{delegation.code}: there is no kind {delegation.kind}")
            if (delegation.kind == Delegation.Kind.MEMBER_STATE) != (delegation.group in groups):
                raise ValueError(f"{delegation.code}: a Member State is in a group of the session, nobody else is")
            filed.append(delegation)
    return filed


def _refuse_doubles(filed: SessionFile) -> None:
    for what, names in (
        ("segment", [segment.code for segment in filed.segments]),
        ("group", [group.code for group in filed.groups]),
        ("delegation", [delegation.code for delegation in filed.delegations]),
        ("rule", [rule.name for rule in filed.rules]),
    ):
        for name, count in Counter(names).items():
            if count > 1:
                raise ValueError(f"the {what} {name} stands {count} times")
