"""What is to be placed, and where it may stand. Plain values; all moments aware, all windows half-open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Window = tuple[datetime, datetime]
Windows = tuple[Window, ...]


@dataclass(frozen=True)
class Placement:
    """Where and when an event stands. One that needs no room has none."""

    room: str | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Event:
    """An event to be placed."""

    key: str
    length: timedelta
    needs_room: bool = True
    attendance: int = 0
    equipment: frozenset[str] = frozenset()
    needs_accessible: bool = False
    people: frozenset[str] = frozenset()
    """The delegations that should be in no other place meanwhile: the organiser and the co-sponsors."""
    wished: Windows = ()
    """Where it should lie, in one of them; empty where any time is as good."""
    impossible: Windows = ()
    current: Placement | None = None
    """Where it stands now, and stays unless there is something to gain."""
    pinned: Placement | None = None
    """Where it stays whatever there is to gain. It is taken as it is, without being judged."""
    lane: str | None = None


@dataclass(frozen=True)
class Room:
    """A room, and when it can be had."""

    key: str
    capacity: int
    equipment: frozenset[str] = frozenset()
    accessible: bool = True
    open: Windows = ()
    taken: Windows = ()
    """By others than these events: what is taken after a booking until the next may begin is part of it."""


@dataclass(frozen=True)
class Weights:
    """What it costs not to have what one wishes. A place in the programme is worth more than all of this together."""

    clash: int = 200
    """Each five minutes in which a delegation is expected in one place more than it can be in."""
    wish: int = 500
    """A time outside what was wished, and a little more for each hour away from it."""
    wish_hour: int = 5
    busy: int = 20
    """Each five minutes in which a delegation is known to be elsewhere."""
    moved_time: int = 60
    moved_room: int = 20
    larger_room: int = 2
    """Each size of room between the smallest that would do and the one that is taken."""


@dataclass(frozen=True)
class Problem:
    """All that is to be considered."""

    events: tuple[Event, ...]
    """In order of receipt: where not all can be placed, the later ones are left out."""
    rooms: tuple[Room, ...]
    days: Windows
    """Each event lies within one of them."""
    turnaround: timedelta
    """A room stays empty for as long after an event."""
    lanes: Mapping[str, int] = field(default_factory=dict)
    """How many events of a lane may take place at once."""
    busy: Mapping[str, Windows] = field(default_factory=dict)
    """When delegations are elsewhere."""
    step: timedelta = timedelta(minutes=15)
    """An event begins this often after the beginning of a day, or where it is now."""
    weights: Weights = Weights()
