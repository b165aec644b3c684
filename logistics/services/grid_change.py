"""The slot grid corrected: never while a booking is in its way that nobody has decided about (RULES 6)."""

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import WORKER, Actor, require_secretariat
from cnd.errors import Invalid, Refused
from cnd.journal import Draft
from logistics.domain.limits import answer_by
from logistics.domain.slots import Grid, Slot
from logistics.models import Booking, Offer, Room, Waiting
from logistics.services import occupancy
from logistics.services.booking_ends import close_proposals, end_booking
from logistics.services.booking_holds import (
    AVAILABILITY,
    STAFF,
    facts,
    hold,
    let_go,
    lock_delegations,
    lock_rooms,
    note_change,
    read_booking,
    resource_name,
)
from logistics.services.booking_rules import (
    GRID_TYPES,
    SCOPE,
    BookingRules,
    booking_rules,
    grid_of,
    hours_of,
    require_slot,
)
from logistics.services.bookings import check_needs
from logistics.services.notices import bookings as notices
from logistics.services.notices.waiting import tell_lapsed
from logistics.services.occupancy import Claim
from logistics.services.offers import end_offer, note_waiting, offer_freed
from logistics.services.offers import facts as waiting_facts
from sessions.domain.rule_values import check_value, to_json
from sessions.models import MeetingSession, Rule
from sessions.services import deadlines
from sessions.services.rules import before_correction, correct_rule

Disposition = str | tuple[Room, datetime]
"""What becomes of a booking in the way: `keep`, `cancel`, or the room and the beginning to which it moves."""
KEEP, CANCEL = "keep", "cancel"

_decided: ContextVar[bool] = ContextVar("grid_decided", default=False)


def bookings_in_the_way(
    *, session: MeetingSession, values: Mapping[str, Any], room: Room | None = None
) -> list[Booking]:
    """Return the bookings not over yet that are no slots of the grid with these rules, in order of time.

    `values` are stored or Python values by the rule's key. Exceptions that were kept before are in nobody's way.
    Raises Invalid where no slots can be made of it.
    """
    grid = _checked_grid(session, values)
    bookings = _ahead(session).exclude(exception=Booking.Exceptional.GRID)
    if room is not None:
        bookings = bookings.filter(room=room)
    return [each for each in bookings if not _fits(each, grid)]


def change_grid(
    *,
    session: MeetingSession,
    values: Mapping[str, Any],
    dispositions: Mapping[int, Disposition],
    reason: str,
    actor: Actor,
) -> list[Rule]:
    """Correct rules of the grid together, and decide of every booking in the way in the same transaction.

    `dispositions` say by a booking's key: `keep` as an exception, `cancel`, or (room, starts_at) on the new grid.
    Raises NotPermitted, Invalid; Refused `bookings_in_the_way` unless each is decided, and as a move does.
    """
    require_secretariat(actor)
    _require_reason(reason)
    unknown = sorted(set(values) - set(GRID_TYPES))
    if unknown:
        message = _("No rules of the grid: %(keys)s.") % {"keys": ", ".join(unknown)}
        raise Invalid("no_rule_of_grid", message, fields={"values": [message]})
    with journal.decision(
        session.chain, action="change_grid", subject=f"session:{session.code}", actor=actor, reason=reason
    ) as draft:
        deadlines.lock_rules(session)
        lock_rooms(session)
        grid = _checked_grid(session, values)
        found = bookings_in_the_way(session=session, values=values)
        undecided = [each for each in found if each.pk not in dispositions]
        if undecided:
            raise _in_the_way(undecided)
        standing = [read_booking(pk) for pk in _ahead(session).order_by("pk").values_list("pk", flat=True)]
        lock_delegations(*(party for each in standing for party in each.parties))
        rules, now = replace(booking_rules(session), grid=grid), session.chain.now()
        offers = _open_offers(session)
        for offer in offers:
            occupancy.release(holder=offer.holder)
        in_way = {each.pk for each in found}
        decided = {pk: dispositions[pk] for pk in in_way}
        freed = _decide(draft, standing, decided, rules, now, reason)
        token = _decided.set(True)
        try:
            corrected = [_correct(session, key, values[key], reason, actor) for key in _in_order(session, values)]
        finally:
            _decided.reset(token)
        draft.touch(AVAILABILITY)
        _settle_offers(draft, offers, rules, now)
        _settle_waiting(draft, session, rules, now)
        for room, slot in freed:
            offer_freed(
                draft=draft,
                session=session,
                room=room,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                rules=rules,
                now=now,
            )
    return corrected


