"""A booking moved, two swapped, one cancelled: each in one transaction, with what follows from it (RULES 6)."""

from datetime import datetime

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid, Refused
from cnd.journal import Draft
from logistics.domain.limits import answer_by
from logistics.domain.slots import Slot
from logistics.models import Booking, Room
from logistics.services.booking_ends import close_proposals, end_booking
from logistics.services.booking_holds import (
    COUNTERPART,
    REQUESTER,
    facts,
    hold,
    let_go,
    lock_delegations,
    lock_rooms,
    note_change,
    read_booking,
    require_booking_version,
    require_side,
)
from logistics.services.booking_rules import (
    BookingRules,
    booking_rules,
    hours_of,
    require_before_cut_off,
    require_reason,
    require_slot,
)
from logistics.services.bookings import (
    agree,
    at_arrival,
    check_needs,
    note_exception,
    require_standing,
    require_within_limits,
)
from logistics.services.notices import bookings as notices
from logistics.services.offers import offer_freed

State = Booking.State


def move_booking(
    *,
    booking: Booking,
    room: Room,
    starts_at: datetime,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Booking:
    """Move a booking to another room or slot; the slot it leaves goes to who waits.

    Moved by staff it keeps its state, and both delegations are held at the new time. Moved by the requester to another
    time, its counterpart is asked anew. The same place again: changes nothing. Raises as a new booking does.
    """
    require_side(booking, actor, REQUESTER)
    with journal.decision(
        booking.session.chain, action="move_booking", subject=booking.holder, actor=actor, reason=reason
    ) as draft:
        lock_rooms(booking.session)
        lock_delegations(*booking.parties)
        standing = read_booking(booking.pk)
        require_booking_version(standing, expected_version)
        _require_movable(standing)
        rules, now = booking_rules(standing.session), at_arrival(standing.session, arrived_at)
        slot = require_slot(standing.session, rules.grid, room, starts_at)
        if (standing.room_id, standing.starts_at, standing.ends_at) == (room.pk, slot.starts_at, slot.ends_at):
            return standing
        require_before_cut_off(standing.session, rules, standing.starts_at, now, actor, reason)
        is_late = require_before_cut_off(standing.session, rules, slot.starts_at, now, actor, reason)
        is_other_time = slot.starts_at != standing.starts_at
        is_beyond = _count(standing, slot, rules, actor, reason, is_other_time=is_other_time)
        left = standing.room, Slot(standing.starts_at, standing.ends_at)
        before = facts(standing)
        standing.room, standing.starts_at, standing.ends_at = room, slot.starts_at, slot.ends_at
        note_exception(standing, is_beyond=is_beyond, is_late=is_late, reason=reason)
        check_needs(standing, rules)
        _follow(standing, rules, actor, now, is_other_time=is_other_time)
        hold(standing, rules, now=now)
        close_proposals(standing, now)
        note_change(draft, standing, before)
        notices.tell_moved(standing, left[0], left[1].starts_at)
        _offer(draft, standing, left, rules, now)
    return standing


def swap_bookings(
    *, one: Booking, other: Booking, actor: Actor, reason: str = "", expected_version: int | None = None
) -> tuple[Booking, Booking]:
    """Have two bookings change places, rooms and times, as staff. Their states stay.

    `expected_version` is that of `one`: a second click must not bring both back to where they were. Raises
    NotPermitted, Refused, Outdated.
    """
    require_secretariat(actor)
    if one.pk == other.pk or one.session_id != other.session_id:
        raise Invalid("not_two", _("Choose two bookings of one session."))
    with journal.decision(
        one.session.chain, action="swap_bookings", subject=one.holder, actor=actor, reason=reason
    ) as draft:
        lock_rooms(one.session)
        lock_delegations(*one.parties, *other.parties)
        pair = {pk: read_booking(pk) for pk in sorted((one.pk, other.pk))}
        first, second = pair[one.pk], pair[other.pk]
        require_booking_version(first, expected_version)
        rules, now = booking_rules(one.session), first.session.chain.now()
        places = [(each.room, Slot(each.starts_at, each.ends_at)) for each in (second, first)]
        before = [facts(each) for each in (first, second)]
        for each in (first, second):
            _require_movable(each)
            let_go(each)
        for each, (room, slot) in zip((first, second), places, strict=True):
            is_late = require_before_cut_off(each.session, rules, slot.starts_at, now, actor, reason)
            is_beyond = _count(each, slot, rules, actor, reason, is_other_time=True, but=(first.pk, second.pk))
            # What was kept when the grid changed stays an exception, whoever is there now.
            is_off_grid = rules.grid.slot_at(slot.starts_at, hours_of(room, rules.grid)) != slot
            each.room, each.starts_at, each.ends_at = room, slot.starts_at, slot.ends_at
            note_exception(each, is_beyond=is_beyond, is_late=is_late, is_off_grid=is_off_grid, reason=reason)
            check_needs(each, rules)
            _follow(each, rules, actor, now, is_other_time=True)
            close_proposals(each, now)
        for each, known, (room, slot) in zip((first, second), before, reversed(places), strict=True):
            hold(each, rules, now=now)
            note_change(draft, each, known)
            notices.tell_moved(each, room, slot.starts_at)
    return first, second


def cancel_booking(
    *,
    booking: Booking,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Booking:
    """Cancel a booking for either delegation until the cut-off, or as staff with a reason; it stays readable.

    The counterpart cancels what it agreed to; what it only was asked it declines. Again: changes nothing.
    """
    by = require_side(booking, actor, REQUESTER, COUNTERPART)
    with journal.decision(
        booking.session.chain, action="cancel_booking", subject=booking.holder, actor=actor, reason=reason
    ) as draft:
        lock_rooms(booking.session)
        standing = read_booking(booking.pk)
        require_booking_version(standing, expected_version)
        if standing.state == State.CANCELLED:
            return standing
        require_standing(standing)
        if standing.state == State.REQUESTED:
            require_side(standing, actor, REQUESTER)
        if actor.is_secretariat:
            require_reason(reason, _("Staff cancel a booking with a reason, which its delegations read."))
        rules, now = booking_rules(standing.session), at_arrival(standing.session, arrived_at)
        require_before_cut_off(standing.session, rules, standing.starts_at, now, actor, reason)
        end_booking(
            draft=draft, booking=standing, state=State.CANCELLED, by=by, rules=rules, now=now, reason=reason.strip()
        )
    return standing


# --- shared -----------------------------------------------------------------------------------------------------------


def _require_movable(booking: Booking) -> None:
    require_standing(booking)
    if booking.state == State.HELD:
        raise Refused("already_begun", _("This meeting has begun."))


def _count(
    booking: Booking,
    slot: Slot,
    rules: BookingRules,
    actor: Actor,
    reason: str,
    *,
    is_other_time: bool,
    but: tuple[int, ...] = (),
) -> bool:
    """Refuse what exceeds the limits of whomever they count; tell whether it does."""
    without = but or (booking.pk,)
    found = require_within_limits(booking.requester, slot, rules, actor, reason, but=without)
    # A counterpart that is asked anew counts when it says yes; until then nobody learns how much it has booked.
    is_held = booking.holds_counterpart and (actor.is_secretariat or not is_other_time)
    if rules.counts_both and booking.counterpart is not None and is_held:
        found |= require_within_limits(booking.counterpart, slot, rules, actor, reason, but=without)
    return found


def _follow(booking: Booking, rules: BookingRules, actor: Actor, now: datetime, *, is_other_time: bool) -> None:
    """Give a booking that moved the state that follows from who moved it."""
    is_asked_anew = is_other_time and not actor.is_secretariat and booking.counterpart is not None
    if booking.state == State.REQUESTED or is_asked_anew:
        if booking.sequence is not None and booking.state != State.REQUESTED:
            booking.sequence += 1
        booking.state, booking.agreed_at, booking.confirmed_at = State.REQUESTED, None, None
        booking.answer_by = answer_by(now, rules.answer_within, booking.starts_at, rules.cut_off)
    elif not actor.is_secretariat:
        agree(booking, rules, actor, now)
    elif booking.sequence is not None:
        booking.sequence += 1


def _offer(draft: Draft, booking: Booking, left: tuple[Room, Slot], rules: BookingRules, now: datetime) -> None:
    offer_freed(
        draft=draft,
        session=booking.session,
        room=left[0],
        starts_at=left[1].starts_at,
        ends_at=left[1].ends_at,
        rules=rules,
        now=now,
    )
