"""What the clock decides: no answer in time, nobody came, an offer not taken up (RULES 6)."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from cnd import journal, sweeps
from cnd.actors import WORKER
from cnd.journal import Draft
from logistics.models import Booking, Offer, Room, Waiting
from logistics.services.availability import SlotState, availability
from logistics.services.booking_ends import SERVICE, end_booking
from logistics.services.booking_holds import lock_room, read_booking
from logistics.services.booking_rules import BookingRules, booking_rules
from logistics.services.offers import end_offer, offer_freed
from sessions.models import MeetingSession

logger = logging.getLogger(__name__)

State = Booking.State


def due_bookings(rules: BookingRules, now: datetime) -> Q:
    """Return what tells the bookings that are overdue at a moment of session time."""
    unanswered = Q(state=State.REQUESTED, answer_by__lte=now)
    # Who was never confirmed could not check in; the room is of no use to anybody either.
    nobody_came = Q(state__in=[State.AGREED, State.CONFIRMED], starts_at__lte=now - rules.release_after)
    return unanswered | nobody_came


def settle_room(*, draft: Draft, room: Room, rules: BookingRules, now: datetime) -> None:
    """Settle what is overdue in a room, whose lock the caller has: so that nothing rests on how often a sweep comes."""
    due = Booking.objects.filter(due_bookings(rules, now), room=room)
    for pk in due.order_by("pk").values_list("pk", flat=True):
        booking = read_booking(pk)
        # Who checked in, or was given more time to answer, while this waited for the row, did so in time.
        if not due.filter(pk=pk).exists():
            continue
        state = State.RELEASED if booking.state == State.CONFIRMED else State.LAPSED
        end_booking(draft=draft, booking=booking, state=state, by=SERVICE, rules=rules, now=now)
    for offer in overdue_offers(room, now):
        end_offer(draft=draft, offer=offer, state=Offer.State.EXPIRED, rules=rules, now=now)


def overdue_offers(room: Room, now: datetime) -> Iterable[Offer]:
    """Return the offers of a room that were not taken up in time."""
    due = Offer.objects.filter(room=room, state=Offer.State.OPEN, expires_at__lte=now).order_by("pk")
    return due.select_related("room", "waiting__session__chain", "waiting__delegation", "waiting__room")


def settle_due() -> None:
    """Settle whatever is overdue in any session. Called by the sweep; again: changes nothing."""
    for session in MeetingSession.objects.select_related("chain").filter(_has_any()).distinct():
        for room in _rooms_due(session):
            try:
                _settle(room)
            except Exception:
                # One room that cannot be settled must not keep the others from it; the next sweep tries again.
                logger.exception("room %s cannot be settled", room.pk)


def _has_any() -> Q:
    open_ = Q(bookings__state__in=[State.REQUESTED, State.AGREED, State.CONFIRMED])
    return open_ | Q(waiting__offers__state=Offer.State.OPEN)


def _rooms_due(session: MeetingSession) -> Iterable[Room]:
    rules, now = booking_rules(session), session.session_now
    bookings = Booking.objects.filter(due_bookings(rules, now), session=session).values("room")
    offers = Offer.objects.filter(room__session=session, state=Offer.State.OPEN, expires_at__lte=now).values("room")
    return Room.objects.filter(Q(pk__in=bookings) | Q(pk__in=offers)).order_by("pk")


def _settle(room: Room) -> None:
    session = MeetingSession.objects.select_related("chain").get(pk=room.session_id)
    with journal.decision(session.chain, action="settle_bookings", subject=f"room:{room.code}", actor=WORKER) as draft:
        locked = lock_room(room)
        settle_room(draft=draft, room=locked, rules=booking_rules(session), now=session.session_now)


def offer_free() -> None:
    """Offer what became free otherwise, such as by a block that was lifted. Called by the sweep; again: nothing new."""
    for session in MeetingSession.objects.select_related("chain").filter(waiting__state="waiting").distinct():
        now, line = session.session_now, list(session.waiting.in_line())
        for found in availability(session=session):
            slots = [
                slot
                for slot in found.slots
                if slot.is_free and slot.starts_at > now and any(_may_suit(each, found.room, slot) for each in line)
            ]
            if slots:
                _offer_free(session, found.room, slots)


def _may_suit(entry: Waiting, room: Room, slot: SlotState) -> bool:
    is_within = entry.starts_at <= slot.starts_at and slot.ends_at <= entry.ends_at
    return is_within and entry.room_id in (None, room.pk)


def _offer_free(session: MeetingSession, room: Room, slots: Iterable[SlotState]) -> None:
    with journal.decision(session.chain, action="offer_slots", subject=f"room:{room.code}", actor=WORKER) as draft:
        locked = lock_room(room)
        rules, now = booking_rules(session), session.session_now
        for each in slots:
            offer_freed(
                draft=draft,
                session=session,
                room=locked,
                starts_at=each.starts_at,
                ends_at=each.ends_at,
                rules=rules,
                now=now,
            )


def register() -> None:
    """Have every sweep settle what is overdue, and offer what is free."""
    sweeps.register("bookings", settle_due)
    sweeps.register("free slots", offer_free)
