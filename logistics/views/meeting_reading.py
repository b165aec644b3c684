"""A bilateral meeting as one of its delegations or the secretariat reads it: what it is, what must be done by when."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cnd.instants import hour_text, instant_text
from logistics.models import Booking, Offer, Proposal, Waiting
from logistics.services.booking_holds import held_slots
from logistics.services.booking_rules import BookingRules
from sessions.models import Delegation, MeetingSession

State = Booking.State
AHEAD_OF_CHECK_IN = (State.CONFIRMED,)
SETTLED = (State.AGREED, State.CONFIRMED, State.HELD)


@dataclass(frozen=True)
class Action:
    label: str
    url: str
    is_primary: bool = False


@dataclass(frozen=True)
class Reader:
    """Who reads: one delegation, or the secretariat where there is none."""

    session: MeetingSession
    rules: BookingRules
    now: datetime
    delegation: Delegation | None = None

    def url(self, name: str, *args: Any) -> str:
        """Return the address of a page as this reader has it."""
        if self.delegation is None:
            return reverse(f"logistics:booking{name}", args=[self.session.code, *args])
        return reverse(f"logistics:meeting{name}", args=[self.session.code, self.delegation.code, *args])


@dataclass(frozen=True)
class ShownMeeting:
    """One meeting with all that its reader may know and do."""

    booking: Booking
    title: str
    state: str
    state_label: str
    url: str
    said: str = ""
    due_at: datetime | None = None
    due_what: str = ""
    needs_answer: bool = False
    is_over: bool = False
    actions: list[Action] = field(default_factory=list)

    @property
    def length(self) -> timedelta:
        return self.booking.ends_at - self.booking.starts_at

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED


def with_all(bookings: Any) -> Any:
    """Return bookings with everything that is shown of them: two queries, however many."""
    related = bookings.select_related("room", "requester__group", "counterpart__group", "details")
    return related.prefetch_related("proposals__room")


def open_proposal(booking: Booking) -> Proposal | None:
    """Return the other time that is proposed and not answered."""
    return next((each for each in booking.proposals.all() if each.state == Proposal.State.OPEN), None)


def is_turn_of(booking: Booking, delegation: Delegation) -> bool:
    """Tell whether it is for this delegation to answer: as who was asked, or who was proposed another time."""
    is_asked = booking.counterpart_id == delegation.pk
    return booking.state == State.REQUESTED and is_asked == (open_proposal(booking) is None)


def title_of(booking: Booking, delegation: Delegation | None) -> str:
    """Name a meeting by the other delegation, for the secretariat by both."""
    if booking.counterpart is None:
        own = _("Own use of a room")
        return own if delegation else f"{booking.requester.name}: {own}"
    if delegation is None:
        return f"{booking.requester.name} – {booking.counterpart.name}"
    return booking.counterpart.name if delegation.pk == booking.requester_id else booking.requester.name


def shown(booking: Booking, reader: Reader) -> ShownMeeting:
    """Return a meeting as somebody reads it."""
    proposal = open_proposal(booking) if booking.state == State.REQUESTED else None
    is_asked = reader.delegation is not None and booking.counterpart_id == reader.delegation.pk
    needs_answer = reader.delegation is not None and is_turn_of(booking, reader.delegation)
    due_at, due_what = _due(booking, reader, needs_answer=needs_answer)
    return ShownMeeting(
        booking=booking,
        title=title_of(booking, reader.delegation),
        state=booking.state,
        state_label=_label(booking, reader, proposal, is_asked=is_asked),
        url=reader.url("", booking.pk),
        said=_said(booking, reader, proposal),
        due_at=due_at,
        due_what=due_what,
        needs_answer=needs_answer,
        is_over=not booking.is_standing or booking.ends_at <= reader.now,
        actions=_of_staff(booking, reader)
        if reader.delegation is None
        else _of_delegation(booking, reader, proposal, is_asked=is_asked),
    )


def _label(booking: Booking, reader: Reader, proposal: Proposal | None, *, is_asked: bool) -> str:
    if booking.state != State.REQUESTED:
        return str(booking.get_state_display())
    if proposal is not None:
        return _("Another time is proposed")
    return _("They ask you") if is_asked else str(booking.get_state_display())


def _said(booking: Booking, reader: Reader, proposal: Proposal | None) -> str:
    tz = reader.session.time_zone
    if proposal is not None and booking.counterpart is not None:
        said = _("%(name)s proposes %(when)s, %(room)s.")
        when = instant_text(proposal.starts_at, tz)
        return said % {"name": booking.counterpart.name, "when": when, "room": proposal.room.name}
    if booking.is_standing:
        if booking.exception == Booking.Exceptional.GRID:
            return _("Kept as an exception: its time is outside the present slots.")
        return ""
    by = ended_by(booking)
    return " ".join(part for part in (by, booking.reason_told) if part)


def ended_by(booking: Booking) -> str:
    """Say by whom a meeting ended."""
    if booking.ended_by == "secretariat":
        return _("By the secretariat.")
    party = next((each for each in booking.parties if each.code == booking.ended_by), None)
    return _("By %(name)s.") % {"name": party.name} if party else ""


def _due(booking: Booking, reader: Reader, *, needs_answer: bool) -> tuple[datetime | None, str]:
    if booking.state == State.REQUESTED:
        return booking.answer_by, _("Answer by") if needs_answer else _("To be answered by")
    if booking.state in AHEAD_OF_CHECK_IN and reader.now < booking.starts_at + reader.rules.release_after:
        cut_off = reader.rules.cut_off_of(booking.starts_at)
        if reader.now < cut_off:
            return cut_off, _("To be changed until")
        return booking.starts_at + reader.rules.release_after, _("Check in by")
    return None, ""


def _of_delegation(booking: Booking, reader: Reader, proposal: Proposal | None, *, is_asked: bool) -> list[Action]:
    if not booking.is_standing or booking.ends_at <= reader.now:
        return []

    def action(name: str, label: str, *, is_primary: bool = False) -> Action:
        return Action(label, reader.url(f"-{name}", booking.pk), is_primary)

    is_early = reader.now < reader.rules.cut_off_of(booking.starts_at)
    found: list[Action] = []
    if booking.state == State.REQUESTED and is_asked:
        if reader.now < (booking.answer_by or booking.starts_at):
            found = [
                action("confirm", _("Confirm"), is_primary=True),
                action("propose", _("Propose another time")),
                action("decline", _("Decline")),
            ]
        return found
    if proposal is not None:
        found = [
            action("accept", _("Take that time"), is_primary=True),
            action("refuse", _("Stay with the first time")),
        ]
    if can_check_in(booking, reader):
        found.append(action("check-in", _("Check in"), is_primary=True))
    if is_early and booking.state != State.HELD:
        if not is_asked:
            found += [action("move", _("Move")), action("edit", _("Edit"))]
        found.append(action("cancel", _("Cancel the meeting")))
    return found


def can_check_in(booking: Booking, reader: Reader) -> bool:
    """Tell whether it is the time to check in."""
    rules, opens = reader.rules, booking.starts_at - reader.rules.check_in_before
    closes = booking.starts_at + rules.release_after if reader.delegation else booking.ends_at
    return booking.state == State.CONFIRMED and opens <= reader.now < closes


def _of_staff(booking: Booking, reader: Reader) -> list[Action]:
    if not booking.is_standing or booking.ends_at <= reader.now:
        return []

    def action(name: str, label: str, *, is_primary: bool = False) -> Action:
        return Action(label, reader.url(f"-{name}", booking.pk), is_primary)

    found = []
    if booking.state == State.AGREED:
        found.append(action("approve", _("Confirm the room"), is_primary=True))
    if can_check_in(booking, reader):
        found.append(action("check-in", _("Check in"), is_primary=True))
    if booking.state != State.HELD:
        found += [action("move", _("Move")), action("swap", _("Swap"))]
    return [*found, action("cancel", _("Cancel the meeting"))]


# --- what is private of it --------------------------------------------------------------------------------------------


def private_of(booking: Booking) -> list[tuple[str, str]]:
    """Return what only its two delegations and staff read, in the order of the page."""
    found = [
        (_("Purpose"), booking.detail("purpose")),
        (_("Participants"), booking.detail("participants")),
        (_("People"), str(booking.people or "")),
        (_("Equipment"), ", ".join(booking.equipment)),
        (_("Nameplates"), booking.detail("nameplates")),
    ]
    if booking.exception_reason:
        found.append((_("Why an exception"), booking.exception_reason))
    return [(term, value) for term, value in found if value]


# --- what is left, and who waits --------------------------------------------------------------------------------------


def limits_left(delegation: Delegation, rules: BookingRules, *, at: datetime | None = None) -> list[str]:
    """Say how many slots a delegation still has, in all and on each day, or on the day of a moment."""
    held = held_slots(delegation, rules)
    said = []
    if (most := rules.limits.in_all) is not None:
        left = max(most - len(held), 0)
        said.append(
            ngettext("%(left)d of %(most)d slot left", "%(left)d of %(most)d slots left", most)
            % {"left": left, "most": most}
        )
    if (a_day := rules.limits.a_day) is not None and at is not None:
        on_day = sum(rules.grid.day_of(each.starts_at) == rules.grid.day_of(at) for each in held)
        said.append(_("%(left)d on this day") % {"left": max(a_day - on_day, 0)})
    elif a_day is not None:
        said.append(_("at most %(most)d a day") % {"most": a_day})
    return said


@dataclass(frozen=True)
class ShownWaiting:
    """Somebody's place in line."""

    entry: Waiting
    title: str
    place: str
    when: str
    leave_url: str


