"""Proposing a programme: eleven events in two days, and two hundred over five days in twelve rooms."""

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from logistics.domain.placement import Event, Problem, Room, place

ROOMS = 12
LIMIT_S = 30.0
TURNAROUND = timedelta(minutes=15)


def measure() -> dict[str, Any]:
    """Return for each problem how long it took, how many events stand, and how far the cost is from its bound."""
    tasks = {
        "11 events, one at a time, 2 days": made(11, (14, 15), lanes={"high-level": 1}),
        "200 events, 12 rooms, 5 days": made(200, range(18, 23), lanes={}),
    }
    found = {}
    for name, problem in tasks.items():
        began = time.perf_counter()
        proposal = place(problem, seconds=LIMIT_S)
        found[name] = {
            "seconds": time.perf_counter() - began,
            "events": len(problem.events),
            "placed": len(proposal.placements),
            "cost": proposal.cost,
            "bound": proposal.bound,
        }
    return found


def made(count: int, days: Any, *, lanes: dict[str, int]) -> Problem:
    """Return a problem that is the same at every run: events with wishes and people, rooms of rising capacity."""
    chance = random.Random(1)
    open_ = tuple((at(day, 7, 30), at(day, 19)) for day in days)
    people = [f"D{number}" for number in range(120)]
    rooms = tuple(Room(f"R{number}", 30 + 20 * number, open=open_) for number in range(ROOMS))
    return Problem(
        tuple(_event(number, chance, list(days), people, lane=next(iter(lanes), None)) for number in range(count)),
        rooms,
        open_,
        TURNAROUND,
        lanes,
        {name: ((at(days[0], 9 + number % 6), at(days[0], 10 + number % 6)),) for number, name in enumerate(people)},
    )


def _event(number: int, chance: random.Random, days: list[int], people: list[str], *, lane: str | None) -> Event:
    day, hour = chance.choice(days), chance.choice((8, 9, 12, 15))
    return Event(
        f"E{number}",
        timedelta(minutes=chance.choice((60, 75, 90, 90))),
        attendance=chance.choice((20, 40, 60, 80, 100, 150, 200)),
        people=frozenset(chance.sample(people, chance.randint(1, 5))),
        wished=((at(day, hour), at(day, hour + 3)),) if chance.random() < 0.7 else (),
        lane=lane,
    )


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 3, day, hour, minute, tzinfo=UTC)


def lines(found: dict[str, Any]) -> list[str]:
    """Return the part of the table."""
    told = [f"{'Proposing a programme':36}{'seconds':>9}{'placed':>12}{'cost':>9}{'at least':>10}"]
    for name, each in found.items():
        placed = f"{each['placed']} of {each['events']}"
        told.append(f"{name:36}{each['seconds']:>9.1f}{placed:>12}{each['cost']:>9}{each['bound']:>10}")
    return told
