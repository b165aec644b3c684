"""The published programme as files: calendar, PDF, XLSX, CSV, and the feed of its versions."""

from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from logistics.forms.programme import ProgrammeFilter
from logistics.models import ProgrammeVersion
from logistics.services.changelog import changes_of
from logistics.services.event_calendars import RESOURCES, calendar_of_programme
from logistics.services.programme_pdf import as_pdf
from logistics.services.programme_tables import as_csv, as_xlsx
from logistics.services.published import Directory, Published, Wanted, events_of, latest_version
from sessions.models import MeetingSession
from sessions.views.calendars import send_made

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
PDF = "application/pdf"
ATOM = "application/atom+xml; charset=utf-8"
MOST_ENTRIES = 50
FILTERS = ("day", "room", "kind", "theme", "form", "organiser")

Make = Callable[[MeetingSession, ProgrammeVersion | None, Sequence[Published]], bytes]


def calendar(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send the calendar of all events, of those in `?room=`, or of those of `?organiser=`."""
    wanted = Wanted(room=request.GET.get("room", ""), organiser=request.GET.get("organiser", ""))
    return send_made(
        request,
        code,
        resources=RESOURCES,
        build=lambda session: calendar_of_programme(session, wanted),
        name=f"{code}-programme.ics",
        parameters=("room", "organiser"),
    )


def pdf(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send the programme on paper, filtered like the page."""
    return _file(request, code, as_pdf, f"{code}-programme.pdf", PDF, save=False)


def xlsx(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send the programme as a workbook, filtered like the page."""
    return _file(request, code, as_xlsx, f"{code}-programme.xlsx", XLSX)


def csv(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send the programme as CSV, filtered like the page."""
    return _file(request, code, lambda session, _version, events: as_csv(session, events), f"{code}-programme.csv", CSV)


def _file(
    request: HttpRequest, code: str, make: Make, name: str, media_type: str, *, save: bool = True
) -> HttpResponseBase:
    def build(session: MeetingSession) -> bytes:
        version = latest_version(session)
        events = events_of(session, version)
        form = ProgrammeFilter(request.GET, events=events, zone=session.time_zone)
        return make(session, version, [each for each in events if form.wanted.shows(each)])

    return send_made(
        request,
        code,
        resources=RESOURCES,
        build=build,
        name=name,
        parameters=FILTERS,
        media_type=media_type,
        save=save,
    )


def feed(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send what each version of the programme changed, for programs that follow it."""
    return send_made(request, code, resources=RESOURCES, build=_atom, name=f"{code}-programme.atom", media_type=ATOM)


def _atom(session: MeetingSession) -> bytes:
    def address(name: str, *args: object) -> str:
        return settings.SITE_URL + reverse(f"logistics:{name}", args=[session.code, *args])

    made = Atom1Feed(
        title=f"{_('Programme of side events')} · {session.title}",
        link=address("programme-versions"),
        description="",
        language=get_language(),
        feed_url=address("programme-feed"),
        feed_guid=address("programme-versions"),
    )
    directory = Directory(session)
    versions = ProgrammeVersion.objects.filter(programme__session=session).order_by("-number")
    for version in versions[:MOST_ENTRIES]:
        changes = changes_of(directory, version.content["difference"], version.content["events"])
        link = address("programme-version", version.number)
        made.add_item(
            title=_("Version %(number)d") % {"number": version.number},
            link=link,
            description="\n".join([*([version.note] if version.note else []), *(each.sentence for each in changes)]),
            unique_id=link,
            pubdate=version.at,
            updateddate=version.at,
        )
    return made.writeString("utf-8").encode()
