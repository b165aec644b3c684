"""What happened to an application or a meeting, as its page lists it."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Happening:
    """One thing that happened, in session time."""

    at: datetime
    sentence: str
    by: str
    details: list[str] = field(default_factory=list)
    sha256: str = ""
    """Of what was then said, where it was kept."""
