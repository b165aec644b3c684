"""Checking in: on the page, or by the code that the display at the door shows (RULES 6)."""

from datetime import UTC, datetime

from django.core import signing
from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.errors import NotFound, Refused
from cnd.instants import instant_text
from logistics.models import Booking, Room
from logistics.services.booking_holds import (
    COUNTERPART,
    REQUESTER,
    facts,
    note_change,
    read_booking,
    require_booking_version,
    require_side,
)
from logistics.services.booking_rules import booking_rules
from logistics.services.bookings import at_arrival, require_standing
from logistics.services.door import DOORS
from sessions.models import MeetingSession

State = Booking.State
SALT = "logistics.check-in"


def check_in(
    *,
    booking: Booking,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Booking:
    """Check in for either delegation, or as staff: from a while before the beginning until the room is released.

    Staff may until the end. Again: changes nothing. Raises NotPermitted, Refused, Outdated.
    """
    require_side(booking, actor, REQUESTER, COUNTERPART)
    with journal.decision(
        booking.session.chain, action="check_in", subject=booking.holder, actor=actor, reason=reason
    ) as draft:
        standing = read_booking(booking.pk)
        require_booking_version(standing, expected_version)
        if standing.state == State.HELD:
            return standing
        require_standing(standing)
        if standing.state != State.CONFIRMED:
            raise Refused("not_confirmed", _("This booking is not confirmed."))
        now = at_arrival(standing.session, arrived_at)
        rules = booking_rules(standing.session)
        opens = standing.starts_at - rules.check_in_before
        closes = standing.ends_at if actor.is_secretariat else standing.starts_at + rules.release_after
        if not opens <= now < closes:
            zone = standing.session.time_zone
            early, late = _("One can check in from %(at)s."), _("One could check in until %(at)s.")
            said, at = (early, opens) if now < opens else (late, closes)
            said = said % {"at": instant_text(at, zone)}
            raise Refused("not_the_time", said, details={"opens_at": opens, "closes_at": closes, "now": now})
        before = facts(standing)
        standing.state, standing.checked_in_at = State.HELD, now
        note_change(draft, standing, before, frees=False)
        draft.touch(DOORS)
    return standing


def check_in_token(booking: Booking) -> str:
    """Return what the code at the door holds: room and beginning, signed. It opens nothing: who scans it signs in."""
    return signing.dumps([booking.room_id, int(booking.starts_at.timestamp())], salt=SALT)


def booking_of_token(*, session: MeetingSession, token: str, actor: Actor) -> Booking:
    """Return the booking at a door for whoever has part in it. Raises NotFound, for strangers as for no such code."""
    missing = NotFound("no_such_code", _("This code belongs to no meeting of yours."))
    try:
        room_id, second = signing.loads(token, salt=SALT)
        starts_at = datetime.fromtimestamp(second, UTC)
    except (signing.BadSignature, ValueError, TypeError):
        raise missing from None
    room = Room.objects.filter(pk=room_id, session=session).first()
    standing = Booking.objects.standing().filter(room=room, starts_at=starts_at)
    found = standing.select_related("session__chain", "room", "requester", "counterpart").first() if room else None
    if found is None:
        raise missing
    may_see = actor.is_secretariat or (
        actor.user is not None and Booking.objects.seen_by(actor.user.pk).filter(pk=found.pk).exists()
    )
    if not may_see:
        raise missing
    return found


def check_in_by_token(
    *, session: MeetingSession, token: str, actor: Actor, arrived_at: datetime | None = None
) -> Booking:
    """Check in by the code at the door. Raises as `booking_of_token` and `check_in` do."""
    booking = booking_of_token(session=session, token=token, actor=actor)
    return check_in(booking=booking, actor=actor, arrived_at=arrived_at)
