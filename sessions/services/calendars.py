"""Deadlines as calendar programs read them (RFC 5545): instants in UTC, and nothing taken from the clock.

Whoever subscribed finds a deadline that moved under the UID it always had, with a higher SEQUENCE.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Event

from cnd.calendars import new_calendar
from cnd.instants import instant_text
from cnd.models import ResourceVersion
from sessions.models import MeetingSession
from sessions.services.deadlines import Deadline, deadlines_for
from sessions.services.rule_titles import title_of

PRODUCT = "Deadlines"
SHOWN_BEFORE = timedelta(minutes=15)
"""How long the event of a closing is: it ends with it, so that a midnight stands on the day that it ends."""
RESOURCES = ("rules", "draws", "session")
"""What the calendar is made of: their versions are its own."""

Versions = list[tuple[str, int, datetime]]


def versions_of(code: str, resources: Collection[str] = RESOURCES) -> Versions:
    """Return the public versions of everything a calendar of a session depends on; empty for a code that is none."""
    found = ResourceVersion.objects.filter(
        chain__code=code,
        chain__meeting_session__isnull=False,
        resource__in=resources,
        audience=ResourceVersion.PUBLIC,
    )
    return list(found.order_by("resource").values_list("resource", "version", "changed_at"))


def calendar_of_session(session: MeetingSession) -> bytes:
    """Return the calendar of all deadlines that everybody may see, in the active language."""
    title = _("Deadlines: %(session)s") % {"session": session.title}
    return _calendar(session, [each for each in deadlines_for(session) if each.is_public], title=title)


def calendar_of_rule(session: MeetingSession, name: str) -> bytes | None:
    """Return a calendar with one deadline as it stands, to be attached to a notice; None where there is no such."""
    found = [each for each in deadlines_for(session) if each.rule.name == name]
    return _calendar(session, found) if found else None


def _calendar(session: MeetingSession, deadlines: Sequence[Deadline], *, title: str = "") -> bytes:
    calendar = new_calendar(PRODUCT, title=title, time_zone=session.time_zone)
    stamp = max((at for _resource, _version, at in versions_of(session.code)), default=datetime(1970, 1, 1, tzinfo=UTC))
    for deadline in deadlines:
        calendar.add_component(_event(session, deadline, stamp))
    content: bytes = calendar.to_ical()
    return content


def _event(session: MeetingSession, deadline: Deadline, stamp: datetime) -> Event:
    rule, at = deadline.rule, deadline.at.astimezone(UTC)
    language = {"LANGUAGE": get_language() or settings.LANGUAGE_CODE}
    summary = title_of(rule)
    event = Event()
    event.add("uid", f"{session.code}.{rule.name}@{settings.MAIL_DOMAIN}")
    event.add("dtstamp", stamp.replace(microsecond=0))
    event.add("sequence", deadline.sequence)
    event.add("dtstart", at - SHOWN_BEFORE if deadline.is_closing else at)
    if deadline.is_closing:
        event.add("dtend", at)
    event.add("summary", f"[{_('Rehearsal')}] {summary}" if session.is_rehearsal else summary, parameters=language)
    lines = [f"{summary}: {_text(session, deadline.at, deadline)}", session.title]
    for was, reason in deadline.corrections:
        lines.append(
            _("Corrected; it was %(when)s: %(reason)s") % {"when": _text(session, was, deadline), "reason": reason}
        )
    if deadline.is_announced:
        lines.append(_("This is the moment for which the drawing is announced."))
    event.add("description", "\n".join(lines), parameters=language)
    event.add("url", settings.SITE_URL + reverse("sessions:session", args=[session.code]))
    if deadline.changed_at is not None:
        event.add("last-modified", deadline.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PUBLIC")
    return event


def _text(session: MeetingSession, at: datetime, deadline: Deadline) -> str:
    return instant_text(at, session.time_zone, closing=deadline.is_closing)
