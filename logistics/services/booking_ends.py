"""How a booking ends: declined, lapsed, cancelled, released. What it held is free and offered, in the same decision."""

from datetime import datetime

from cnd.journal import Draft
from logistics.models import Booking, Proposal
from logistics.services.booking_holds import facts, let_go, note_change
from logistics.services.booking_rules import BookingRules
from logistics.services.notices import bookings as notices
from logistics.services.offers import offer_freed

SERVICE = "service"
"""Who ended it where nobody did but the clock."""


def end_booking(
    *,
    draft: Draft,
    booking: Booking,
    state: str,
    by: str,
    rules: BookingRules,
    now: datetime,
    reason: str = "",
    offers: bool = True,
) -> None:
    """End a standing booking, whose room and row are locked; its slot goes to who waits for it, if `offers`."""
    before = facts(booking)
    let_go(booking)
    close_proposals(booking, now)
    booking.state, booking.answer_by = state, None
    booking.ended_at, booking.ended_by, booking.reason = now, by, reason
    if booking.sequence is not None:
        booking.sequence += 1
    note_change(draft, booking, before)
    notices.tell_ended(booking)
    if offers:
        offer_freed(
            draft=draft,
            session=booking.session,
            room=booking.room,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            rules=rules,
            now=now,
        )


def close_proposals(booking: Booking, now: datetime, state: str = Proposal.State.GONE) -> None:
    """Close what was proposed and not answered."""
    booking.proposals.filter(state=Proposal.State.OPEN).update(state=state, answered_at=now)
