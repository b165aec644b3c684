"""What surrounds a meeting, as its file gives it: kinds of side events, rooms. Loaded with the session."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from logistics.models import EventKind, Layout, Programme, Room
from sessions.models import MeetingSession
from sessions.services.session_file import read_names
from sessions.services.session_parts import Loaded, Names, Part, register_part

USES = ("events", "bilaterals", "both", "held")
RESOURCES = ("rooms", "side-events", "programme", "receipts")


@dataclass(frozen=True)
class FiledKind:
    code: str
    scope: str
    names: Names


@dataclass(frozen=True)
class FiledRoom:
    code: str
    names: Names
    facts: dict[str, Any]
    """The fields of the room, as the model has them."""


def _kind(entry: dict[str, Any], _zone: ZoneInfo) -> FiledKind:
    return FiledKind(str(entry["code"]), str(entry["scope"]), read_names(entry))


def _room(entry: dict[str, Any], _zone: ZoneInfo) -> FiledRoom:
    use, layout = str(entry["use"]), str(entry["layout"])
    if use not in USES:
        raise ValueError(f"use is one of {', '.join(USES)}")
    if layout not in Layout.values:
        raise ValueError(f"layout is one of {', '.join(Layout.values)}")
    return FiledRoom(
        code=str(entry["code"]),
        names=read_names(entry),
        facts={
            "building": str(entry.get("building", "")),
            "floor": str(entry.get("floor", "")),
            "capacity": int(entry["capacity"]),
            "layout": layout,
            "equipment": [str(each) for each in entry.get("equipment", [])],
            "is_accessible": bool(entry.get("accessible", True)),
            "is_for_events": use in ("events", "both"),
            "is_for_bilaterals": use in ("bilaterals", "both"),
        },
    )


def _load_kinds(session: MeetingSession, filed: list[FiledKind], loaded: Loaded) -> None:
    standing = {kind.code: kind for kind in session.event_kinds.all()}
    for position, each in enumerate(filed, start=1):
        name, kind = f"event-kind:{each.code}", standing.get(each.code)
        if kind is None:
            EventKind.objects.create(
                session=session, code=each.code, scope=each.scope, names=each.names, position=position
            )
            loaded.add("kinds of side events", {"scope": each.scope, "names": each.names}, name)
            loaded.touch(*RESOURCES)
        else:
            loaded.rename(name, kind, each.names)
    Programme.objects.get_or_create(session=session)


def _load_rooms(session: MeetingSession, filed: list[FiledRoom], loaded: Loaded) -> None:
    standing = {room.code: room for room in session.rooms.all()}
    for position, each in enumerate(filed, start=1):
        name, room = f"room:{each.code}", standing.get(each.code)
        if room is None:
            Room.objects.create(session=session, code=each.code, names=each.names, position=position, **each.facts)
            loaded.add("rooms", {"names": each.names, **each.facts}, name)
            loaded.touch("rooms")
        else:
            loaded.rename(name, room, each.names)


def register() -> None:
    """Have these parts of a session's file loaded."""
    register_part(Part("event_kinds", _kind, _load_kinds))
    register_part(Part("rooms", _room, _load_rooms))
