"""When a room is open: hours of a day in the meeting's zone, in steps of five minutes."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from logistics.domain.cells import CELL


def is_on_the_grid(hour: time) -> bool:
    """Tell whether a time of day is a multiple of five minutes."""
    return not (timedelta(minutes=hour.minute, seconds=hour.second, microseconds=hour.microsecond) % CELL)


def open_on(day: date, opens: time, closes: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the half-open interval of one day, aware."""
    return datetime.combine(day, opens, zone), datetime.combine(day, closes, zone)


def is_within(starts_at: datetime, ends_at: datetime, opens: time, closes: time, zone: ZoneInfo) -> bool:
    """Tell whether an interval lies in the opening hours of the day on which it begins."""
    first, last = open_on(starts_at.astimezone(zone).date(), opens, closes, zone)
    return first <= starts_at and ends_at <= last
