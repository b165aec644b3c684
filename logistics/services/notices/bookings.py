"""Told of a booking to its delegations: what was asked, answered, moved, ended; an invitation where it is certain."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.clock import parse_rfc3339, rfc3339
from cnd.models import Cause, User
from cnd.outbox.kinds import Kind, Text, register_kind
from cnd.outbox.telling import tell
from logistics.models import Booking, Proposal, Room
from logistics.services.booking_calendars import CANCEL, REQUEST, invitation
from logistics.services.notices.links import meeting_link
from sessions.models import Delegation, MeetingSession
from sessions.services.notices.values import OWN, session_of, when

State = Booking.State
REQUESTED, ASKED = "booking_requested", "booking_asked"
AGREED, CONFIRMED, MOVED, EDITED = "booking_agreed", "booking_confirmed", "booking_moved", "booking_edited"
PROPOSED, PROPOSAL_REFUSED = "booking_proposed", "booking_proposal_refused"
ENDED = {
    State.DECLINED: "booking_declined",
    State.LAPSED: "booking_lapsed",
    State.CANCELLED: "booking_cancelled",
    State.RELEASED: "booking_released",
}


def tell_requested(booking: Booking) -> None:
    """Acknowledge a booking to who made it, and ask its counterpart."""
    if booking.counterpart is None:
        tell_confirmed(booking)
        return
    _tell(REQUESTED, booking, booking.requester)
    _tell(ASKED, booking, booking.counterpart)


def tell_confirmed(booking: Booking) -> None:
    """Tell all that they agree, or that it is certain: then with an invitation."""
    is_certain = booking.state == State.CONFIRMED
    for party in booking.parties:
        _tell(CONFIRMED if is_certain else AGREED, booking, party, method=REQUEST if is_certain else "")


def tell_edited(booking: Booking) -> None:
    """Tell all that what the meeting needs, or is for, was changed; not what it is."""
    for party in booking.parties:
        _tell(EDITED, booking, party)


def tell_proposed(booking: Booking, proposal: Proposal) -> None:
    """Tell both of another time."""
    for party in booking.parties:
        _tell(PROPOSED, booking, party, to_room=proposal.room.code, to_starts_at=rfc3339(proposal.starts_at))


def tell_proposal_refused(booking: Booking) -> None:
    """Tell both that the time asked for stays."""
    for party in booking.parties:
        _tell(PROPOSAL_REFUSED, booking, party)


def tell_moved(booking: Booking, room: Room, starts_at: datetime) -> None:
    """Tell all where and when it is now, and was before; whoever was invited gets what replaces the invitation.

    The counterpart that has to answer anew is asked; who was invited is told that the former time is off.
    """
    method = "" if booking.sequence is None else CANCEL if booking.state == State.REQUESTED else REQUEST
    if booking.state == State.AGREED:
        method = ""  # the invitation comes with the confirmation
    for party in booking.parties:
        _tell(MOVED, booking, party, method=method, was_room=room.code, was_starts_at=rfc3339(starts_at))


def tell_ended(booking: Booking) -> None:
    """Tell all that it ended and why; whoever was invited, that it is off."""
    method = "" if booking.sequence is None else CANCEL
    for party in booking.parties:
        _tell(ENDED[State(booking.state)], booking, party, method=method)


def _tell(kind: str, booking: Booking, party: Delegation, *, method: str = "", **more: Any) -> None:
    tell(
        chain=booking.session.chain,
        kind=kind,
        key=f"booking:{booking.pk}:{booking.steps}:{kind}:{party.code}",
        audience=f"delegation:{party.code}",
        context={
            "booking": booking.pk,
            "delegation": party.code,
            "parties": [each.code for each in booking.parties],
            "room": booking.room.code,
            "starts_at": rfc3339(booking.starts_at),
            "ends_at": rfc3339(booking.ends_at),
            "answer_by": rfc3339(booking.answer_by) if booking.answer_by else None,
            "by": booking.ended_by,
            "method": method,
            "sequence": booking.sequence,
            **more,
        },
    )


def _fill(cause: Cause, user: User) -> Mapping[str, str]:
    session, said = session_of(cause), cause.context
    names = {each.code: each.name for each in session.delegations.filter(code__in=said["parties"])}
    others = [names[code] for code in said["parties"] if code != said["delegation"]]
    booking = Booking.objects.get(pk=said["booking"])
    return {
        "delegation": names[said["delegation"]],
        "other": others[0] if others else _("nobody else: for own use"),
        "requester": names[said["parties"][0]],
        "room": room_text(session, said["room"]),
        "time": when(session, user, parse_rfc3339(said["starts_at"])),
        "answer_by": when(session, user, parse_rfc3339(said["answer_by"]), closing=True) if said["answer_by"] else "–",
        "was": _place(session, user, said, "was"),
        "proposed": _place(session, user, said, "to"),
        "by": _by(session, said["by"]),
        "reason": booking.reason_told or "–",
    }


def room_text(session: MeetingSession, code: str) -> str:
    """Return a room by its name, with where it is."""
    room = session.rooms.get(code=code)
    return ", ".join([room.name, *(part for part in (room.building, room.floor) if part)])


def _place(session: MeetingSession, user: User, said: Mapping[str, Any], name: str) -> str:
    if f"{name}_room" not in said:
        return "–"
    starts_at = parse_rfc3339(said[f"{name}_starts_at"])
    return f"{room_text(session, said[f'{name}_room'])}\n{when(session, user, starts_at)}"


def _by(session: MeetingSession, code: str) -> str:
    if code in ("", "service"):
        return _("the service")
    if code == "secretariat":
        return _("the secretariat")
    return session.delegations.get(code=code).name


_COMMON: Mapping[str, Text] = {
    "delegation": OWN,
    "other": gettext_lazy("the other delegation"),
    "requester": gettext_lazy("the delegation that asked"),
    "room": gettext_lazy("the room and where it is"),
    "time": gettext_lazy("when it begins"),
    "answer_by": gettext_lazy("until when it is to be answered"),
}
_ENDED: Mapping[str, Text] = {
    **_COMMON,
    "by": gettext_lazy("who did it"),
    "reason": gettext_lazy("the reason that was given"),
}


def _kind(code: str, title: Text, subject: Text, body: Text, placeholders: Mapping[str, Text] = _COMMON) -> Kind:
    return Kind(
        code=code,
        title=title,
        subject=subject,
        body=body,
        placeholders=placeholders,
        fill=_fill,
        link=meeting_link,
        calendar=invitation,
    )


def register() -> None:
    """Make these kinds known."""
    register_kind(
        _kind(
            REQUESTED,
            gettext_lazy("Room requested for a bilateral meeting"),
            gettext_lazy("Requested: meeting with {other}"),
            gettext_lazy(
                "{delegation} asked {other} for a meeting.\n\n{room}\n{time}\n\nThe room is held for you. {other} has "
                "to answer by {answer_by}; without an answer the request lapses and the room is free again.\n\n{link}"
            ),
        ),
        _kind(
            ASKED,
            gettext_lazy("Bilateral meeting asked for"),
            gettext_lazy("{requester} asks you for a meeting"),
            gettext_lazy(
                "{requester} would like to meet {delegation}.\n\n{room}\n{time}\n\nConfirm, decline or propose another "
                "time by {answer_by}. Until you confirm, nothing is held in your diary.\n\n{link}"
            ),
        ),
        _kind(
            AGREED,
            gettext_lazy("Bilateral meeting agreed"),
            gettext_lazy("Agreed: meeting with {other}"),
            gettext_lazy(
                "The meeting with {other} is agreed and waits for conference services to confirm the room."
                "\n\n{room}\n{time}\n\n{link}"
            ),
        ),
        _kind(
            CONFIRMED,
            gettext_lazy("Bilateral meeting confirmed"),
            gettext_lazy("Confirmed: meeting with {other}"),
            gettext_lazy(
                "The meeting with {other} is confirmed.\n\n{room}\n{time}\n\nCheck in at the door, or the room is "
                "released shortly after the beginning.\n\n{link}"
            ),
        ),
        _kind(
            EDITED,
            gettext_lazy("Bilateral meeting changed"),
            gettext_lazy("Changed: meeting with {other}"),
            gettext_lazy(
                "What is needed for the meeting with {other}, or what it is for, was changed.\n\n{room}\n{time}\n\n"
                "{link}"
            ),
        ),
        _kind(
            PROPOSED,
            gettext_lazy("Another time proposed for a bilateral meeting"),
            gettext_lazy("Another time proposed: meeting with {other}"),
            gettext_lazy(
                "For the meeting that {requester} asked for, another time is proposed:\n\n{proposed}\n\n"
                "Asked for was:\n\n{room}\n{time}\n\nThe answer is due by {answer_by}. Until then nothing is held at "
                "the proposed time.\n\n{link}"
            ),
            {**_COMMON, "proposed": gettext_lazy("the room and the time proposed")},
        ),
        _kind(
            PROPOSAL_REFUSED,
            gettext_lazy("Proposed time of a bilateral meeting refused"),
            gettext_lazy("The time asked for stays: meeting with {other}"),
            gettext_lazy(
                "The other time that was proposed does not suit. The meeting is still asked for here:\n\n{room}\n{time}"
                "\n\nIt is to be answered by {answer_by}.\n\n{link}"
            ),
        ),
        _kind(
            MOVED,
            gettext_lazy("Bilateral meeting moved"),
            gettext_lazy("Moved: meeting with {other}"),
            gettext_lazy(
                "The meeting with {other} was moved.\n\n{room}\n{time}\n\nIt was before:\n\n{was}\n\nTo be answered "
                "by: {answer_by}\n\n{link}"
            ),
            {**_COMMON, "was": gettext_lazy("the room and the time before")},
        ),
        *_endings(),
    )


def _endings() -> list[Kind]:
    where = gettext_lazy("{room}\n{time}\n\nBy: {by}\nReason: {reason}\n\nThe room is free again.\n\n{link}")
    titles = {
        State.DECLINED: (gettext_lazy("Bilateral meeting declined"), gettext_lazy("Declined: meeting with {other}")),
        State.LAPSED: (
            gettext_lazy("Request for a bilateral meeting lapsed"),
            gettext_lazy("Lapsed: meeting with {other}"),
        ),
        State.CANCELLED: (gettext_lazy("Bilateral meeting cancelled"), gettext_lazy("Cancelled: meeting with {other}")),
        State.RELEASED: (
            gettext_lazy("Room released, since nobody checked in"),
            gettext_lazy("Room released: meeting with {other}"),
        ),
    }
    return [_kind(ENDED[state], title, subject, where, _ENDED) for state, (title, subject) in titles.items()]
