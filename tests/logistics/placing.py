"""Small problems, to be placed: hours of 14 March 2024, and days after it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from logistics.domain.placement import Event, Placement, Problem, Room, Window

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


def at(hour: float, day: int = 0) -> datetime:
    return datetime(2024, 3, 14, tzinfo=UTC) + timedelta(days=day, minutes=round(hour * 60))


def hours(first: float, last: float, day: int = 0) -> Window:
    return at(first, day), at(last, day)


def stands(room: str | None, first: float, last: float, day: int = 0) -> Placement:
    return Placement(room, at(first, day), at(last, day))


def event(key: str, length: timedelta = HOUR, **values: Any) -> Event:
    return Event(key, length, **values)


def room(key: str, capacity: int = 100, **values: Any) -> Room:
    return Room(key, capacity, **{"open": (hours(0, 24), hours(0, 24, 1)), **values})


def problem(
    events: Sequence[Event],
    rooms: Sequence[Room],
    *days: Window,
    lanes: Mapping[str, int] | None = None,
    busy: Mapping[str, tuple[Window, ...]] | None = None,
    turnaround: timedelta = QUARTER,
) -> Problem:
    return Problem(tuple(events), tuple(rooms), days, turnaround, lanes or {}, busy or {})


def many(number: int = 60) -> Problem:
    """Return more events than can be looked at in one go."""
    events = [
        event(f"e{index}", people=frozenset({f"d{index % 9}", f"d{index % 7}"}), wished=(hours(9 + index % 4, 13),))
        for index in range(number)
    ]
    rooms = [room(f"r{index}", 40 + 20 * index) for index in range(6)]
    return problem(events, rooms, hours(8, 20), hours(8, 20, 1))
