"""Real time. The only place that asks the machine for it.

A meeting session's own time is real time plus the offset of its chain: `Chain.now()`.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the real time, aware, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Write an aware moment as RFC 3339 in UTC with six digits of microseconds (RULES 3)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> datetime:
    """Read what `rfc3339` wrote; raise ValueError for anything else."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if rfc3339(moment) != text:
        raise ValueError(f"{text!r} is not RFC 3339 UTC with microseconds")
    return moment
