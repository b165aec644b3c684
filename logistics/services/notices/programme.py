"""Told to an organiser when the programme is published: their event has a time, another one, or none any more."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.clock import parse_rfc3339
from cnd.models import Cause, User
from cnd.outbox.kinds import Kind, register_kind
from cnd.outbox.telling import tell
from logistics.models import ProgrammeVersion, Room
from logistics.services.event_calendars import calendar_of_change
from sessions.models import MeetingSession
from sessions.services.notices.values import OWN, session_of, when

PLACED, MOVED, REMOVED = "side_event_placed", "side_event_moved", "side_event_removed"


def tell_organisers(session: MeetingSession, version: ProgrammeVersion) -> None:
    """Tell the organisers of what a version added, moved or removed. A corrected title is not news to them."""
    found = version.content["difference"]
    organisers = {row["event"]: row["organiser"] for row in [*version.content["events"], *found["removed"]]}
    of_kind = {
        PLACED: found["added"],
        MOVED: [each["event"] for each in found["moved"]],
        REMOVED: [row["event"] for row in found["removed"]],
    }
    for kind, references in of_kind.items():
        for reference in references:
            code = organisers[reference]
            tell(
                chain=session.chain,
                kind=kind,
                key=f"programme:{version.number}:{reference}",
                audience=f"delegation:{code}",
                context={"delegation": code, "event": reference, "version": version.number},
            )


def _version(cause: Cause) -> ProgrammeVersion:
    return ProgrammeVersion.objects.get(programme__session__chain=cause.chain_id, number=cause.context["version"])


def _row(version: ProgrammeVersion, reference: str) -> dict[str, Any]:
    rows = [*version.content["events"], *version.content["difference"]["removed"]]
    return next(row for row in rows if row["event"] == reference)


def _fill(cause: Cause, user: User) -> Mapping[str, str]:
    session, version, reference = session_of(cause), _version(cause), cause.context["event"]
    row = _row(version, reference)
    moved = next((each for each in version.content["difference"]["moved"] if each["event"] == reference), None)
    return {
        "delegation": session.delegations.get(code=row["organiser"]).name,
        "event": reference,
        "title": row["title"],
        "version": str(version.number),
        "when": _when(session, user, row),
        "where": _where(session, row),
        "before": ", ".join([_when(session, user, moved["before"]), _where(session, moved["before"])]) if moved else "",
        "note": version.note,
    }


def _when(session: MeetingSession, user: User, row: Mapping[str, Any]) -> str:
    moments = {
        "from": when(session, user, parse_rfc3339(row["starts_at"])),
        "until": parse_rfc3339(row["ends_at"]).astimezone(session.zone).strftime("%H:%M"),
    }
    return _("%(from)s, until %(until)s") % moments


def _where(session: MeetingSession, row: Mapping[str, Any]) -> str:
    if not row["room"]:
        return _("online")
    room = Room.objects.filter(session=session, code=row["room"]).first()
    return room.name if room else str(row["room"])


def _link(cause: Cause, _user: User) -> str:
    session = session_of(cause)
    if cause.kind == REMOVED:
        return reverse("logistics:programme", args=[session.code])
    return reverse("logistics:event", args=[session.code, cause.context["event"]])


def _calendar(cause: Cause, _user: User) -> bytes | None:
    return calendar_of_change(session_of(cause), _version(cause), cause.context["event"])


_COMMON = {
    "delegation": OWN,
    "event": gettext_lazy("the reference of the event"),
    "title": gettext_lazy("the title of the event"),
    "version": gettext_lazy("the number of the version of the programme"),
    "when": gettext_lazy("when the event begins and ends"),
    "where": gettext_lazy("the room of the event"),
    "note": gettext_lazy("what the secretariat says of this version"),
}


def register() -> None:
    """Make these kinds known."""
    register_kind(
        Kind(
            code=PLACED,
            title=gettext_lazy("Side event has its time"),
            subject=gettext_lazy("Your side event {event}: {when}"),
            body=gettext_lazy(
                "“{title}” of {delegation} stands in the programme of side events, version {version}.\n\n"
                "{when}\n{where}\n\n{note}\n\nThe page of the event, which you may pass on:\n{link}"
            ),
            placeholders=_COMMON,
            fill=_fill,
            link=_link,
            calendar=_calendar,
        ),
        Kind(
            code=MOVED,
            title=gettext_lazy("Side event moved"),
            subject=gettext_lazy("Moved: your side event {event}, now {when}"),
            body=gettext_lazy(
                "“{title}” of {delegation} was moved in version {version} of the programme of side events.\n\n"
                "Now: {when}\n{where}\n\nBefore: {before}\n\n{note}\n\n{link}"
            ),
            placeholders={**_COMMON, "before": gettext_lazy("when and where it was before")},
            fill=_fill,
            link=_link,
            calendar=_calendar,
        ),
        Kind(
            code=REMOVED,
            title=gettext_lazy("Side event no longer in the programme"),
            subject=gettext_lazy("No longer in the programme: your side event {event}"),
            body=gettext_lazy(
                "“{title}” of {delegation} is no longer in the programme of side events, version {version}.\n\n"
                "It stood there: {when}\n{where}\n\n{note}\n\n{link}"
            ),
            placeholders=_COMMON,
            fill=_fill,
            link=_link,
            calendar=_calendar,
        ),
    )
