"""Bilateral meetings for the tests: a session in which booking is open, its rooms, and the moments of its days."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from cnd.actors import Actor
from logistics.domain.cells import numbers_of
from logistics.models import Booking, Cell, Offer, Room, Waiting
from logistics.services.booking_answers import confirm_booking
from logistics.services.booking_holds import resource_of
from logistics.services.bookings import request_booking
from logistics.services.waiting import join_waiting
from sessions.models import Delegation, MeetingSession
from tests.sessions.scenes import VIENNA, as_focal_point, as_officer, make_session, state

OPEN = datetime(2024, 3, 1, 9, tzinfo=VIENNA)
"""A moment at which booking is open and no cut-off near."""
DAY_ONE, DAY_TWO = 14, 15


def booking_session(at: datetime = OPEN) -> MeetingSession:
    return make_session(at)


def at(hour: int, minute: int = 0, *, day: int = DAY_ONE) -> datetime:
    """Return a moment of one of the two days."""
    return datetime(2024, 3, day, hour, minute, tzinfo=VIENNA)


def real(session: MeetingSession, moment: datetime) -> datetime:
    """Return the real time of a moment of session time: when a request arrives."""
    return session.chain.to_real(moment)


def room(session: MeetingSession, code: str = "b1") -> Room:
    return session.rooms.get(code=code)


def asked(
    session: MeetingSession,
    requester: str = "AT",
    counterpart: str | None = "BR",
    *,
    where: str = "b1",
    when: datetime | None = None,
    actor: Actor | None = None,
    **more: Any,
) -> Booking:
    """Request a slot as the focal point of a delegation."""
    return request_booking(
        session=session,
        room=room(session, where),
        starts_at=when or at(9),
        requester=state(session, requester),
        counterpart=state(session, counterpart) if counterpart else None,
        actor=actor or as_focal_point(session, requester),
        **more,
    )


def met(session: MeetingSession, requester: str = "AT", counterpart: str = "BR", **more: Any) -> Booking:
    """Return a booking that is confirmed, by the secretariat for the counterpart."""
    return confirm_booking(booking=asked(session, requester, counterpart, **more), actor=as_officer())


def waits(session: MeetingSession, code: str, **more: Any) -> Waiting:
    """Have a delegation wait."""
    return join_waiting(session=session, delegation=state(session, code), actor=as_focal_point(session, code), **more)


def offered_to(entry: Waiting) -> Offer | None:
    """Return what is offered to who waits."""
    return entry.offers.select_related("room", "waiting__delegation").filter(state=Offer.State.OPEN).first()


def now_of(booking: Booking) -> Booking:
    """Return a booking as it stands."""
    return Booking.objects.select_related("room", "requester", "counterpart", "session__chain").get(pk=booking.pk)


def held_by(delegation: Delegation) -> set[str]:
    """Return who holds the time of a delegation."""
    return set(Cell.objects.filter(resource=resource_of(delegation)).values_list("holder", flat=True))


def expected_cells(session: MeetingSession, between: timedelta = timedelta(minutes=15)) -> Counter[Any]:
    """Return what the standing bookings and open offers must hold, by the rules alone."""
    found: Counter[Any] = Counter()
    for each in Booking.objects.filter(session=session, state__in=["requested", "agreed", "confirmed", "held"]):
        parts = [(f"room:{each.room_id}", each.ends_at + between), (f"delegation:{each.requester_id}", each.ends_at)]
        if each.counterpart_id and each.state != "requested":
            parts.append((f"delegation:{each.counterpart_id}", each.ends_at))
        for resource, ends_at in parts:
            for number in numbers_of(each.starts_at, ends_at):
                found.update((layer, resource, number, f"booking:{each.pk}") for layer in ("draft", "published"))
    for offer in Offer.objects.filter(room__session=session, state="open"):
        for number in numbers_of(offer.starts_at, offer.ends_at + between):
            found.update(
                (layer, f"room:{offer.room_id}", number, f"offer:{offer.pk}") for layer in ("draft", "published")
            )
    return found


def cells(session: MeetingSession) -> Counter[Any]:
    """Return what is held."""
    return Counter(Cell.objects.filter(session=session).values_list("layer", "resource", "number", "holder"))
