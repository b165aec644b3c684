"""Bookings of rooms for bilateral meetings: requested, edited, confirmed by conference services (RULES 6)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid, NotFound, Refused
from cnd.journal import Draft
from cnd.models import PersonalDatum
from logistics.domain.limits import answer_by, exceeded
from logistics.domain.slots import Slot
from logistics.models import Booking, Room
from logistics.services.booking_holds import (
    REQUESTER,
    facts,
    held_slots,
    hold,
    keep_details,
    lock_delegations,
    lock_room,
    note_change,
    read_booking,
    require_booking_version,
    require_side,
    slot_taken,
)
from logistics.services.booking_rules import (
    BookingRules,
    booking_rules,
    require_before_cut_off,
    require_open,
    require_reason,
    require_slot,
)
from logistics.services.lapses import settle_room
from logistics.services.note_verbale import require_note
from logistics.services.notices import bookings as notices
from logistics.services.occupancy import Claim, in_the_way
from sessions.models import Delegation, MeetingSession
from sessions.services.access import require_acts_for

State = Booking.State
DETAILS = ("purpose", "participants", "nameplates")
MOST_PEOPLE = 10_000
LONGEST = 2_000


def at_arrival(session: MeetingSession, arrived_at: datetime | None) -> datetime:
    """Return the session time by which a request is judged: of its arrival, or else now (RULES 1)."""
    return session.chain.to_session(arrived_at) if arrived_at else session.chain.now()


def request_booking(
    *,
    session: MeetingSession,
    room: Room,
    starts_at: datetime,
    requester: Delegation,
    actor: Actor,
    counterpart: Delegation | None = None,
    purpose: str = "",
    participants: str = "",
    people: int | None = None,
    equipment: Collection[str] = (),
    nameplates: str = "",
    reason: str = "",
    arrived_at: datetime | None = None,
) -> Booking:
    """Take a slot of a room for a delegation; its counterpart is asked, and not held until it says yes.

    `arrived_at` is the real time at which the request reached the server; by it the window is judged. Staff may exceed
    limits and windows with a reason. Raises NotPermitted, NotFound, Invalid; Refused `slot_taken`, whose details name
    the nearest free slots, `requester_busy`, `limit_reached`, `not_open_yet`, `cut_off_passed`, `note_missing`.
    """
    require_acts_for(actor, requester)
    with journal.decision(
        session.chain,
        action="request_booking",
        subject=f"delegation:{requester.code}",
        actor=actor,
        reason=reason,
    ) as draft:
        room = lock_room(room)
        lock_delegations(requester)
        rules, now = booking_rules(session), session.chain.now()
        booking = Booking(
            session=session,
            room=room,
            starts_at=starts_at,
            requester=requester,
            counterpart=counterpart,
            people=people,
            equipment=list(dict.fromkeys(equipment)),
            requested_at=now,
            arrived_at=at_arrival(session, arrived_at),
        )
        settle_room(draft=draft, room=room, rules=rules, now=booking.arrived_at)
        make_booking(
            draft=draft,
            booking=booking,
            details={"purpose": purpose, "participants": participants, "nameplates": nameplates},
            rules=rules,
            actor=actor,
            reason=reason,
        )
    return booking


def make_booking(
    *,
    draft: Draft,
    booking: Booking,
    details: dict[str, str] | PersonalDatum | None,
    rules: BookingRules,
    actor: Actor,
    reason: str,
) -> None:
    """Check a new booking, have it hold what it holds, and tell. The caller has the locks of room and requester."""
    session, now = booking.session, booking.arrived_at
    _check_parties(booking, rules)
    slot = require_slot(session, rules.grid, booking.room, booking.starts_at)
    booking.starts_at, booking.ends_at = slot.starts_at, slot.ends_at
    check_needs(booking, rules)
    is_late = require_open(session, rules, slot.starts_at, now, actor, reason)
    require_note(booking.requester, rules, actor, reason)
    if in_the_way(claims=[Claim(booking.room.resource, slot.starts_at, slot.ends_at + rules.grid.between)]):
        raise slot_taken(booking, rules, now=now)
    is_beyond = require_within_limits(booking.requester, slot, rules, actor, reason)
    note_exception(booking, is_beyond=is_beyond, is_late=is_late, reason=reason)
    if booking.counterpart is None:
        agree(booking, rules, actor, now)
    else:
        booking.state = State.REQUESTED
        booking.answer_by = answer_by(now, rules.answer_within, slot.starts_at, rules.cut_off)
    if isinstance(details, dict):
        details = keep_details(session, **_checked_details(details))
    booking.details = details
    booking.save()
    hold(booking, rules, now=now)
    note_change(draft, booking, None)
    notices.tell_requested(booking)


def agree(booking: Booking, rules: BookingRules, actor: Actor, now: datetime) -> None:
    """Give a booking on which its delegations agree its state: confirmed, or to be so by conference services."""
    booking.answer_by = None
    booking.agreed_at = booking.agreed_at or now
    if rules.is_confirmed_by_staff and not actor.is_secretariat:
        booking.state, booking.confirmed_at = State.AGREED, None
    else:
        confirm(booking, now)


def confirm(booking: Booking, now: datetime) -> None:
    """Give a booking the state of one that is certain; its delegations are invited."""
    booking.state, booking.confirmed_at = State.CONFIRMED, now
    booking.sequence = 0 if booking.sequence is None else booking.sequence + 1


def require_within_limits(
    delegation: Delegation,
    slot: Slot,
    rules: BookingRules,
    actor: Actor,
    reason: str,
    *,
    but: Sequence[int] = (),
) -> bool:
    """Raise Refused where one more slot exceeds a limit, unless staff give a reason; tell whether it does.

    The caller has the delegation's lock. `but` are bookings that this one takes the place of.
    """
    held = held_slots(delegation, rules, but=but)
    found = exceeded(rules.limits, held, slot, between=rules.grid.between, zone=rules.grid.zone)
    if not found:
        return False
    if not actor.is_secretariat:
        limits = {name: getattr(rules.limits, name) for name in found}
        said = {
            "in_all": _("%(name)s has all the slots it may have: %(most)d."),
            "a_day": _("%(name)s has all the slots it may have on that day: %(most)d."),
            "consecutive": _("%(name)s may have at most %(most)d slots one after the other."),
        }[found[0]]
        raise Refused(
            "limit_reached",
            said % {"name": delegation.name, "most": limits[found[0]]},
            details={"limits": limits},
        )
    require_reason(reason, _("Beyond a limit a booking needs a reason."))
    return True


def edit_booking(
    *,
    booking: Booking,
    actor: Actor,
    purpose: str | None = None,
    participants: str | None = None,
    nameplates: str | None = None,
    people: int | None = None,
    equipment: Collection[str] | None = None,
    reason: str = "",
    expected_version: int | None = None,
    arrived_at: datetime | None = None,
) -> Booking:
    """Change what a standing booking is for and needs; what is not given, or the same, stays; 0 `people`: no number.

    By the requester until the cut-off, then by staff with a reason. Raises NotPermitted, Invalid, Refused, Outdated.
    """
    require_side(booking, actor, REQUESTER)
    with journal.decision(
        booking.session.chain, action="edit_booking", subject=booking.holder, actor=actor, reason=reason
    ) as draft:
        standing = read_booking(booking.pk)
        require_booking_version(standing, expected_version)
        require_standing(standing)
        rules = booking_rules(standing.session)
        now = at_arrival(standing.session, arrived_at)
        require_before_cut_off(standing.session, rules, standing.starts_at, now, actor, reason)
        before = facts(standing)
        given = {"purpose": purpose, "participants": participants, "nameplates": nameplates}
        known = {name: standing.detail(name) for name in DETAILS}
        wanted = _checked_details({name: known[name] if (text := given[name]) is None else text for name in DETAILS})
        if wanted != known:
            standing.details = keep_details(standing.session, **wanted)
        standing.people = standing.people if people is None else people or None
        standing.equipment = standing.equipment if equipment is None else list(dict.fromkeys(equipment))
        check_needs(standing, rules)
        if facts(standing) == before:
            return standing
        note_change(draft, standing, before, frees=False)
        notices.tell_edited(standing)
    return standing


def approve_booking(
    *,
    booking: Booking,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Booking:
    """Confirm, as conference services, what its delegations agreed on. Again: changes nothing.

    Raises NotPermitted, Refused, Outdated.
    """
    require_secretariat(actor)
    with journal.decision(
        booking.session.chain, action="approve_booking", subject=booking.holder, actor=actor, reason=reason
    ) as draft:
        standing = read_booking(booking.pk)
        require_booking_version(standing, expected_version)
        if standing.state in (State.CONFIRMED, State.HELD):
            return standing
        if standing.state != State.AGREED:
            raise Refused("not_agreed", _("Its delegations have not agreed on this booking."))
        before = facts(standing)
        confirm(standing, at_arrival(standing.session, arrived_at))
        note_change(draft, standing, before, frees=False)
        notices.tell_confirmed(standing)
    return standing


def note_exception(booking: Booking, *, is_beyond: bool, is_late: bool, reason: str, is_off_grid: bool = False) -> None:
    """Say of a booking whether it is an exception where it is now, and for what reason; not any more if it is none."""
    Kind = Booking.Exceptional
    kinds = ((Kind.GRID, is_off_grid), (Kind.LIMIT, is_beyond), (Kind.TIME, is_late))
    kind = next((each for each, applies in kinds if applies), "")
    booking.exception, booking.exception_reason = kind, reason if kind else ""


def require_standing(booking: Booking) -> None:
    """Raise Refused for a booking that ended."""
    if not booking.is_standing:
        raise Refused("booking_ended", _("This booking ended: %(state)s.") % {"state": booking.get_state_display()})


# --- checks -----------------------------------------------------------------------------------------------------------


def _check_parties(booking: Booking, rules: BookingRules) -> None:
    for party in booking.parties:
        if party.session_id != booking.session_id:
            raise NotFound("no_such_delegation", _("This delegation does not take part in this session."))
    message = ""
    if booking.counterpart is None and not rules.allows_own_use:
        message = _("Name the delegation that you want to meet.")
    elif booking.counterpart is not None and booking.counterpart.pk == booking.requester.pk:
        message = _("A delegation does not meet itself.")
    if message:
        raise Invalid("counterpart_unfit", message, fields={"counterpart": [message]})


def check_needs(booking: Booking, rules: BookingRules) -> None:
    """Raise Invalid for equipment that nobody knows, or more people than the room has seats."""
    faults: dict[str, Any] = {}
    unknown = sorted(set(booking.equipment) - set(rules.equipment))
    if unknown:
        faults["equipment"] = [_("Unknown: %(words)s.") % {"words": ", ".join(unknown)}]
    if booking.people is not None and not 1 <= booking.people <= min(booking.room.capacity, MOST_PEOPLE):
        faults["people"] = [_("This room has %(seats)d seats.") % {"seats": booking.room.capacity}]
    if faults:
        raise Invalid("needs_unfit", _("The room cannot serve these needs."), fields=faults)


def _checked_details(details: dict[str, str]) -> dict[str, str]:
    found = {name: text.strip() for name, text in details.items()}
    faults = {
        name: [_("At most %(most)d characters.") % {"most": LONGEST}]
        for name, text in found.items()
        if len(text) > LONGEST
    }
    if faults:
        raise Invalid("text_too_long", _("A text is too long."), fields=faults)
    return found
