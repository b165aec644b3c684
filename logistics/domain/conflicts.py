"""What is not as it should be with where and when an event stands: said, never refused (RULES 5).

What is refused stands elsewhere: no two things in one room, no more events of a kind at once than the rules let.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Wanted:
    """What an event asks for. Windows are half-open pairs of aware moments."""

    length: timedelta
    attendance: int = 0
    equipment: frozenset[str] = frozenset()
    needs_accessible: bool = False
    wished: Sequence[Window] = ()
    impossible: Sequence[Window] = ()
    people: frozenset[str] = frozenset()
    """The codes of organiser and co-sponsors."""


@dataclass(frozen=True)
class Given:
    """Where and when it stands; without a room it is virtual."""

    starts_at: datetime
    ends_at: datetime
    capacity: int | None = None
    equipment: frozenset[str] = frozenset()
    is_accessible: bool = True


@dataclass(frozen=True)
class Conflict:
    """One thing that is not as it should be: a code, and the facts that a sentence about it needs."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def overlap(one: Window, other: Window) -> bool:
    """Tell whether two half-open windows have a moment in common."""
    return one[0] < other[1] and other[0] < one[1]


def conflicts_of(wanted: Wanted, given: Given) -> list[Conflict]:
    """Return what an event does not get of what it asked for."""
    found = []
    if given.capacity is not None:
        if wanted.attendance > given.capacity:
            found.append(Conflict("too_small", {"attendance": wanted.attendance, "capacity": given.capacity}))
        if missing := sorted(wanted.equipment - given.equipment):
            found.append(Conflict("equipment_missing", {"equipment": missing}))
        if wanted.needs_accessible and not given.is_accessible:
            found.append(Conflict("not_accessible"))
    window = (given.starts_at, given.ends_at)
    if any(overlap(window, each) for each in wanted.impossible):
        found.append(Conflict("impossible_time"))
    if wanted.wished and not any(begins <= window[0] and window[1] <= ends for begins, ends in wanted.wished):
        found.append(Conflict("not_as_wished"))
    if given.ends_at - given.starts_at < wanted.length:
        found.append(Conflict("too_short"))
    return found


def clashes_of(events: Mapping[Any, tuple[Wanted, Given]]) -> dict[Any, list[Conflict]]:
    """Return which events have an organiser or co-sponsor in two places at once, by event; both name the other."""
    found: dict[Any, list[Conflict]] = {}
    ordered = sorted(events, key=lambda key: (events[key][1].starts_at, events[key][1].ends_at))
    for at, one in enumerate(ordered):
        for other in ordered[at + 1 :]:
            if events[other][1].starts_at >= events[one][1].ends_at:
                break
            if people := sorted(events[one][0].people & events[other][0].people):
                found.setdefault(one, []).append(Conflict("in_two_places", {"event": other, "people": people}))
                found.setdefault(other, []).append(Conflict("in_two_places", {"event": one, "people": people}))
    return found


def first_free(taken: Collection[int], count: int) -> int | None:
    """Return the lowest of `count` lanes that is not taken."""
    return next((number for number in range(count) if number not in taken), None)
