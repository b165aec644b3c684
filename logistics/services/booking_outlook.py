"""What is said before something is done: what is lost by it, and which clashes the service knows of (RULES 6)."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from cnd.instants import hour_text
from logistics.models import Booking
from logistics.services.booking_holds import BOOKINGS, held_slots
from logistics.services.booking_rules import BookingRules, booking_rules
from logistics.services.busy import Busy, busy_times, register_busy
from sessions.models import Delegation, MeetingSession

State = Booking.State


def outlook(booking: Booking, act: str) -> list[str]:
    """Return, in the reader's language, what an act loses: `cancel`, `decline`, `move`, `propose`, `confirm`, `swap`.

    Raises KeyError for an act that is none of these.
    """
    return _ACTS[act](booking, booking_rules(booking.session))


def _cancel(booking: Booking, rules: BookingRules) -> list[str]:
    return [
        _("The room and the time are given up at once, and offered to who waits for them."),
        _("This cannot be undone: who wants the slot again has to book it, if it is still free."),
        *_told(booking, _("%(name)s is told, with the reason.")),
        *_count(booking, rules),
    ]


def _decline(booking: Booking, _rules: BookingRules) -> list[str]:
    return [
        _("The request of %(name)s ends, and its room is free for others.") % {"name": booking.requester.name},
        _("This cannot be undone: a new request has to be made."),
        _("%(name)s reads the reason that you give.") % {"name": booking.requester.name},
    ]


def _move(booking: Booking, _rules: BookingRules) -> list[str]:
    said = [_("The slot it has now is given up, and offered to who waits for it.")]
    if booking.counterpart is None:
        return said
    name = {"name": booking.counterpart.name}
    if booking.holds_counterpart:
        said.append(_("At another time %(name)s has to agree anew, unless the secretariat moves it.") % name)
    else:
        said.append(_("The time to answer of %(name)s begins anew.") % name)
    return said


def _propose(booking: Booking, _rules: BookingRules) -> list[str]:
    return [
        _("Nothing is held at the time that you propose: somebody else may take it before it is accepted."),
        _("Until then the time that was asked for stays held for %(name)s.") % {"name": booking.requester.name},
        _("An earlier proposal of yours is gone."),
    ]


def _confirm(booking: Booking, rules: BookingRules) -> list[str]:
    said = [_("From now on you cannot be in another bilateral meeting at that time.")]
    if booking.counterpart is not None:
        crossing = Booking.objects.filter(
            requester=booking.counterpart, counterpart=booking.requester, state=State.REQUESTED
        )
        if crossing.exists():
            said.append(_("Your own request to %(name)s is cancelled.") % {"name": booking.requester.name})
    if rules.is_confirmed_by_staff:
        said.append(_("Conference services still have to confirm the room."))
    return said


def _swap(_booking: Booking, _rules: BookingRules) -> list[str]:
    return [_("Both meetings change room and time at once; their delegations are told, and not asked.")]


_ACTS: dict[str, Callable[[Booking, BookingRules], list[str]]] = {
    "cancel": _cancel,
    "decline": _decline,
    "move": _move,
    "propose": _propose,
    "confirm": _confirm,
    "swap": _swap,
}


def _told(booking: Booking, sentence: str) -> list[str]:
    return [sentence % {"name": booking.counterpart.name}] if booking.counterpart else []


def _count(booking: Booking, rules: BookingRules) -> list[str]:
    most = rules.limits.in_all
    if most is None:
        return []
    count = len(held_slots(booking.requester, rules, but=[booking.pk]))
    left = {"name": booking.requester.name, "count": count, "most": most}
    return [_("%(name)s then has %(count)d of at most %(most)d slots.") % left]


# --- clashes ----------------------------------------------------------------------------------------------------------


def warnings_for(booking: Booking, reader: Delegation | None = None) -> list[str]:
    """Return, in the reader's language, which clashes are known of a booking, also of one that is not saved yet.

    `reader` is the delegation that reads; None is the secretariat. Of the other delegation nothing is said that is not
    public but that it is busy, and nothing of its bilateral meetings at all.
    """
    session, zone = booking.session, booking.session.time_zone
    found = [
        _warning(each, {party.pk: party for party in booking.parties}, reader, zone)
        for each in busy_times(session, booking.parties, booking.starts_at, booking.ends_at, without=(BOOKINGS,))
    ]
    lacking = sorted(set(booking.equipment) - set(booking.room.equipment))
    if lacking:
        found.append(_("This room has no %(equipment)s of its own.") % {"equipment": ", ".join(lacking)})
    return list(dict.fromkeys(found))


def _warning(busy: Busy, parties: dict[int, Delegation], reader: Delegation | None, zone: str) -> str:
    party = parties[busy.delegation_id]
    what = {
        "name": party.name,
        "from": hour_text(busy.starts_at, zone),
        "until": hour_text(busy.ends_at, zone),
        "what": busy.what,
    }
    if busy.is_public or reader is None or reader.pk == party.pk:
        return _("%(name)s is elsewhere from %(from)s to %(until)s: %(what)s.") % what
    return _("%(name)s is busy from %(from)s to %(until)s.") % what


def busy_with_bookings(
    session: MeetingSession, delegation_ids: Collection[int], starts_at: datetime, ends_at: datetime
) -> Iterable[Busy]:
    """Yield when delegations are in bilateral meetings that they asked for or agreed to: for who plans other things."""
    standing = session.bookings.standing().filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    for booking in standing.filter(Q(requester__in=delegation_ids) | Q(counterpart__in=delegation_ids)).in_order():
        held = [booking.requester_id, booking.counterpart_id if booking.holds_counterpart else None]
        for pk in held:
            if pk is not None and pk in delegation_ids:
                yield Busy(pk, booking.starts_at, booking.ends_at, BOOKINGS, _("bilateral meeting"), is_public=False)


def register() -> None:
    """Let others know when delegations are in bilateral meetings."""
    register_busy(BOOKINGS, busy_with_bookings)
