"""What the display at a door shows: who has the room and when, in words that anybody passing by may read.

Whoever takes time in rooms registers what is shown of it. Of bilateral meetings it is that the room is reserved: who
meets whom is for the two delegations (RULES 6).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from cnd.models import ResourceVersion
from logistics.domain.cells import CELL
from logistics.models import Block, Booking, Room
from logistics.services.booking_rules import SCOPE
from sessions.models import MeetingSession
from sessions.services.rules import RuleBook

DOORS = "doors"
"""What changes at a door and nowhere else that is public: somebody checked in, so that the code is gone."""
RESOURCES = ("availability", DOORS, "programme", "rooms", "rules", "session", "side-events")
"""What a display is made of: their public versions are its own."""
State = Booking.State


@dataclass(frozen=True, order=True)
class Entry:
    """A half-open interval in which a room is used, as it stands at its door."""

    starts_at: datetime
    ends_at: datetime
    title: str = field(compare=False)
    subtitle: str = field(default="", compare=False)
    holder: str = field(default="", compare=False)
    """Who has it, such as `booking:7`; not shown."""


Provider = Callable[[MeetingSession, Room, datetime, datetime], Iterable[Entry]]
_providers: dict[str, Provider] = {}


def register_occupants(prefix: str, provider: Provider) -> None:
    """Have `provider(session, room, starts_at, ends_at)` asked what it has there; `prefix` begins its holders' names.

    It is asked in the reader's language, and tells only what everybody may know. A prefix again replaces it.
    """
    _providers[prefix] = provider


def entries_at_door(session: MeetingSession, room: Room, starts_at: datetime, ends_at: datetime) -> list[Entry]:
    """Return what takes the room within a half-open interval, by time."""
    found = [entry for provider in _providers.values() for entry in provider(session, room, starts_at, ends_at)]
    return sorted(entry for entry in found if entry.starts_at < ends_at and entry.ends_at > starts_at)


def door_state(code: str) -> tuple[int, list[tuple[str, int]]] | None:
    """Return the clock offset of a session in seconds and the public versions of all that its displays show.

    One query; None for a code that is none.
    """
    found = ResourceVersion.objects.filter(
        chain__code=code,
        chain__meeting_session__isnull=False,
        resource__in=RESOURCES,
        audience=ResourceVersion.PUBLIC,
    )
    rows = list(found.order_by("resource").values_list("resource", "version", "chain__clock_offset_s"))
    return (rows[0][2], [(resource, version) for resource, version, _offset in rows]) if rows else None


def step_of(moment: datetime) -> int:
    """Return the number of the five minutes in which a moment lies: all times are multiples of them (DESIGN)."""
    return int(moment.timestamp() // CELL.total_seconds())


# --- checking in ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckIn:
    """A meeting to which one can check in now."""

    booking: Booking
    until: datetime


def open_check_in(session: MeetingSession, room: Room, now: datetime, book: RuleBook) -> CheckIn | None:
    """Return the meeting to which one can check in at this door now, if there is any."""
    before, release_after = book.duration(SCOPE, "check_in_before"), book.duration(SCOPE, "release_after")
    found = Booking.objects.filter(
        room=room, state=State.CONFIRMED, starts_at__lte=now + before, starts_at__gt=now - release_after
    )
    booking = found.order_by("starts_at").first()
    return CheckIn(booking, booking.starts_at + release_after) if booking else None


# --- what this part of the house has in rooms -------------------------------------------------------------------------


def bookings_at_door(_session: MeetingSession, room: Room, starts_at: datetime, ends_at: datetime) -> Iterable[Entry]:
    """Tell when bilateral meetings have the room: not whose they are."""
    standing = Booking.objects.standing().filter(room=room, starts_at__lt=ends_at, ends_at__gt=starts_at)
    for booking in standing.only("starts_at", "ends_at"):
        yield Entry(booking.starts_at, booking.ends_at, _("Reserved"), holder=booking.holder)


def blocks_at_door(_session: MeetingSession, room: Room, starts_at: datetime, ends_at: datetime) -> Iterable[Entry]:
    """Tell when the room is closed, and not why."""
    blocks = Block.objects.filter(room=room, lifted_at__isnull=True, starts_at__lt=ends_at, ends_at__gt=starts_at)
    for block in blocks:
        yield Entry(block.starts_at, block.ends_at, _("Closed"), holder=block.holder)


def register() -> None:
    """Have bookings and blocks shown at the doors."""
    register_occupants("booking:", bookings_at_door)
    register_occupants("block:", blocks_at_door)
