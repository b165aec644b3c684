"""When whom to remind of which deadline: a pure function of the deadlines and of how long before them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sessions.domain.rule_values import length_of

MOST_OFFSETS = 20
LONGEST_OFFSET = timedelta(days=366)


@dataclass(frozen=True)
class Moment:
    """A dated rule as it stands: what it is called, what set it, when it is, and who is told of it."""

    rule: str
    set_by: str
    """The number of the correction that set it (0: the first value), or the drawing whose announcement did."""
    at: datetime
    audience: str
    reminders_to: str = ""
    """Who is reminded, if others than the audience."""
    is_opening: bool = False
    ends_at: datetime | None = None
    """Of an opening, when what opened closes again."""

    @property
    def prefix(self) -> str:
        """What the keys of everything told of it begin with."""
        return f"deadline:{self.rule}#{self.set_by}:"


@dataclass(frozen=True)
class Reminder:
    """One thing to be told: due at a moment, worth telling until another (session time)."""

    key: str
    moment: Moment
    offset: timedelta
    due_at: datetime
    worth_until: datetime | None

    @property
    def audience(self) -> str:
        return self.moment.audience if self.moment.is_opening else self.moment.reminders_to or self.moment.audience


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant after a day in a zone: a deadline that is a day lasts until its end (RULES 1)."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)


def read_offsets(texts: Sequence[object]) -> list[timedelta]:
    """Return how long before a deadline to remind, the longest first. Raises ValueError with a sentence to show."""
    if len(texts) > MOST_OFFSETS:
        raise ValueError(f"There are at most {MOST_OFFSETS} reminders of a deadline.")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("Each line is a length of time with its unit, such as 7 d or 3 h.")
    too_long = "A reminder comes at most a year before its deadline."
    try:
        offsets = {length_of(str(text)) for text in texts}
    except OverflowError:
        raise ValueError(too_long) from None
    if any(offset > LONGEST_OFFSET for offset in offsets):
        raise ValueError(too_long)
    if timedelta() in offsets:
        raise ValueError("A reminder comes before its deadline: 0 is no time before it.")
    return sorted(offsets, reverse=True)


def plan(moments: Iterable[Moment], offsets: Iterable[timedelta]) -> list[Reminder]:
    """Return everything that is told of these deadlines by the clock, past or to come, in order of time.

    Of an opening that it has come; of anything else that it is coming, once for every offset. Offsets are lengths of
    time that really pass: a day before a deadline is 24 hours, also over the night in which the clocks change.
    """
    lengths = list(offsets)
    planned = []
    for moment in moments:
        for offset in [timedelta()] if moment.is_opening else lengths:
            planned.append(
                Reminder(
                    key=f"{moment.prefix}{int(offset.total_seconds())}",
                    moment=moment,
                    offset=offset,
                    due_at=moment.at.astimezone(UTC) - offset,
                    worth_until=moment.ends_at if moment.is_opening else moment.at,
                )
            )
    return sorted(planned, key=lambda each: (each.due_at, each.key))
