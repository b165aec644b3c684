"""Waiting for a slot, or for any room within some hours; taking up what is offered, or not (RULES 6)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import WORKER, Actor
from cnd.clock import rfc3339
from cnd.errors import Invalid, NotFound, Refused
from cnd.instants import instant_text
from logistics.models import Booking, Offer, Room, Waiting
from logistics.services import occupancy
from logistics.services.availability import nearest_free
from logistics.services.booking_holds import keep_details, lock_delegations, lock_room, lock_rooms
from logistics.services.booking_rules import BookingRules, booking_rules, require_open, require_slot
from logistics.services.bookings import at_arrival, make_booking
from logistics.services.notices import waiting as notices
from logistics.services.offers import end_offer, facts, note_waiting
from sessions.models import Delegation, MeetingSession
from sessions.services.access import require_acts_for

State = Waiting.State


@dataclass(frozen=True)
class _Wanted:
    starts_at: datetime
    ends_at: datetime


def join_waiting(
    *,
    session: MeetingSession,
    delegation: Delegation,
    actor: Actor,
    room: Room | None = None,
    starts_at: datetime | None = None,
    day: date | None = None,
    from_time: time | None = None,
    until_time: time | None = None,
    counterpart: Delegation | None = None,
    purpose: str = "",
    participants: str = "",
    nameplates: str = "",
    people: int | None = None,
    equipment: Collection[str] = (),
    reason: str = "",
    arrived_at: datetime | None = None,
) -> Waiting:
    """Wait for the slot that begins at `starts_at`, or for any on a day within some hours; without a room, in any.

    The same again returns the place in line that there is. Raises NotPermitted, Invalid; Refused `slot_free`, whose
    details name what can be booked at once, and as a booking does before it opens and after its cut-off.
    """
    require_acts_for(actor, delegation)
    for party in (delegation, counterpart):
        if party is not None and party.session_id != session.pk:
            raise NotFound("no_such_delegation", _("This delegation does not take part in this session."))
    with journal.decision(
        session.chain,
        action="join_waiting",
        subject=f"delegation:{delegation.code}",
        actor=actor,
        reason=reason,
    ) as draft:
        # All rooms: what is set free meanwhile is either seen here, or sees this one wait.
        lock_rooms(session)
        rules, now = booking_rules(session), at_arrival(session, arrived_at)
        wanted = _interval(session, rules, room, starts_at, day, from_time, until_time)
        same = {"room": room, "starts_at": wanted.starts_at, "ends_at": wanted.ends_at, "delegation": delegation}
        known = session.waiting.standing().filter(**same).first()
        if known is not None:
            return known
        _check_needs(session, rules, room, counterpart, delegation, people, equipment)
        require_open(session, rules, wanted.ends_at - rules.grid.slot, now, actor, reason)
        _require_taken(session, rules, wanted, room, delegation, people, equipment, now)
        entry = Waiting(
            session=session,
            **same,
            counterpart=counterpart,
            people=people,
            equipment=list(dict.fromkeys(equipment)),
            details=keep_details(session, purpose=purpose, participants=participants, nameplates=nameplates),
            joined_at=now,
        )
        entry.save()
        note_waiting(draft, entry, None)
    return entry


def _interval(
    session: MeetingSession,
    rules: BookingRules,
    room: Room | None,
    starts_at: datetime | None,
    day: date | None,
    from_time: time | None,
    until_time: time | None,
) -> _Wanted:
    grid = rules.grid
    if starts_at is not None:
        slot = grid.slot_at(starts_at) if room is None else require_slot(session, grid, room, starts_at)
        if slot is None:
            message = _("No slot begins then.")
            raise Invalid("no_such_slot", message, fields={"starts_at": [message]})
        return _Wanted(slot.starts_at, slot.ends_at)
    if day is None:
        message = _("Name a slot or a day.")
        raise Invalid("day_missing", message, fields={"day": [message]})
    begins, ends = (
        datetime.combine(day, hour, tzinfo=grid.zone).astimezone(UTC)
        for hour in (from_time or grid.opens, until_time or grid.closes)
    )
    if not any(begins <= each.starts_at and each.ends_at <= ends for each in grid.slots_of(day)):
        message = _("No slot lies within these hours.")
        raise Invalid("no_such_slot", message, fields={"day": [message]})
    return _Wanted(begins, ends)


def _check_needs(
    session: MeetingSession,
    rules: BookingRules,
    room: Room | None,
    counterpart: Delegation | None,
    delegation: Delegation,
    people: int | None,
    equipment: Collection[str],
) -> None:
    faults: dict[str, list[str]] = {}
    if counterpart is None and not rules.allows_own_use:
        faults["counterpart"] = [_("Name the delegation that you want to meet.")]
    elif counterpart is not None and counterpart.pk == delegation.pk:
        faults["counterpart"] = [_("A delegation does not meet itself.")]
    if set(equipment) - set(rules.equipment):
        faults["equipment"] = [_("Some of this equipment is not known.")]
    rooms = [room] if room else list(session.rooms.for_bilaterals())
    seats = max((each.capacity for each in rooms), default=0)
    if people is not None and not 1 <= people <= seats:
        faults["people"] = [_("No such room has more than %(seats)d seats.") % {"seats": seats}]
    if faults:
        raise Invalid("needs_unfit", _("No room can serve these needs."), fields=faults)


def _require_taken(
    session: MeetingSession,
    rules: BookingRules,
    wanted: _Wanted,
    room: Room | None,
    delegation: Delegation,
    people: int | None,
    equipment: Collection[str],
    now: datetime,
) -> None:
    free = nearest_free(
        session=session,
        rules=rules,
        room=room,
        starts_at=wanted.starts_at,
        delegation=delegation,
        now=now,
        people=people,
        equipment=equipment,
        most=None,
    )
    found = [
        (one, slot)
        for one, slot in free
        if room in (None, one) and wanted.starts_at <= slot.starts_at and slot.ends_at <= wanted.ends_at
    ]
    if found:
        raise Refused(
            "slot_free",
            _("There is a free slot: book it."),
            details={"nearest": [{"room": one.code, "starts_at": rfc3339(slot.starts_at)} for one, slot in found[:5]]},
        )


def leave_waiting(*, entry: Waiting, actor: Actor) -> Waiting:
    """Leave the line; what is offered goes to the next. Again: changes nothing. Raises NotPermitted."""
    require_acts_for(actor, entry.delegation)
    session = _session_of(entry)
    with journal.decision(session.chain, action="leave_waiting", subject=f"waiting:{entry.pk}", actor=actor) as draft:
        lock_rooms(session)
        standing = _locked(entry.pk)
        rules, now = booking_rules(session), session.chain.now()
        offer = standing.offers.select_related("room").filter(state=Offer.State.OPEN).first()
        if offer is not None:
            offer.waiting = standing
            end_offer(draft=draft, offer=offer, state=Offer.State.DECLINED, rules=rules, now=now)
        elif standing.state == State.WAITING:
            before = facts(standing)
            standing.state, standing.ended_at = State.LEFT, now
            note_waiting(draft, standing, before)
    return standing


def accept_offer(*, offer: Offer, actor: Actor, reason: str = "", arrived_at: datetime | None = None) -> Booking:
    """Book the slot that is offered. Again: returns the booking.

    Raises NotPermitted; Refused `offer_ended`, and as a booking does; then the offer stays until its time is over.
    """
    require_acts_for(actor, offer.waiting.delegation)
    session = _session_of(offer.waiting)
    with journal.decision(
        session.chain, action="accept_offer", subject=f"offer:{offer.pk}", actor=actor, reason=reason
    ) as draft:
        room = lock_room(offer.room)
        lock_delegations(offer.waiting.delegation)
        entry = _locked(offer.waiting_id)
        standing = Offer.objects.select_related("booking").get(pk=offer.pk)
        if standing.booking is not None:
            return standing.booking
        now = at_arrival(session, arrived_at)
        _require_open(session, standing, now)
        rules = booking_rules(session)
        occupancy.release(holder=standing.holder)
        booking = Booking(
            session=session,
            room=room,
            starts_at=standing.starts_at,
            requester=entry.delegation,
            counterpart=entry.counterpart,
            people=entry.people,
            equipment=entry.equipment,
            requested_at=session.chain.now(),
            arrived_at=now,
        )
        make_booking(draft=draft, booking=booking, details=entry.details, rules=rules, actor=actor, reason=reason)
        before = facts(entry)
        standing.state, standing.answered_at, standing.booking = Offer.State.ACCEPTED, now, booking
        standing.save(update_fields=["state", "answered_at", "booking"])
        entry.state, entry.ended_at = State.SERVED, now
        note_waiting(draft, entry, before)
    return booking


def decline_offer(*, offer: Offer, actor: Actor) -> Offer:
    """Let a slot that is offered go to the next. Who waits for any room stays in line. Again: changes nothing."""
    require_acts_for(actor, offer.waiting.delegation)
    session = _session_of(offer.waiting)
    with journal.decision(session.chain, action="decline_offer", subject=f"offer:{offer.pk}", actor=actor) as draft:
        lock_room(offer.room)
        entry = _locked(offer.waiting_id)
        standing = Offer.objects.select_related("room").get(pk=offer.pk)
        if standing.state == Offer.State.DECLINED:
            return standing
        now = session.chain.now()
        _require_open(session, standing, now)
        standing.waiting = entry
        end_offer(
            draft=draft,
            offer=standing,
            state=Offer.State.DECLINED,
            rules=booking_rules(session),
            now=now,
            stays=entry.room_id is None,
        )
    return standing


def _require_open(session: MeetingSession, offer: Offer, now: datetime) -> None:
    if offer.state != Offer.State.OPEN or now >= offer.expires_at:
        said = _("This offer ended %(at)s.")
        at = offer.answered_at or offer.expires_at
        raise Refused("offer_ended", said % {"at": instant_text(at, session.time_zone)}, details={"ended_at": at})


def _session_of(entry: Waiting) -> MeetingSession:
    return MeetingSession.objects.select_related("chain").get(pk=entry.session_id)


def _locked(pk: int) -> Waiting:
    Waiting.objects.select_for_update().get(pk=pk)
    return Waiting.objects.select_related("session__chain", "delegation", "counterpart", "room", "details").get(pk=pk)


def lapse_waiting() -> None:
    """Let whoever waits for hours that are over leave the line. Called by the sweep; again: changes nothing."""
    for session in MeetingSession.objects.select_related("chain").filter(waiting__state=State.WAITING).distinct():
        now = session.session_now
        over = session.waiting.filter(state=State.WAITING, ends_at__lte=now).order_by("pk")
        if not over.exists():
            continue
        with journal.decision(
            session.chain, action="lapse_waiting", subject=f"session:{session.code}", actor=WORKER
        ) as draft:
            for pk in over.values_list("pk", flat=True):
                entry = _locked(pk)
                if entry.state == State.WAITING:
                    before = facts(entry)
                    entry.state, entry.ended_at = State.LAPSED, now
                    note_waiting(draft, entry, before)
                    notices.tell_lapsed(entry)
