"""Side events as calendar programs read them (RFC 5545): instants in UTC, and nothing taken from the clock.

An event keeps its UID for ever; its SEQUENCE is the version of the programme in which it last changed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Event

from cnd.calendars import new_calendar
from logistics.domain.programme import LAST_CHANGED
from logistics.models import ProgrammeVersion
from logistics.services.published import Directory, Published, Wanted, events_of, latest_version
from sessions.models import MeetingSession

PRODUCT = "Side events"
RESOURCES = ("programme", "rooms", "session")
"""What calendars and files of the programme are made of: their versions are its own."""


def calendar_of_programme(session: MeetingSession, wanted: Wanted) -> bytes:
    """Return the calendar of the published events that are asked for, in the active language."""
    version, directory = latest_version(session), Directory(session)
    events = [each for each in events_of(session, version, directory) if wanted.shows(each)]
    title = " · ".join([_("Side events"), *_named(wanted, directory), session.title])
    return _calendar(session, version, events, title=title)


def calendar_of_event(session: MeetingSession, event: Published) -> bytes:
    """Return a calendar with one event, to be added by hand."""
    return _calendar(session, latest_version(session), [event])


def calendar_of_change(session: MeetingSession, version: ProgrammeVersion, reference: str) -> bytes | None:
    """Return a calendar with what a version made of one event, to be attached to a notice; None where it says nothing.

    What the version removed is there as cancelled, so that programs take it out.
    """
    directory = Directory(session)
    for row in version.content["events"]:
        if row["event"] == reference:
            return _calendar(session, version, [directory.event(row)])
    for row in version.content["difference"]["removed"]:
        if row["event"] == reference:
            gone = directory.event({**row, LAST_CHANGED: version.number})
            return _calendar(session, version, [gone], status="CANCELLED")
    return None


def _named(wanted: Wanted, directory: Directory) -> list[str]:
    room = directory.rooms.get(wanted.room.lower())
    organiser = directory.delegations.get(wanted.organiser.upper())
    return [each.name for each in (room, organiser) if each is not None]


def _calendar(
    session: MeetingSession,
    version: ProgrammeVersion | None,
    events: Iterable[Published],
    *,
    title: str = "",
    status: str = "CONFIRMED",
) -> bytes:
    calendar = new_calendar(PRODUCT, title=title, time_zone=session.time_zone)
    stamp = version.at if version else datetime(1970, 1, 1, tzinfo=UTC)
    for event in events:
        calendar.add_component(_event(session, event, stamp, status))
    content: bytes = calendar.to_ical()
    return content


def _event(session: MeetingSession, published: Published, stamp: datetime, status: str) -> Event:
    language = {"LANGUAGE": get_language() or settings.LANGUAGE_CODE}
    title = published.title
    event = Event()
    event.add("uid", f"{session.code}.side-event.{published.reference}@{settings.MAIL_DOMAIN}")
    event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", published.row[LAST_CHANGED])
    event.add("dtstart", published.starts_at)
    event.add("dtend", published.ends_at)
    event.add("summary", f"[{_('Rehearsal')}] {title}" if session.is_rehearsal else title)
    event.add("location", _location(published), parameters=language)
    event.add("description", "\n\n".join(_description(published)), parameters=language)
    event.add("categories", [published.kind_name], parameters=language)
    event.add("url", settings.SITE_URL + reverse("logistics:event", args=[session.code, published.reference]))
    event.add("status", status)
    event.add("transp", "OPAQUE")
    event.add("class", "PUBLIC")
    return event


def _location(published: Published) -> str:
    room = published.room
    if room is None:
        return published.place
    parts = [room.name]
    if room.building:
        parts.append(_("Building %(name)s") % {"name": room.building})
    if room.floor:
        parts.append(_("floor %(name)s") % {"name": room.floor})
    return ", ".join(parts)


def _description(published: Published) -> list[str]:
    names = [published.organiser.name, *(each.name for each in published.cosponsors)]
    said = [
        f"{published.kind_name}, {published.form_label}",
        _("Organised by: %(names)s") % {"names": ", ".join(names)},
        published.row["theme"],
        published.row["abstract"],
    ]
    return [each for each in said if each]
