"""The slot grid of bilateral meetings: which days, from when to when, in steps of what (RULES 6).

Hours are local to the meeting's zone, slots are instants: a day on which the clocks are changed has slots of their full
length all the same.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from logistics.domain.cells import CELL

MOST_DAYS = 31
MOST_BREAKS = 10
LONGEST = timedelta(days=1)
_BREAK = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})")

Hours = tuple[time, time]


@dataclass(frozen=True, order=True)
class Slot:
    """A half-open interval of instants in UTC."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        return self.starts_at < ends_at and self.ends_at > starts_at


@dataclass(frozen=True)
class Grid:
    """What the rule book says of days and hours, from which all slots follow."""

    first_day: date
    last_day: date
    opens: time
    closes: time
    slot: timedelta
    between: timedelta
    """Kept free in the room after each slot."""
    breaks: tuple[Hours, ...]
    """In none of which anybody meets; the grid begins anew at the end of each."""
    zone: ZoneInfo

    @property
    def days(self) -> list[date]:
        return [self.first_day + timedelta(days=each) for each in range((self.last_day - self.first_day).days + 1)]

    def slots_of(self, day: date, hours: Hours | None = None) -> list[Slot]:
        """Return the slots of a day in order, those within the `hours` of a room where it has its own."""
        if not self.first_day <= day <= self.last_day:
            return []
        starts_at, closes = self._at(day, self.opens), self._at(day, self.closes)
        pauses = [(self._at(day, begins), self._at(day, ends)) for begins, ends in self.breaks]
        found: list[Slot] = []
        while starts_at + self.slot <= closes:
            slot = Slot(starts_at, starts_at + self.slot)
            pause_ends = max((end for begin, end in pauses if slot.overlaps(begin, end)), default=None)
            if pause_ends is not None:
                starts_at = pause_ends
                continue
            found.append(slot)
            starts_at = slot.ends_at + self.between
        if hours is None:
            return found
        opens, closes = self._at(day, hours[0]), self._at(day, hours[1])
        return [each for each in found if opens <= each.starts_at and each.ends_at <= closes]

    def slots(self, hours: Hours | None = None) -> list[Slot]:
        """Return the slots of all days in order."""
        return [slot for day in self.days for slot in self.slots_of(day, hours)]

    def slot_at(self, starts_at: datetime, hours: Hours | None = None) -> Slot | None:
        """Return the slot that begins at an aware moment; None where none does."""
        found = (each for each in self.slots_of(self.day_of(starts_at), hours) if each.starts_at == starts_at)
        return next(found, None)

    def day_of(self, moment: datetime) -> date:
        """Return the day of an aware moment in the meeting's zone."""
        return moment.astimezone(self.zone).date()

    def check(self) -> None:
        """Raise ValueError with a sentence to show unless slots can be made of it."""
        if not timedelta(0) <= self.last_day - self.first_day < timedelta(days=MOST_DAYS):
            raise ValueError(f"There are between 1 and {MOST_DAYS} days.")
        if self.opens >= self.closes:
            raise ValueError("The day would end before it begins.")
        if not CELL <= self.slot <= LONGEST or self.slot % CELL or self.between % CELL or self.between > LONGEST:
            raise ValueError("Slots and what lies between them are multiples of five minutes.")
        if any(each.minute % 5 for pair in ((self.opens, self.closes), *self.breaks) for each in pair):
            raise ValueError("Hours are multiples of five minutes.")
        if not any(self.slots_of(day) for day in self.days):
            raise ValueError("There would be no slot at all.")

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, tzinfo=self.zone).astimezone(UTC)


def read_breaks(texts: Sequence[object]) -> tuple[Hours, ...]:
    """Return the breaks that lines such as "13:00-14:00" are, by time. Raises ValueError with a sentence to show."""
    if len(texts) > MOST_BREAKS:
        raise ValueError(f"There are at most {MOST_BREAKS} breaks.")
    found = []
    for text in texts:
        parts = _BREAK.fullmatch(text.strip()) if isinstance(text, str) else None
        begins, ends = (_hour(each) for each in parts.groups()) if parts else (None, None)
        if begins is None or ends is None or begins >= ends:
            raise ValueError("Each line is a break with its two hours, such as 13:00-14:00.")
        found.append((begins, ends))
    return tuple(sorted(found))


def _hour(text: str) -> time | None:
    try:
        return time.fromisoformat(text.rjust(5, "0"))
    except ValueError:
        return None


def free_slots(
    slots: Iterable[Slot], taken: Collection[tuple[datetime, datetime]], *, after: timedelta = timedelta(0)
) -> list[Slot]:
    """Return the slots in which none of these half-open intervals lies, with what is kept free `after` each."""
    return [
        slot for slot in slots if not any(Slot(slot.starts_at, slot.ends_at + after).overlaps(*each) for each in taken)
    ]


def by_nearness(slots: Iterable[Slot], wanted: datetime) -> list[Slot]:
    """Return slots by how near they are to a moment, the earlier of two first."""
    return sorted(slots, key=lambda each: (abs(each.starts_at - wanted), each.starts_at))
