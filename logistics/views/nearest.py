"""The free slots that a refusal names, as links."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from cnd.clock import parse_rfc3339
from cnd.errors import DomainError
from logistics.models import Room


@dataclass(frozen=True)
class Near:
    """A free slot near the one that was asked for."""

    room: Room
    starts_at: datetime
    url: str


def nearest_of(fault: DomainError, rooms: Iterable[Room], url: Callable[[Room, datetime], str]) -> list[Near]:
    """Return the free slots in the details of a refusal; none where it has none."""
    known = {room.code: room for room in rooms}
    found = []
    for each in fault.details.get("nearest", []):
        room, at = known.get(each["room"]), parse_rfc3339(each["starts_at"])
        if room is not None:
            found.append(Near(room, at, url(room, at)))
    return found
