"""A day of a zone as an interval of instants."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def bounds_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the half-open interval of instants that a day is: 23, 24 or 25 hours."""
    begins, ends = (datetime.combine(each, time(), tzinfo=zone) for each in (day, day + timedelta(days=1)))
    return begins.astimezone(UTC), ends.astimezone(UTC)
