"""What a booking holds: its room, its requester, and from its yes on its counterpart; and the locks before that.

Lock order: rooms by key, delegations by key, bookings, who waits, the chain last. A new booking locks its room; what
acts on bookings that stand locks all rooms, since it may have to set a slot free that nobody thought of (DESIGN).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.clock import rfc3339
from cnd.errors import NotPermitted, Refused
from cnd.journal import Draft
from cnd.models import PersonalDatum, ResourceVersion
from cnd.versions import require_version
from logistics.domain.slots import Slot
from logistics.models import Booking, Room
from logistics.services import occupancy
from logistics.services.availability import nearest_free
from logistics.services.booking_rules import BookingRules
from logistics.services.occupancy import Claim, Occupied
from sessions.models import Delegation, MeetingSession
from sessions.services.access import acts_for

State = Booking.State
AVAILABILITY = "availability"
BOOKINGS = "bookings"


# --- locks ------------------------------------------------------------------------------------------------------------


def lock_room(room: Room) -> Room:
    """Take the lock under which a room's slots are given."""
    # NO KEY: whoever merely refers to the room does not wait. Read after it is locked, as a joined row would be stale.
    Room.objects.select_for_update(no_key=True).get(pk=room.pk)
    return Room.objects.select_related("session__chain").get(pk=room.pk)


def lock_rooms(session: MeetingSession) -> list[Room]:
    """Take the lock of every room of a session, and return them in their order."""
    list(session.rooms.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return list(session.rooms.select_related("session__chain"))


def lock_delegations(*delegations: Delegation | None) -> None:
    """Take the lock under which the slots of these delegations are counted."""
    keys = [each.pk for each in delegations if each is not None]
    list(Delegation.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))


def read_booking(pk: int) -> Booking:
    """Return a booking as it stands, with what everything needs; its row is locked."""
    Booking.objects.select_for_update().get(pk=pk)
    return Booking.objects.select_related(
        "session__chain", "room", "requester__group", "counterpart__group", "details"
    ).get(pk=pk)


# --- held and let go --------------------------------------------------------------------------------------------------


def resource_of(delegation: Delegation) -> str:
    """Return the name under which a delegation's time is taken."""
    return f"delegation:{delegation.pk}"


def claims_of(booking: Booking, between: timedelta) -> list[Claim]:
    """Return what a booking holds, in the state that it has; the room with the time kept free after it."""
    held = [booking.requester]
    if booking.counterpart is not None and booking.holds_counterpart:
        held.append(booking.counterpart)
    return [
        Claim(booking.room.resource, booking.starts_at, booking.ends_at + between),
        *(Claim(resource_of(each), booking.starts_at, booking.ends_at) for each in held),
    ]


def hold(booking: Booking, rules: BookingRules, *, now: datetime) -> None:
    """Have a booking hold what its state says, or raise Refused and change nothing: who is busy, or the room taken."""
    occupancy.release(holder=booking.holder)
    try:
        occupancy.occupy(session=booking.session, holder=booking.holder, claims=claims_of(booking, rules.grid.between))
    except Occupied as fault:
        raise refusal_of(booking, fault, rules, now=now) from None


def refusal_of(booking: Booking, fault: Occupied, rules: BookingRules, *, now: datetime) -> Refused:
    """Return what to tell of time that is taken; nobody is told what the other delegation does."""
    taken = {each.resource for each in fault.taken}
    if booking.counterpart is not None and resource_of(booking.counterpart) in taken:
        said = _("%(name)s is in another meeting at that time; the request stays until it is answered or lapses.")
        return Refused("counterpart_busy", said % {"name": booking.counterpart.name})
    if booking.room.resource not in taken and resource_of(booking.requester) in taken:
        said = _("%(name)s has another bilateral meeting at that time.")
        return Refused("requester_busy", said % {"name": booking.requester.name})
    return slot_taken(booking, rules, now=now)


def slot_taken(booking: Booking, rules: BookingRules, *, now: datetime) -> Refused:
    """Return the refusal of a slot that somebody else has, with the nearest free ones."""
    nearest = nearest_free(
        session=booking.session,
        rules=rules,
        room=booking.room,
        starts_at=booking.starts_at,
        delegation=booking.requester,
        now=now,
        people=booking.people,
        equipment=booking.equipment,
    )
    return Refused(
        "slot_taken",
        _("This slot is taken already.") if nearest else _("This slot is taken already, and none near it is free."),
        details={"nearest": [{"room": room.code, "starts_at": rfc3339(slot.starts_at)} for room, slot in nearest]},
    )


