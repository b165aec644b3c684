"""Bilateral meetings as calendar programs read them: invitations, and feeds per delegation and room (RFC 5545, 5546).

A meeting has one UID for ever. What changes of it comes as a REQUEST with a higher SEQUENCE, its end as a CANCEL.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText

from cnd.clock import parse_rfc3339
from cnd.models import Cause, User
from logistics.models import Booking, Room
from sessions.models import Delegation, MeetingSession

PRODUCT = "-//Meeting-logistics planner//Bilateral meetings//EN"
REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"
REFRESH = timedelta(hours=1)
State = Booking.State
SHOWN = (State.REQUESTED, State.AGREED, State.CONFIRMED, State.HELD)


def uid_of(session: MeetingSession, booking_id: int) -> str:
    """Return the one UID that a booking has in every calendar."""
    return f"{session.code}.booking-{booking_id}@{settings.MAIL_DOMAIN}"


def invitation(cause: Cause, user: User) -> bytes | None:
    """Return what is attached to a notice of a booking: as things stood when it was told, not as they stand now."""
    said: Mapping[str, Any] = cause.context
    method = said.get("method", "")
    if not method:
        return None
    session = MeetingSession.objects.get(chain=cause.chain_id)
    room = session.rooms.get(code=said["room"])
    names = {each.code: each.name for each in session.delegations.filter(code__in=said["parties"])}
    event = _event(
        session,
        uid=uid_of(session, said["booking"]),
        sequence=said["sequence"],
        stamp=cause.chain.to_real(cause.due_at),
        starts_at=parse_rfc3339(said["starts_at"]),
        ends_at=parse_rfc3339(said["ends_at"]),
        summary=_summary([names[code] for code in said["parties"]]),
        room=room,
    )
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    event.add("organizer", _address(settings.DEFAULT_FROM_EMAIL, _("Secretariat")))
    if user.email:
        attendee = _address(user.email, names.get(said["delegation"], ""))
        attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
        attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
        attendee.params["RSVP"] = vText("FALSE")
        event.add("attendee", attendee)
    return _calendar(method, [event])


def calendar_of_delegation(session: MeetingSession, delegation: Delegation) -> bytes:
    """Return the calendar of all standing meetings of a delegation, in the active language; for itself alone."""
    bookings = session.bookings.of_delegation(delegation).filter(state__in=SHOWN).in_order()
    events = [
        _of_booking(session, each, _summary([party.name for party in each.parties]), each.detail("purpose"))
        for each in bookings.select_related("room", "requester", "counterpart", "details")
    ]
    return _calendar(PUBLISH, events, session=session, title=_("Meetings: %(name)s") % {"name": delegation.name})


def calendar_of_room(room: Room) -> bytes:
    """Return the calendar of what a room is booked for, in the active language: when, and not by whom or for what."""
    session = room.session
    bookings = room.bookings.filter(state__in=SHOWN).select_related("room").in_order()
    events = [_of_booking(session, each, _("Bilateral meeting")) for each in bookings]
    return _calendar(PUBLISH, events, session=session, title=room.name)


def calendar_of_booking(booking: Booking) -> bytes:
    """Return a calendar of one standing meeting, in the active language, for its own delegations."""
    summary = _summary([party.name for party in booking.parties])
    return _calendar(PUBLISH, [_of_booking(booking.session, booking, summary, booking.detail("purpose"))])


def _of_booking(session: MeetingSession, booking: Booking, summary: str, description: str = "") -> Event:
    event = _event(
        session,
        uid=uid_of(session, booking.pk),
        sequence=booking.sequence or 0,
        stamp=session.chain.to_real(booking.confirmed_at or booking.requested_at),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        summary=summary,
        room=booking.room,
    )
    is_certain = booking.state in (State.CONFIRMED, State.HELD)
    event.add("status", "CONFIRMED" if is_certain else "TENTATIVE")
    if description:
        event.add("description", description)
    return event


def _event(
    session: MeetingSession,
    *,
    uid: str,
    sequence: int,
    stamp: datetime,
    starts_at: datetime,
    ends_at: datetime,
    summary: str,
    room: Room,
) -> Event:
    language = {"LANGUAGE": get_language() or settings.LANGUAGE_CODE}
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", sequence)
    event.add("dtstart", starts_at.astimezone(UTC))
    event.add("dtend", ends_at.astimezone(UTC))
    title = f"[{_('Rehearsal')}] {summary}" if session.is_rehearsal else summary
    event.add("summary", title, parameters=language)
    place = [room.name, *(part for part in (room.building, room.floor) if part)]
    event.add("location", ", ".join(place), parameters=language)
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    return event


def _summary(names: list[str]) -> str:
    return _("Bilateral meeting: %(names)s") % {"names": " – ".join(names)}


def _address(mailbox: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{parseaddr(mailbox)[1] or mailbox}")
    if name:
        address.params["CN"] = vText(name)
    return address


def _calendar(method: str, events: Iterable[Event], *, session: MeetingSession | None = None, title: str = "") -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if session is not None:
        calendar.add("name", title)
        calendar.add("x-wr-calname", title)
        calendar.add("x-wr-timezone", session.time_zone)
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    for event in events:
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
