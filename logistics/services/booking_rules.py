"""What the rule book says of bilateral meetings, read once for one act (RULES 6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cnd.actors import Actor
from cnd.errors import Invalid, Refused
from cnd.instants import instant_text
from logistics.domain.limits import Limits, cut_off_of
from logistics.domain.slots import Grid, Hours, Slot, read_breaks
from logistics.models import Room
from sessions.domain.rule_values import to_python
from sessions.models import MeetingSession
from sessions.services.rules import RuleBook, rule_book

SCOPE = "bilateral"
GRID_TYPES = {
    "first_day": "date",
    "last_day": "date",
    "day_opens": "time",
    "day_closes": "time",
    "slot": "duration",
    "between": "duration",
    "breaks": "list",
}
"""The rules of which the slot grid is made, with their types."""


@dataclass(frozen=True)
class BookingRules:
    """The rules of bilateral meetings as they stood when they were read."""

    grid: Grid
    opens_at: datetime
    limits: Limits
    counts_both: bool
    answer_within: timedelta
    cut_off: timedelta
    release_after: timedelta
    check_in_before: timedelta
    offer_within: timedelta
    needs_note: bool
    is_confirmed_by_staff: bool
    allows_own_use: bool
    equipment: list[str]

    def cut_off_of(self, starts_at: datetime) -> datetime:
        """Return from when on delegations change nothing any more of what begins then."""
        return cut_off_of(starts_at, self.cut_off)


def grid_of(session: MeetingSession, book: RuleBook | None = None, **values: Any) -> Grid:
    """Return the slot grid of a session; `values`, stored ones, take the place of what the rule book says.

    Raises Refused for a missing rule, ValueError where no slots can be made of it.
    """
    book = book or rule_book(session)
    read = {
        "first_day": book.date,
        "last_day": book.date,
        "day_opens": book.time,
        "day_closes": book.time,
        "slot": book.duration,
        "between": book.duration,
        "breaks": book.list,
    }
    found: dict[str, Any] = {
        key: to_python(GRID_TYPES[key], values[key]) if key in values else reader(SCOPE, key)
        for key, reader in read.items()
    }
    return Grid(
        first_day=found["first_day"],
        last_day=found["last_day"],
        opens=found["day_opens"],
        closes=found["day_closes"],
        slot=found["slot"],
        between=found["between"],
        breaks=read_breaks(found["breaks"]),
        zone=session.zone,
    )


def booking_rules(session: MeetingSession) -> BookingRules:
    """Read the rules of bilateral meetings: one query. Raises Refused for a missing one."""
    book = rule_book(session)
    return BookingRules(
        grid=grid_of(session, book),
        opens_at=book.instant(SCOPE, "booking_opens"),
        limits=Limits(
            in_all=book.limit(SCOPE, "slots_in_all"),
            a_day=book.limit(SCOPE, "slots_a_day"),
            consecutive=book.limit(SCOPE, "slots_consecutive"),
        ),
        counts_both=book.choice(SCOPE, "limits_count") == "both",
        answer_within=book.duration(SCOPE, "answer_within"),
        cut_off=book.duration(SCOPE, "cut_off"),
        release_after=book.duration(SCOPE, "release_after"),
        check_in_before=book.duration(SCOPE, "check_in_before"),
        offer_within=book.duration(SCOPE, "offer_within"),
        needs_note=book.boolean(SCOPE, "note_verbale_required"),
        is_confirmed_by_staff=book.choice(SCOPE, "confirmed_by") == "conference_services",
        allows_own_use=book.boolean(SCOPE, "own_use"),
        equipment=[str(each) for each in book.list("rooms", "equipment")],
    )


def hours_of(room: Room, grid: Grid) -> Hours | None:
    """Return the hours of a room where it has any of its own."""
    if room.opens is None and room.closes is None:
        return None
    return room.opens or grid.opens, room.closes or grid.closes


def require_slot(session: MeetingSession, grid: Grid, room: Room, starts_at: datetime) -> Slot:
    """Return the slot of a room that begins then. Raises Invalid where none does, or the room has no slots."""
    if room.session_id != session.pk or not room.is_for_bilaterals or room.retired_at is not None:
        message = _("This room is not booked by slot.")
        raise Invalid("room_not_bookable", message, fields={"room": [message]})
    slot = grid.slot_at(starts_at, hours_of(room, grid))
    if slot is None:
        message = _("No slot of this room begins then.")
        raise Invalid("no_such_slot", message, fields={"starts_at": [message]})
    return slot


def require_reason(reason: str, message: str) -> None:
    """Raise Invalid, with this message, unless there is a reason."""
    if not reason.strip():
        raise Invalid("reason_missing", message, fields={"reason": [message]})


def require_before_cut_off(
    session: MeetingSession, rules: BookingRules, starts_at: datetime, now: datetime, actor: Actor, reason: str
) -> bool:
    """Raise Refused from the cut-off on, unless staff give a reason; tell whether it is past (RULES 6)."""
    last = rules.cut_off_of(starts_at)
    if now < last:
        return False
    if not actor.is_secretariat:
        said = _("Changes ended %(at)s; ask the secretariat.")
        raise Refused(
            "cut_off_passed",
            said % {"at": instant_text(last, session.time_zone, closing=True)},
            details={"cut_off_at": last, "now": now},
        )
    require_reason(reason, _("After the cut-off this needs a reason."))
    return True


def require_open(
    session: MeetingSession, rules: BookingRules, starts_at: datetime, now: datetime, actor: Actor, reason: str
) -> bool:
    """Raise Refused before booking opens and from the cut-off on, unless staff give a reason; tell if it is outside."""
    if now >= rules.opens_at:
        return require_before_cut_off(session, rules, starts_at, now, actor, reason)
    if not actor.is_secretariat:
        raise Refused(
            "not_open_yet",
            _("Booking is not open yet: it opens %(at)s.") % {"at": instant_text(rules.opens_at, session.time_zone)},
            details={"opens_at": rules.opens_at, "now": now},
        )
    require_reason(reason, _("Before booking opens this needs a reason."))
    return True
