"""Bilateral meetings, rehearsed: hundreds ask for rooms at once; answers, cancellations, no-shows, another grid.

Delegations act through focal points of their own, so that what is refused is refused for what it would be in earnest:
staff, who may exceed a limit, would be asked for a reason instead.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from cnd.actors import COMMAND, Actor, actor_for
from cnd.models import User
from logistics.domain.cells import numbers_of
from logistics.management.rehearsed_applications import at_once, require, said
from logistics.models import Booking, Cell
from logistics.models.booking import STANDING
from logistics.services.availability import availability
from logistics.services.booking_answers import confirm_booking, decline_booking
from logistics.services.booking_moves import cancel_booking
from logistics.services.booking_rules import booking_rules
from logistics.services.bookings import approve_booking, request_booking
from logistics.services.check_in import check_in
from logistics.services.grid_change import CANCEL, KEEP, bookings_in_the_way, change_grid
from logistics.services.lapses import settle_due
from sessions.management.chapters import Rehearsal
from sessions.models import Delegation, MeetingSession, Membership
from sessions.services.clock import shift_clock
from sessions.services.memberships import grant_membership

DELEGATIONS = 120
SHORTER = {"day_closes": "17:00"}
State = Booking.State


def hold_meetings(rehearsal: Rehearsal) -> None:
    """Go from the first request to the end of the two days; nothing is in two places at any step."""
    session, chance, say = rehearsal.session, rehearsal.chance, rehearsal.say
    states = list(Delegation.objects.filter(session=session, kind="member_state").order_by("code"))
    parties = chance.sample(states, min(DELEGATIONS, len(states)))
    actors = focal_points(parties)
    slots = [(each.room, slot.starts_at) for each in availability(session=session) for slot in each.slots]

    def ask() -> Callable[[], Any]:
        (room, starts_at), (one, other) = chance.choice(slots), chance.sample(parties, 2)
        return lambda: request_booking(
            session=session, room=room, starts_at=starts_at, requester=one, counterpart=other, actor=actors[one.pk]
        )

    found = at_once([ask() for _ in range(rehearsal.options["bookings"])])
    say(f"    {sum(found.values())} requests at once: {said(found)}")
    check_meetings(session)

    def answer(booking: Booking) -> Callable[[], Any]:
        act = chance.choices([confirm_booking, decline_booking, cancel_booking], [7, 2, 1])[0]
        by = actors[booking.requester_id if act is cancel_booking else booking.counterpart_id or 0]
        return lambda: act(booking=as_it_stands(booking), actor=by, reason="rehearsal")

    found = at_once([answer(each) for each in _in_state(session, State.REQUESTED)])
    say(f"    answers and cancellations: {said(found)}")
    check_meetings(session)

    def approve(booking: Booking) -> Callable[[], Any]:
        return lambda: approve_booking(booking=as_it_stands(booking), actor=COMMAND)

    found = at_once([approve(each) for each in _in_state(session, State.AGREED)])
    say(f"    confirmed by conference services: {said(found)}")

    in_the_way = bookings_in_the_way(session=session, values=SHORTER)
    change_grid(
        session=session,
        values=SHORTER,
        dispositions={each.pk: KEEP if number % 2 else CANCEL for number, each in enumerate(in_the_way)},
        reason="rehearsal: the days end earlier",
        actor=COMMAND,
    )
    say(f"    the days end earlier: of {len(in_the_way)} meetings in the way half are kept, half cancelled")
    check_meetings(session)
    _attend(rehearsal, actors)
    check_meetings(session)


def focal_points(delegations: Iterable[Delegation]) -> dict[int, Actor]:
    """Return who acts for each delegation, by its key; where nobody does yet, an account that cannot sign in."""
    members = Membership.objects.filter(delegation__in=list(delegations), user__is_active=True).select_related("user")
    found = {each.delegation_id: each.user for each in members}
    with transaction.atomic():
        for each in delegations:
            if each.pk not in found:
                user = User(username=f"focal-point-{each.code.lower()}-rooms", role=User.Role.DELEGATION)
                user.set_unusable_password()
                user.save()
                grant_membership(user=user, delegation=each, actor=COMMAND, reason="rehearsal")
                found[each.pk] = user
    return {key: actor_for(user) for key, user in found.items()}


def _attend(rehearsal: Rehearsal, actors: Mapping[int, Actor]) -> None:
    """Go through the two days: of those that meet most check in, the others lose their room."""
    session = rehearsal.session
    release_after = booking_rules(session).release_after + timedelta(seconds=2)
    moments = sorted({each.starts_at for each in _in_state(session, State.CONFIRMED)})
    for starts_at in moments:
        shift_clock(session=session, to=starts_at + timedelta(seconds=1), actor=COMMAND, reason="rehearsal")
        for booking in _in_state(session, State.CONFIRMED):
            if booking.starts_at == starts_at and rehearsal.chance.random() < 0.8:
                check_in(booking=as_it_stands(booking), actor=actors[booking.requester_id])
        shift_clock(session=session, to=starts_at + release_after, actor=COMMAND, reason="rehearsal")
        settle_due()
    states = Counter(Booking.objects.filter(session=session).values_list("state", flat=True))
    rehearsal.say(f"    two days of meetings: {said(states)}")
    require(not _in_state(session, State.CONFIRMED), "who did not come was released")


def _in_state(session: MeetingSession, state: str) -> list[Booking]:
    return list(Booking.objects.filter(session=session, state=state).order_by("pk"))


def check_meetings(session: MeetingSession) -> None:
    """See that what stands holds its time, in both layers, and nothing holds any without standing."""
    standing = list(Booking.objects.filter(session=session, state__in=STANDING))
    wanted: dict[tuple[str, int], set[str]] = defaultdict(set)
    for booking in standing:
        parties = [booking.requester_id] + ([booking.counterpart_id] if booking.holds_counterpart else [])
        for resource in [f"room:{booking.room_id}", *(f"delegation:{party}" for party in parties if party)]:
            for number in numbers_of(booking.starts_at, booking.ends_at):
                wanted[resource, number].add(booking.holder)
    require(all(len(holders) == 1 for holders in wanted.values()), "nothing is in two places")
    for layer in Cell.Layer.values:
        cells = Cell.objects.filter(session=session, layer=layer, holder__startswith="booking:")
        held = {
            (resource, number): holder for resource, number, holder in cells.values_list("resource", "number", "holder")
        }
        require(
            all(held.get(key) in holders for key, holders in wanted.items()), f"what stands has its cells ({layer})"
        )
        require(set(held.values()) == {each.holder for each in standing}, f"what ended has no cells ({layer})")


def as_it_stands(booking: Booking) -> Booking:
    """Read a booking anew, as a page does before it asks for anything to be done."""
    related = Booking.objects.select_related("session__chain", "room", "requester__group", "counterpart__group")
    return related.get(pk=booking.pk)