def let_go(booking: Booking) -> None:
    """Give up all that a booking holds."""
    occupancy.release(holder=booking.holder)


def held_slots(delegation: Delegation, rules: BookingRules, *, but: Iterable[int] = ()) -> list[Slot]:
    """Return the slots of a delegation that its limits count, without those of some bookings."""
    counted = Booking.objects.counted().exclude(pk__in=list(but))
    times = list(counted.filter(requester=delegation).values_list("starts_at", "ends_at"))
    if rules.counts_both:
        asked = counted.filter(counterpart=delegation).exclude(state=State.REQUESTED)
        times += asked.values_list("starts_at", "ends_at")
    return [Slot(*each) for each in times]


# --- who may, and what is said ----------------------------------------------------------------------------------------

REQUESTER, COUNTERPART, STAFF = "requester", "counterpart", "secretariat"


def sides_of(booking: Booking, actor: Actor) -> set[str]:
    """Return on which sides of a booking the actor is: `requester`, `counterpart`, `secretariat`; staff on all."""
    if actor.is_secretariat:
        return {REQUESTER, COUNTERPART, STAFF}
    found = {REQUESTER} if acts_for(actor, booking.requester) else set()
    if booking.counterpart is not None and acts_for(actor, booking.counterpart):
        found.add(COUNTERPART)
    return found


def require_side(booking: Booking, actor: Actor, *sides: str) -> str:
    """Return who acts, as is written down: a code or `secretariat`. Raises NotPermitted for any other side."""
    found = sides_of(booking, actor)
    if STAFF in found:
        return STAFF
    if not found.intersection(sides):
        raise NotPermitted("not_your_booking", _("You do not act for the delegation whose turn this is."))
    is_requester = REQUESTER in found and REQUESTER in sides
    party = booking.requester if is_requester or booking.counterpart is None else booking.counterpart
    return party.code


def facts(booking: Booking) -> dict[str, Any]:
    """Return what the journal says of a booking; what is private only as a reference."""
    return {
        "room": booking.room.code,
        "starts_at": rfc3339(booking.starts_at),
        "ends_at": rfc3339(booking.ends_at),
        "requester": booking.requester.code,
        "counterpart": booking.counterpart.code if booking.counterpart else None,
        "state": booking.state,
        "people": booking.people,
        "equipment": booking.equipment,
        "details": journal.refer(booking.details),
        "exception": booking.exception,
    }


def resource_name(booking: Booking) -> str:
    """Return the name under which a booking has its version, for its two delegations."""
    return f"booking/{booking.pk}"


def audience_of(delegation: Delegation) -> str:
    return f"delegation:{delegation.code}"


def require_booking_version(booking: Booking, expected: int | None) -> None:
    """Raise Outdated unless it still is the expected version; both delegations' are the same."""
    require_version(booking.session.chain, resource_name(booking), audience_of(booking.requester), expected)


def note_change(draft: Draft, booking: Booking, before: Any, *, frees: bool = True) -> None:
    """Save a changed booking and write it into the entry, for its delegations and staff; `frees`: the room's time too.

    Before anything is told of it: what is told is named by the step.
    """
    booking.steps += 1
    booking.save()
    draft.change(booking.holder, before, facts(booking))
    # Entries are found by nothing but their number: the journal is not searched for what happened to one booking.
    journal.after_entry(booking.session.chain, booking.entries.add)
    touch_booking(draft, booking)
    if frees:
        draft.touch(AVAILABILITY)


def touch_booking(draft: Draft, booking: Booking) -> None:
    """Give a booking a new version for those who see it."""
    draft.touch(BOOKINGS, audience=ResourceVersion.STAFF)
    for party in booking.parties:
        draft.touch(BOOKINGS, resource_name(booking), audience=audience_of(party))


def keep_details(session: MeetingSession, **parts: str) -> PersonalDatum | None:
    """Store what is private of a booking where it can be erased; None where there is nothing."""
    value = {name: text for name, text in parts.items() if text}
    return journal.keep_personal(session.chain, value) if value else None


def shown_of(datum: PersonalDatum) -> list[tuple[str, str]]:
    """Return which resources show these private words, and to whom."""
    shown: list[tuple[str, str]] = []
    for each in datum.bookings.select_related("requester", "counterpart"):
        for party in each.parties:
            shown += [(BOOKINGS, audience_of(party)), (resource_name(each), audience_of(party))]
        shown.append((BOOKINGS, ResourceVersion.STAFF))
    for entry in datum.waiting_for_rooms.select_related("delegation"):
        shown += [("waiting", audience_of(entry.delegation)), (BOOKINGS, ResourceVersion.STAFF)]
    return shown
