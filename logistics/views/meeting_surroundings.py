"""Bilateral meetings on pages of others: the delegation's own, the secretariat's home, the session's."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cnd.errors import Refused
from logistics.models import Booking, NoteVerbale
from logistics.services.booking_rules import SCOPE, booking_rules
from logistics.views.meeting_reading import (
    Reader,
    is_turn_of,
    offers_of,
    open_offers,
    shown,
    title_of,
    with_all,
)
from sessions.models import Delegation, MeetingSession
from sessions.services.rules import rule_book
from sessions.views.surroundings import Due, Item, Surrounding, register_surrounding

State = Booking.State
SHOWN = 3


def panel(session: MeetingSession, delegation: Delegation) -> dict[str, Any]:
    """Return what the delegation's own page shows of its meetings."""
    try:
        rules = booking_rules(session)
    except Refused:
        return {}  # this session has no bilateral meetings
    reader = Reader(session, rules, session.session_now, delegation)
    ahead = session.bookings.of_delegation(delegation).standing().filter(ends_at__gt=reader.now)
    meetings = [shown(each, reader) for each in with_all(ahead).in_order()]
    return {
        "rules": reader.rules,
        "is_open": reader.now >= reader.rules.opens_at,
        "to_answer": [each for each in meetings if each.needs_answer],
        "coming": [each for each in meetings if not each.needs_answer][:SHOWN],
        "count": len(meetings),
        "offers": offers_of(reader),
    }


def due(session: MeetingSession, delegation: Delegation) -> Iterable[Due]:
    """Yield what a delegation must answer by when."""
    now = session.session_now
    asked = session.bookings.of_delegation(delegation).filter(state=State.REQUESTED, answer_by__gt=now)
    for each in with_all(asked).in_order():
        if is_turn_of(each, delegation):
            said = _("Answer the request of %(name)s to meet") % {"name": title_of(each, delegation)}
            yield _due(said, each.answer_by)
    for offer in open_offers(delegation, now):
        yield _due(_("Take the room that is offered to you: %(room)s") % {"room": offer.room.name}, offer.expires_at)


def _due(title: str, at: Any) -> Due:
    return Due(
        name="bilateral.answer_within",
        title=title,
        at=at,
        is_closing=True,
        is_done=False,
        is_as_filed=False,
        is_announced=False,
    )


def decisions(session: MeetingSession) -> Iterable[Item]:
    """Yield what the secretariat has to decide of bookings."""
    standing = session.bookings.filter(state=State.AGREED, ends_at__gt=session.session_now)
    first, count = standing.order_by("starts_at").first(), standing.count()
    if first is not None:
        url = reverse("logistics:bookings", args=[session.code])
        said = ngettext("%(n)d booking waits to be confirmed.", "%(n)d bookings wait to be confirmed.", count)
        yield Item(said % {"n": count}, _("Confirm"), url, first.starts_at)
    notes = NoteVerbale.objects.filter(delegation__session=session, confirmed_at__isnull=True).count()
    if notes:
        said = ngettext("%(n)d note verbale is to be confirmed.", "%(n)d notes verbales are to be confirmed.", notes)
        yield Item(said % {"n": notes}, _("Read"), reverse("logistics:bookings-notes", args=[session.code]))


def section(session: MeetingSession) -> dict[str, Any]:
    """Return what the session's public page says of bilateral meetings."""
    book = rule_book(session)
    if not book.has(SCOPE, "booking_opens"):
        return {}
    return {
        "opens_at": book.instant(SCOPE, "booking_opens"),
        "first_day": book.date(SCOPE, "first_day"),
        "last_day": book.date(SCOPE, "last_day"),
        "slot": book.duration(SCOPE, "slot"),
        "rooms": session.rooms.for_bilaterals().count(),
    }


def register() -> None:
    """Have these shown."""
    register_surrounding(
        "meetings",
        Surrounding(
            panel=("logistics/meetings/_panel.html", panel),
            due=due,
            decisions=decisions,
            section=("logistics/meetings/_section.html", section),
        ),
    )
