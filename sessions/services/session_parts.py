"""Parts of a session's file that others than the meeting itself load: they register how theirs is read and loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sessions.models import MeetingSession
from sessions.models.session import Named

Names = dict[str, str]


@dataclass(frozen=True)
class Loaded:
    """What the loading of a part may say: what it added, and names that changed. Both go into the journal's entry."""

    add: Callable[[str, dict[str, Any], str], None]
    """Called with what it is in the plural, its facts (JSON), and its name, such as `room:m1`."""
    rename: Callable[[str, Named, Names], None]
    """Called with the name, the row and the names that the file has."""
    touch: Callable[..., None]
    """Called with resources that are public and changed."""


@dataclass(frozen=True)
class Part:
    """An array of tables in a session's file, such as `[[rooms]]`."""

    name: str
    read: Callable[[dict[str, Any], ZoneInfo], Any]
    """Return one entry checked. Raises KeyError for what is missing, ValueError for what is wrong."""
    load: Callable[[MeetingSession, list[Any], Loaded], None]
    """Add what is new; never touch what was decided since. Called inside the decision that loads the session."""


_parts: dict[str, Part] = {}


def register_part(part: Part) -> None:
    """Have a part read and loaded. Registering a name again replaces it."""
    _parts[part.name] = part


def parts() -> list[Part]:
    """Return the registered parts by name."""
    return [_parts[name] for name in sorted(_parts)]