def _decide(
    draft: Draft,
    standing: Sequence[Booking],
    decided: Mapping[int, Disposition],
    rules: BookingRules,
    now: datetime,
    reason: str,
) -> list[tuple[Room, Slot]]:
    """Move, cancel or keep what is in the way, hold the rest with the new time between; return what is freed."""
    freed = [(each.room, Slot(each.starts_at, each.ends_at)) for each in standing if each.pk in decided]
    kept = [each for each in standing if decided.get(each.pk) == KEEP]
    # First all that moves or stays gives up its time, so that two may change places.
    for each in standing:
        if each not in kept and each.exception != Booking.Exceptional.GRID:
            let_go(each)
    for each in standing:
        to = decided.get(each.pk)
        if to == CANCEL:
            end_booking(
                draft=draft,
                booking=each,
                state=Booking.State.CANCELLED,
                by=STAFF,
                rules=rules,
                now=now,
                reason=reason,
                offers=False,
            )
        elif to == KEEP:
            before = facts(each)
            each.exception, each.exception_reason = Booking.Exceptional.GRID, reason
            note_change(draft, each, before, frees=False)
    for each in standing:
        to = decided.get(each.pk)
        if isinstance(to, tuple):
            _move(draft, each, to, rules, now)
        elif to is None and each.exception != Booking.Exceptional.GRID:
            hold(each, rules, now=now)
    return freed


def _move(draft: Draft, booking: Booking, to: tuple[Room, datetime], rules: BookingRules, now: datetime) -> None:
    slot = require_slot(booking.session, rules.grid, *to)
    before, left = facts(booking), (booking.room, booking.starts_at)
    booking.room, booking.starts_at, booking.ends_at = to[0], slot.starts_at, slot.ends_at
    check_needs(booking, rules)
    close_proposals(booking, now)
    if booking.state == Booking.State.REQUESTED:
        # The time to answer ends at the cut-off of where it is now, not of where it was.
        booking.answer_by = answer_by(now, rules.answer_within, booking.starts_at, rules.cut_off)
    if booking.sequence is not None:
        booking.sequence += 1
    hold(booking, rules, now=now)
    note_change(draft, booking, before)
    notices.tell_moved(booking, *left)


def _open_offers(session: MeetingSession) -> list[Offer]:
    offers = Offer.objects.filter(room__session=session, state=Offer.State.OPEN).order_by("pk")
    return list(offers.select_related("room", "waiting__session__chain", "waiting__delegation", "waiting__room"))


def _settle_offers(draft: Draft, offers: Sequence[Offer], rules: BookingRules, now: datetime) -> None:
    """Hold anew what is offered and still a slot; withdraw the others, whose delegations stay in line."""
    grid, gone = rules.grid, []
    for offer in offers:
        slot = grid.slot_at(offer.starts_at, hours_of(offer.room, grid))
        claim = Claim(offer.room.resource, offer.starts_at, offer.ends_at + grid.between)
        occupancy.release(holder=offer.holder)
        if slot is None or slot.ends_at != offer.ends_at or occupancy.in_the_way(claims=[claim]):
            gone.append(offer)
        else:
            occupancy.occupy(session=offer.waiting.session, holder=offer.holder, claims=[claim])
    # Only then, as what is set free by it is offered at once.
    for offer in gone:
        end_offer(draft=draft, offer=offer, state=Offer.State.WITHDRAWN, rules=rules, now=now, stays=True)


