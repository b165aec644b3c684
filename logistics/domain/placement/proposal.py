"""What comes of it: the placements, what is left out, what is not as wished, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from logistics.domain.placement.problem import Placement

Fact = str | int | list[str]


class Why(StrEnum):
    """Why something could not be. What each one's facts are stands beside it."""

    NO_ROOM_BIG_ENOUGH = "no_room_big_enough"  # attendance, largest
    NO_ROOM_WITH = "no_room_with"  # equipment: no big enough room has this piece
    NO_ROOM_ACCESSIBLE = "no_room_accessible"  # no big enough room is
    NO_ROOM_WITH_ALL = "no_room_with_all"  # each need is met by some room, all of them by none
    ROOM_TOO_SMALL = "room_too_small"  # room, attendance, capacity: a pinned one
    ROOM_WITHOUT = "room_without"  # room, equipment (list): a pinned one
    ROOM_NOT_ACCESSIBLE = "room_not_accessible"  # room: a pinned one
    TOO_LONG = "too_long"  # minutes: there is no window as long as this
    ONLY_IMPOSSIBLE_TIMES = "only_impossible_times"  # each time is one that the organiser said to be impossible
    ROOMS_CLOSED = "rooms_closed"  # rooms: closed, or taken by others than these events
    LANE_FULL = "lane_full"  # lane, at_once, events
    ROOMS_FULL = "rooms_full"  # rooms, events
    CLASH = "clash"  # event, people: they are at that event meanwhile
    BUSY = "busy"  # people: they are elsewhere meanwhile
    OUTWEIGHED = "outweighed"  # it would have cost others more, or the search ended too early
    NOT_REACHED = "not_reached"  # the search ended too early


class Wish(StrEnum):
    """What an event does not have."""

    TIME = "time"  # none of the wished times
    PEOPLE = "people"  # a delegation of its own in two places at once
    FREE = "free"  # a delegation of its own known to be elsewhere
    ROOM = "room"  # the room it is pinned to is not what it needs


class Ended(StrEnum):
    """Why the search ended."""

    BEST = "best"  # none places more events, or earlier ones, or these ones better
    SETTLED = "settled"  # nothing better was found for long
    TIME = "time"  # the time was over; with more of it another may be found
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Reason:
    """A reason and its facts: keys, numbers and lists of keys."""

    why: Why
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Unmet:
    """A wish that is not met. Two events that clash are told of once, with the later receipt."""

    event: str
    wish: Wish
    why: tuple[Reason, ...]


@dataclass(frozen=True)
class Progress:
    """How far it is: so many placed of so many, at what cost, and what it can cost at least."""

    phase: str
    """`first` while the first programme is made, `improving`, or `done`."""
    placed: int
    of: int
    cost: int
    bound: int
    rounds: int = 0
    elapsed_s: float = 0.0


@dataclass(frozen=True)
class Proposal:
    """A programme. Each event stands either in `placements` or in `unplaced`."""

    placements: dict[str, Placement]
    unplaced: dict[str, tuple[Reason, ...]]
    unmet: tuple[Unmet, ...]
    cost: int
    bound: int
    """What a programme with as many events costs at least."""
    ended: Ended
    rounds: int
