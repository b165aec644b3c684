"""How much one delegation may book, and until when what must be done: pure functions of times (RULES 6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from logistics.domain.slots import Slot

IN_ALL, A_DAY, CONSECUTIVE = "in_all", "a_day", "consecutive"


@dataclass(frozen=True)
class Limits:
    """At most so many slots of one delegation; None: as many as it likes."""

    in_all: int | None = None
    a_day: int | None = None
    consecutive: int | None = None


def exceeded(limits: Limits, held: Iterable[Slot], wanted: Slot, *, between: timedelta, zone: ZoneInfo) -> list[str]:
    """Return which limits one more slot would exceed, of `in_all`, `a_day`, `consecutive`.

    Two slots are consecutive when no more than the usual time lies `between` them; a day is one of the zone.
    """
    slots = sorted([*held, wanted])
    day = wanted.starts_at.astimezone(zone).date()
    counts = {
        IN_ALL: (len(slots), limits.in_all),
        A_DAY: (sum(each.starts_at.astimezone(zone).date() == day for each in slots), limits.a_day),
        CONSECUTIVE: (_run(slots, wanted, between), limits.consecutive),
    }
    return [name for name, (count, most) in counts.items() if most is not None and count > most]


def _run(slots: list[Slot], wanted: Slot, between: timedelta) -> int:
    """Return how many slots follow one another without a pause, the wanted one among them."""
    runs: list[list[Slot]] = []
    for each in slots:
        if runs and each.starts_at - max(one.ends_at for one in runs[-1]) <= between:
            runs[-1].append(each)
        else:
            runs.append([each])
    return next(len(run) for run in runs if wanted in run)


def cut_off_of(starts_at: datetime, cut_off: timedelta) -> datetime:
    """Return the moment from which on delegations change nothing any more; the window before it is half-open."""
    return starts_at - cut_off


def answer_by(asked_at: datetime, within: timedelta, starts_at: datetime, cut_off: timedelta) -> datetime:
    """Return until when the counterpart answers: the earlier of the time to answer and the cut-off.

    Staff may ask after the cut-off; then it is the beginning of the meeting that ends the time.
    """
    last = cut_off_of(starts_at, cut_off)
    return min(asked_at + within, last if asked_at < last else starts_at)


def offer_until(made_at: datetime, within: timedelta, starts_at: datetime, cut_off: timedelta) -> datetime | None:
    """Return until when a freed slot is held for whoever waits; None where it is too late to offer it."""
    last = cut_off_of(starts_at, cut_off)
    return min(made_at + within, last) if made_at < last else None