def _settle_waiting(draft: Draft, session: MeetingSession, rules: BookingRules, now: datetime) -> None:
    """Let those leave the line who wait for slots that are none any more."""
    waiting = Waiting.objects.select_for_update(of=("self",)).filter(session=session).in_line()
    for entry in waiting.select_related("session__chain", "delegation", "room"):
        within = rules.grid.slots_of(rules.grid.day_of(entry.starts_at))
        if not any(entry.starts_at <= slot.starts_at and slot.ends_at <= entry.ends_at for slot in within):
            before = waiting_facts(entry)
            entry.state, entry.ended_at = Waiting.State.LAPSED, now
            note_waiting(draft, entry, before)
            tell_lapsed(entry)


# --- the rules themselves ---------------------------------------------------------------------------------------------


def keep_grid(rule: Rule, value: Any) -> None:
    """Refuse to correct one rule of the grid while bookings are in its way that nobody has decided about."""
    session = MeetingSession.objects.select_related("chain").get(pk=rule.session_id)
    if _decided.get():
        return
    lock_rooms(session)
    found = bookings_in_the_way(session=session, values={rule.key: value})
    # What lies between two slots is held with each of them: it is decided of all at once too.
    if not found and rule.key == "between" and _ahead(session).exists():
        found = list(_ahead(session))
    if found:
        raise _in_the_way(found)
    # Part of the correction's own decision, whose actor counts.
    with journal.decision(session.chain, action="correct_rule", subject=f"rule:{rule.name}", actor=WORKER) as draft:
        draft.touch(AVAILABILITY)
        rules = replace(booking_rules(session), grid=_checked_grid(session, {rule.key: value}))
        offers, now = _open_offers(session), session.chain.now()
        _settle_offers(draft, offers, rules, now)
        _settle_waiting(draft, session, rules, now)


def register() -> None:
    """Have every correction of a rule of the grid ask first."""
    for key in GRID_TYPES:
        before_correction(SCOPE, key, keep_grid)


def _correct(session: MeetingSession, key: str, value: Any, reason: str, actor: Actor) -> Rule:
    return correct_rule(rule=session.rules.get(scope=SCOPE, key=key), value=value, reason=reason, actor=actor)


def _in_order(session: MeetingSession, values: Mapping[str, Any]) -> Iterable[str]:
    """Return the keys so that no window ends before it begins on the way: what widens it first."""
    now = {rule.key: rule.value for rule in session.rules.filter(scope=SCOPE, key__in=values)}
    for opens, closes in (("first_day", "last_day"), ("day_opens", "day_closes")):
        if opens in values and closes in values:
            is_later = to_json(GRID_TYPES[closes], values[closes]) > now[closes]
            yield from (closes, opens) if is_later else (opens, closes)
        else:
            yield from (key for key in (opens, closes) if key in values)
    yield from (key for key in ("slot", "between", "breaks") if key in values)


def _checked_grid(session: MeetingSession, values: Mapping[str, Any]) -> Grid:
    try:
        stored = {key: check_value(GRID_TYPES[key], to_json(GRID_TYPES[key], value)) for key, value in values.items()}
        grid = grid_of(session, **stored)
        grid.check()
    except ValueError as fault:
        raise Invalid("grid_not_valid", str(fault), fields={"value": [str(fault)]}) from None
    return grid


def _ahead(session: MeetingSession) -> Any:
    bookings = Booking.objects.standing().filter(session=session, ends_at__gt=session.session_now)
    return bookings.select_related("room", "requester", "counterpart").in_order()


def _fits(booking: Booking, grid: Grid) -> bool:
    slot = grid.slot_at(booking.starts_at, hours_of(booking.room, grid))
    return slot is not None and slot.ends_at == booking.ends_at


def _in_the_way(bookings: Sequence[Booking]) -> Refused:
    said = _("Bookings are in the way: decide for each whether it is moved, cancelled or kept as an exception.")
    return Refused("bookings_in_the_way", said, details={"bookings": [resource_name(each) for each in bookings]})


def _require_reason(reason: str) -> None:
    if not reason.strip():
        message = _("A rule is corrected with a reason, which is published.")
        raise Invalid("reason_required", message, fields={"reason": [message]})
