"""What the counterpart answers: yes, no, or another time; and what the requester says to that (RULES 6)."""

from datetime import datetime

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.clock import rfc3339
from cnd.errors import Refused
from cnd.instants import instant_text
from cnd.journal import Draft
from logistics.domain.limits import answer_by
from logistics.domain.slots import Slot
from logistics.models import Booking, Proposal, Room
from logistics.models.booking import CROSSED
from logistics.services.booking_ends import close_proposals, end_booking
from logistics.services.booking_holds import (
    COUNTERPART,
    REQUESTER,
    facts,
    hold,
    lock_delegations,
    lock_rooms,
    note_change,
    read_booking,
    require_booking_version,
    require_side,
    resource_of,
    slot_taken,
    touch_booking,
)
from logistics.services.booking_rules import BookingRules, booking_rules, require_before_cut_off, require_slot
from logistics.services.bookings import (
    agree,
    at_arrival,
    check_needs,
    note_exception,
    require_standing,
    require_within_limits,
)
from logistics.services.notices import bookings as notices
from logistics.services.occupancy import Claim, in_the_way
from logistics.services.offers import offer_freed

State = Booking.State


def confirm_booking(
    *,
    booking: Booking,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Booking:
    """Say yes for the counterpart, which is held from now on; a request in the other direction is cancelled.

    Again: changes nothing. Raises NotPermitted, Outdated; Refused `counterpart_busy`, after which the request stays,
    `answer_late`, `limit_reached` where the limits count both, `booking_ended`.
    """
    require_side(booking, actor, COUNTERPART)
    with journal.decision(
        booking.session.chain, action="confirm_booking", subject=booking.holder, actor=actor, reason=reason
    ) as draft:
        standing, rules = _locked(booking)
        require_booking_version(standing, expected_version)
        if standing.holds_counterpart:
            return standing
        now = at_arrival(standing.session, arrived_at)
        _require_in_time(standing, now)
        before = facts(standing)
        _cancel_crossing(draft, standing, rules, actor, now)
        _count_counterpart(standing, rules, actor, reason)
        close_proposals(standing, now)
        agree(standing, rules, actor, now)
        hold(standing, rules, now=now)
        note_change(draft, standing, before, frees=False)
        notices.tell_confirmed(standing)
    return standing


def decline_booking(
    *,
    booking: Booking,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Booking:
    """Say no for the counterpart; the slot is free again. Again: changes nothing.

    Raises NotPermitted, Refused, Outdated.
    """
    by = require_side(booking, actor, COUNTERPART)
    with journal.decision(
        booking.session.chain, action="decline_booking", subject=booking.holder, actor=actor, reason=reason
    ) as draft:
        standing, rules = _locked(booking)
        require_booking_version(standing, expected_version)
        if standing.state == State.DECLINED:
            return standing
        now = at_arrival(standing.session, arrived_at)
        _require_in_time(standing, now)
        end_booking(
            draft=draft, booking=standing, state=State.DECLINED, by=by, rules=rules, now=now, reason=reason.strip()
        )
    return standing


def propose_time(
    *,
    booking: Booking,
    room: Room,
    starts_at: datetime,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Proposal:
    """Propose another slot for the counterpart, which both see. It holds nothing; it takes the place of an earlier one.

    Now the requester has the time to answer. The same again: changes nothing. Raises NotPermitted, Invalid, Refused.
    """
    require_side(booking, actor, COUNTERPART)
    with journal.decision(
        booking.session.chain, action="propose_time", subject=booking.holder, actor=actor, reason=reason
    ) as draft:
        standing = read_booking(booking.pk)
        require_booking_version(standing, expected_version)
        now = at_arrival(standing.session, arrived_at)
        _require_in_time(standing, now)
        rules = booking_rules(standing.session)
        slot = require_slot(standing.session, rules.grid, room, starts_at)
        known = standing.proposals.filter(state=Proposal.State.OPEN).first()
        if known is not None and (known.room_id, known.starts_at) == (room.pk, slot.starts_at):
            return known
        if (standing.room_id, standing.starts_at) == (room.pk, slot.starts_at):
            raise Refused("same_time", _("This is the time that was asked for."))
        require_before_cut_off(standing.session, rules, slot.starts_at, now, actor, reason)
        _require_free(standing, room, slot, rules, now)
        close_proposals(standing, now)
        proposal = Proposal.objects.create(
            booking=standing, room=room, starts_at=slot.starts_at, ends_at=slot.ends_at, made_at=now
        )
        before = facts(standing)
        first = min(slot.starts_at, standing.starts_at)
        standing.answer_by = answer_by(now, rules.answer_within, first, rules.cut_off)
        draft.change(f"proposal:{proposal.pk}", None, {"room": room.code, "starts_at": rfc3339(slot.starts_at)})
        note_change(draft, standing, before, frees=False)
        notices.tell_proposed(standing, proposal)
    return proposal


def accept_proposal(
    *,
    booking: Booking,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Booking:
    """Take the time that the counterpart proposed: the booking moves there and is agreed. Raises as moving it does."""
    require_side(booking, actor, REQUESTER)
    with journal.decision(
        booking.session.chain, action="accept_proposal", subject=booking.holder, actor=actor, reason=reason
    ) as draft:
        standing, rules = _locked(booking)
        require_booking_version(standing, expected_version)
        now = at_arrival(standing.session, arrived_at)
        _require_in_time(standing, now)
        proposal = _open_proposal(standing)
        slot = require_slot(standing.session, rules.grid, proposal.room, proposal.starts_at)
        is_late = require_before_cut_off(standing.session, rules, slot.starts_at, now, actor, reason)
        is_beyond = require_within_limits(standing.requester, slot, rules, actor, reason, but=[standing.pk])
        before = facts(standing)
        left = standing.room, standing.starts_at, standing.ends_at
        _cancel_crossing(draft, standing, rules, actor, now)
        close_proposals(standing, now, Proposal.State.ACCEPTED)
        standing.room, standing.starts_at, standing.ends_at = proposal.room, slot.starts_at, slot.ends_at
        check_needs(standing, rules)
        is_beyond |= _count_counterpart(standing, rules, actor, reason)
        note_exception(standing, is_beyond=is_beyond, is_late=is_late, reason=reason)
        agree(standing, rules, actor, now)
        hold(standing, rules, now=now)
        note_change(draft, standing, before)
        notices.tell_confirmed(standing)
        offer_freed(
            draft=draft,
            session=standing.session,
            room=left[0],
            starts_at=left[1],
            ends_at=left[2],
            rules=rules,
            now=now,
        )
    return standing


def refuse_proposal(
    *,
    booking: Booking,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Booking:
    """Stay with the time that was asked for; the counterpart has to answer. Raises NotPermitted, Refused, Outdated."""
    require_side(booking, actor, REQUESTER)
    with journal.decision(
        booking.session.chain, action="refuse_proposal", subject=booking.holder, actor=actor, reason=reason
    ) as draft:
        standing = read_booking(booking.pk)
        require_booking_version(standing, expected_version)
        now = at_arrival(standing.session, arrived_at)
        _require_in_time(standing, now)
        proposal = _open_proposal(standing)
        rules = booking_rules(standing.session)
        before = facts(standing)
        close_proposals(standing, now, Proposal.State.REFUSED)
        standing.answer_by = answer_by(now, rules.answer_within, standing.starts_at, rules.cut_off)
        draft.change(f"proposal:{proposal.pk}", Proposal.State.OPEN.value, Proposal.State.REFUSED.value)
        note_change(draft, standing, before, frees=False)
        touch_booking(draft, standing)
        notices.tell_proposal_refused(standing)
    return standing


# --- shared -----------------------------------------------------------------------------------------------------------


def _locked(booking: Booking) -> tuple[Booking, BookingRules]:
    """Return a booking as it stands and the rules, under the locks of all rooms and of its delegations."""
    lock_rooms(booking.session)
    lock_delegations(*booking.parties)
    return read_booking(booking.pk), booking_rules(booking.session)


def _require_in_time(booking: Booking, now: datetime) -> None:
    require_standing(booking)
    if booking.answer_by is None:
        raise Refused("answered", _("This request was answered already."))
    if now >= booking.answer_by:
        said = _("The time to answer ended %(at)s.")
        raise Refused(
            "answer_late",
            said % {"at": instant_text(booking.answer_by, booking.session.time_zone, closing=True)},
            details={"answer_by": booking.answer_by, "now": now},
        )


def _open_proposal(booking: Booking) -> Proposal:
    found = booking.proposals.filter(state=Proposal.State.OPEN).select_related("room").first()
    if found is None:
        raise Refused("no_proposal", _("No other time is proposed."))
    return found


def _require_free(booking: Booking, room: Room, slot: Slot, rules: BookingRules, now: datetime) -> None:
    """Be friendly before it is tried: the room, and the one who proposes; nothing is said of the other delegation."""
    claims = [Claim(room.resource, slot.starts_at, slot.ends_at + rules.grid.between)]
    if in_the_way(claims=claims, but=booking.holder):
        wanted = Booking(session=booking.session, room=room, starts_at=slot.starts_at, requester=booking.requester)
        raise slot_taken(wanted, rules, now=now)
    if booking.counterpart is not None:
        own = [Claim(resource_of(booking.counterpart), slot.starts_at, slot.ends_at)]
        if in_the_way(claims=own, but=booking.holder):
            said = _("%(name)s has another bilateral meeting at that time.")
            raise Refused("counterpart_busy", said % {"name": booking.counterpart.name})


def _cancel_crossing(draft: Draft, booking: Booking, rules: BookingRules, actor: Actor, now: datetime) -> None:
    """Cancel what the counterpart asked of the requester: of two requests that cross one is enough (RULES 6)."""
    if booking.counterpart is None:
        return
    crossing = Booking.objects.filter(
        requester=booking.counterpart, counterpart=booking.requester, state=State.REQUESTED
    )
    for pk in crossing.order_by("pk").values_list("pk", flat=True):
        end_booking(
            draft=draft,
            booking=read_booking(pk),
            state=State.CANCELLED,
            by=require_side(booking, actor, COUNTERPART, REQUESTER),
            rules=rules,
            now=now,
            reason=CROSSED,
        )


def _count_counterpart(booking: Booking, rules: BookingRules, actor: Actor, reason: str) -> bool:
    if not rules.counts_both or booking.counterpart is None:
        return False
    slot = Slot(booking.starts_at, booking.ends_at)
    return require_within_limits(booking.counterpart, slot, rules, actor, reason, but=[booking.pk])
