"""A freed slot goes to the first in line, is held for them for a time, and then goes to the next (RULES 6).

Called inside the decision that set it free, under the lock of its room.
"""

from datetime import datetime
from typing import Any

from cnd.clock import rfc3339
from cnd.journal import Draft
from cnd.models import ResourceVersion
from logistics.domain.limits import exceeded, offer_until
from logistics.domain.slots import Slot
from logistics.models import Offer, Room, Waiting
from logistics.services import occupancy
from logistics.services.booking_holds import AVAILABILITY, BOOKINGS, audience_of, held_slots, resource_of
from logistics.services.booking_rules import BookingRules, hours_of
from logistics.services.notices import waiting as notices
from logistics.services.occupancy import Claim
from sessions.models import MeetingSession

WAITING = "waiting"
State = Waiting.State


def facts(entry: Waiting) -> dict[str, Any]:
    """Return what the journal says of who waits."""
    return {
        "delegation": entry.delegation.code,
        "room": entry.room.code if entry.room else None,
        "from": rfc3339(entry.starts_at),
        "until": rfc3339(entry.ends_at),
        "state": entry.state,
    }


def note_waiting(draft: Draft, entry: Waiting, before: Any) -> None:
    """Save an entry of the waiting list and write it into the journal, for its delegation and staff."""
    entry.save()
    draft.change(f"waiting:{entry.pk}", before, facts(entry))
    draft.touch(WAITING, audience=audience_of(entry.delegation))
    draft.touch(BOOKINGS, audience=ResourceVersion.STAFF)


def offer_freed(
    *,
    draft: Draft,
    session: MeetingSession,
    room: Room,
    starts_at: datetime,
    ends_at: datetime,
    rules: BookingRules,
    now: datetime,
) -> None:
    """Offer every free slot of a room within an interval that was set free to the first in line whom it suits."""
    if not room.is_for_bilaterals or room.retired_at is not None:
        return
    freed_until = ends_at + rules.grid.between
    for slot in rules.grid.slots_of(rules.grid.day_of(starts_at), hours_of(room, rules.grid)):
        if slot.overlaps(starts_at, freed_until) and offer_until(
            now, rules.offer_within, slot.starts_at, rules.cut_off
        ):
            claim = Claim(room.resource, slot.starts_at, slot.ends_at + rules.grid.between)
            if not occupancy.in_the_way(claims=[claim]):
                _offer(draft, session, room, slot, rules, now, claim)


def _offer(
    draft: Draft,
    session: MeetingSession,
    room: Room,
    slot: Slot,
    rules: BookingRules,
    now: datetime,
    claim: Claim,
) -> None:
    entry = _first_in_line(session, room, slot, rules)
    until = offer_until(now, rules.offer_within, slot.starts_at, rules.cut_off)
    if entry is None or until is None:
        return
    before = facts(entry)
    offer = Offer.objects.create(
        waiting=entry, room=room, starts_at=slot.starts_at, ends_at=slot.ends_at, made_at=now, expires_at=until
    )
    occupancy.occupy(session=session, holder=offer.holder, claims=[claim])
    entry.state = State.OFFERED
    note_waiting(draft, entry, before)
    draft.change(offer.holder, None, {"waiting": entry.pk, "room": room.code, "starts_at": rfc3339(slot.starts_at)})
    draft.touch(AVAILABILITY)
    notices.tell_offered(offer)


def _first_in_line(session: MeetingSession, room: Room, slot: Slot, rules: BookingRules) -> Waiting | None:
    """Return who waits for such a slot, could take it, and was not offered it before; the line is locked."""
    # All of it and by key: two slots freed at once in different rooms must not be offered to the same one.
    line = list(Waiting.objects.select_for_update().filter(session=session).in_line().values_list("pk", flat=True))
    suited = (
        Waiting.objects.in_line()
        .filter(pk__in=line, starts_at__lte=slot.starts_at, ends_at__gte=slot.ends_at)
        .exclude(pk__in=Offer.objects.filter(room=room, starts_at=slot.starts_at).values("waiting"))
        .select_related("session__chain", "delegation", "room")
    )
    for entry in suited:
        if entry.room_id not in (None, room.pk) or (entry.people or 0) > room.capacity:
            continue
        if not set(entry.equipment) <= set(room.equipment):
            continue
        if occupancy.in_the_way(claims=[Claim(resource_of(entry.delegation), slot.starts_at, slot.ends_at)]):
            continue
        held = held_slots(entry.delegation, rules)
        if not exceeded(rules.limits, held, slot, between=rules.grid.between, zone=rules.grid.zone):
            return entry
    return None


def end_offer(
    *, draft: Draft, offer: Offer, state: str, rules: BookingRules, now: datetime, stays: bool = False
) -> None:
    """End an offer that was not taken up: who waited leaves the line unless they stay, and the next one is asked."""
    entry = offer.waiting
    before = facts(entry)
    occupancy.release(holder=offer.holder)
    offer.state, offer.answered_at = state, now
    offer.save(update_fields=["state", "answered_at"])
    draft.change(offer.holder, Offer.State.OPEN.value, state)
    draft.touch(AVAILABILITY)
    if stays:
        entry.state = State.WAITING
    else:
        entry.state = State.LAPSED if state == Offer.State.EXPIRED else State.LEFT
        entry.ended_at = now
    note_waiting(draft, entry, before)
    notices.tell_offer_ended(offer)
    offer_freed(
        draft=draft,
        session=entry.session,
        room=offer.room,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        rules=rules,
        now=now,
    )