def when_of(entry: Waiting, tz: str) -> str:
    """Say for which hours somebody waits, and in which room."""
    hours = f"{instant_text(entry.starts_at, tz)} – {hour_text(entry.ends_at, tz)}"
    return f"{hours}, {entry.room.name if entry.room else _('any room')}"


def waiting_of(entries: Iterable[Waiting], reader: Reader, line: list[int]) -> list[ShownWaiting]:
    """Return the entries of one delegation, with their place in the line of the session."""
    return [
        ShownWaiting(
            entry=each,
            title=each.counterpart.name if each.counterpart else _("Own use of a room"),
            place=_("place %(n)d in line") % {"n": line.index(each.pk) + 1} if each.pk in line else _("waiting"),
            when=when_of(each, reader.session.time_zone),
            leave_url=reader.url("s-wait-leave", each.pk),
        )
        for each in entries
    ]


@dataclass(frozen=True)
class ShownOffer:
    """A slot that is kept for a delegation for a while."""

    offer: Offer
    accept_url: str
    decline_url: str

    @property
    def room(self) -> Any:
        return self.offer.room

    @property
    def starts_at(self) -> datetime:
        return self.offer.starts_at

    @property
    def ends_at(self) -> datetime:
        return self.offer.ends_at

    @property
    def length(self) -> timedelta:
        return self.offer.ends_at - self.offer.starts_at

    @property
    def due_at(self) -> datetime:
        return self.offer.expires_at


def open_offers(delegation: Delegation, now: datetime) -> Iterable[Offer]:
    """Return what is offered to a delegation and not over: one query."""
    offers = Offer.objects.filter(waiting__delegation=delegation, state=Offer.State.OPEN, expires_at__gt=now)
    return offers.select_related("room", "waiting__counterpart").order_by("expires_at")


def offers_of(reader: Reader) -> list[ShownOffer]:
    """Return the same as a delegation's own pages show it."""
    if reader.delegation is None:
        return []
    return [
        ShownOffer(each, reader.url("s-offer-accept", each.pk), reader.url("s-offer-decline", each.pk))
        for each in open_offers(reader.delegation, reader.now)
    ]
