"""When delegations are known to be elsewhere. Soft: it warns and it weighs, it never refuses (DESIGN, "Occupancy").

Whoever knows something registers a provider: side events do, the general debate does when it has a timetable.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sessions.models import Delegation, MeetingSession


@dataclass(frozen=True)
class Busy:
    """A half-open interval in which a delegation is elsewhere."""

    delegation_id: int
    starts_at: datetime
    ends_at: datetime
    source: str
    """The provider's name, such as `side-events`."""
    what: str
    """A word for those who may know, in the reader's language."""
    is_public: bool = True
    """Whether anybody may know what it is; else it is said to be busy and no more."""


Provider = Callable[[MeetingSession, Collection[int], datetime, datetime], Iterable[Busy]]
_providers: dict[str, Provider] = {}


def register_busy(name: str, provider: Provider) -> None:
    """Have `provider(session, delegation_ids, starts_at, ends_at)` asked. Registering a name again replaces it."""
    _providers[name] = provider


def busy_times(
    session: MeetingSession,
    delegations: Collection[Delegation],
    starts_at: datetime,
    ends_at: datetime,
    *,
    without: Collection[str] = (),
) -> list[Busy]:
    """Return when these delegations are elsewhere within an interval, by time; `without` leaves providers out."""
    ids = {each.pk for each in delegations}
    if not ids:
        return []
    found = [
        each
        for name, provider in _providers.items()
        if name not in without
        for each in provider(session, ids, starts_at, ends_at)
        if each.starts_at < ends_at and each.ends_at > starts_at
    ]
    return sorted(found, key=lambda each: (each.starts_at, each.ends_at, each.delegation_id, each.source))
