"""The queue for the places of one kind of side event: who holds one, who waits, who is next (RULES 5)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

UNDER_REVIEW = "under_review"
CORRECTION_REQUESTED = "correction_requested"
PROMOTED = "promoted"
ACCEPTED = "accepted"
WAITING = "waiting"
LAPSED = "lapsed"

HOLDING = frozenset({UNDER_REVIEW, CORRECTION_REQUESTED, PROMOTED, ACCEPTED})
COUNTED = HOLDING | {WAITING}
TO_BE_ANSWERED = frozenset({CORRECTION_REQUESTED, PROMOTED})
_STRENGTH = (WAITING, PROMOTED, CORRECTION_REQUESTED, UNDER_REVIEW, ACCEPTED)


@dataclass(frozen=True)
class Limits:
    """What the rule book says of one kind; None is no limit."""

    places: int | None
    per_organiser: int | None
    member_states_first: bool
    confirm_within: timedelta
    correct_within: timedelta
    freeze_at: datetime

    def due_at(self, now: datetime, within: timedelta) -> datetime:
        """Return when an answer asked for now is due: all such deadlines end with the freeze."""
        return min(now + within, self.freeze_at)


@dataclass(frozen=True)
class Standing:
    """One application that counts: one of the four states that hold a place, or waiting."""

    key: int
    state: str
    receipt: int
    organiser: int
    is_member_state: bool
    place: int | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Lapse:
    """What was not answered in time gives up its place."""

    key: int


@dataclass(frozen=True)
class Promotion:
    """The first of those waiting gets a place, to be confirmed."""

    key: int
    place: int
    due_at: datetime


@dataclass(frozen=True)
class Cut:
    """The freeze was moved to before this deadline, which ends with it."""

    key: int
    due_at: datetime


Step = Lapse | Promotion | Cut


def lowest_free(held: Collection[int], places: int | None) -> int | None:
    """Return the lowest place that nobody holds, None where as many are held as there are."""
    if places is not None and len(held) >= places:
        return None
    taken = set(held)
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def in_order(waiting: Iterable[Standing], *, member_states_first: bool) -> list[Standing]:
    """Return who waits in the order in which they are promoted: of receipt, or with Member States before others."""
    return sorted(waiting, key=lambda each: (member_states_first and not each.is_member_state, each.receipt))


def queue_of(standings: Iterable[Standing], limits: Limits) -> list[Standing]:
    """Return the waiting list."""
    waiting = [each for each in standings if each.state == WAITING]
    return in_order(waiting, member_states_first=limits.member_states_first)


def position_in(standings: Iterable[Standing], key: int, limits: Limits) -> int:
    """Return the position on the waiting list, 1 for who is promoted next; 0 for who does not wait."""
    keys = [each.key for each in queue_of(standings, limits)]
    return keys.index(key) + 1 if key in keys else 0


def places_held(standings: Iterable[Standing]) -> list[int]:
    return [each.place for each in standings if each.state in HOLDING and each.place is not None]


def has_room_for(standings: Iterable[Standing], organiser: int, limits: Limits) -> bool:
    """Tell whether this organiser may have one more; the four states and `waiting` count."""
    if limits.per_organiser is None:
        return True
    return sum(each.organiser == organiser and each.state in COUNTED for each in standings) < limits.per_organiser


def place_for_new(standings: Collection[Standing], limits: Limits) -> int | None:
    """Return the place that one who comes now gets: only if one is free and nobody waits."""
    if any(each.state == WAITING for each in standings):
        return None
    return lowest_free(places_held(standings), limits.places)


def settle(standings: Collection[Standing], limits: Limits, *, at: datetime, now: datetime) -> list[Step]:
    """Return what follows of itself: what was overdue `at` that instant lapses, free places go to the first waiting.

    Promotions count from `now`; from the freeze on there are none.
    """
    steps: list[Step] = []
    lapsed: set[int] = set()
    for each in sorted(standings, key=lambda each: each.receipt):
        if each.state not in TO_BE_ANSWERED or each.due_at is None:
            continue
        due_at = min(each.due_at, limits.freeze_at)
        if due_at <= at:
            lapsed.add(each.key)
            steps.append(Lapse(each.key))
        elif due_at != each.due_at:
            steps.append(Cut(each.key, due_at))
    if now >= limits.freeze_at:
        return steps
    held = places_held(each for each in standings if each.key not in lapsed)
    for each in queue_of(standings, limits):
        place = lowest_free(held, limits.places)
        if place is None:
            break
        held.append(place)
        steps.append(Promotion(each.key, place, limits.due_at(now, limits.confirm_within)))
    return steps


def stronger(one: str, other: str) -> str:
    """Return the stronger of two states that count: what a merge keeps."""
    return max(one, other, key=_STRENGTH.index)
