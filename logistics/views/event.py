"""The page of one published event; its speakers are read where they can be erased."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import cached_property

from logistics.models import Application
from logistics.services.event_calendars import RESOURCES, calendar_of_event
from logistics.services.published import Published, application_of, published_event
from logistics.views.files import send_file
from sessions.models import MeetingSession
from sessions.views.calendars import send_made
from sessions.views.public import SessionPage


class EventPage(SessionPage):
    template_name = "logistics/event.html"

    @cached_property
    def event(self) -> Published:
        """The event as it is published. Raises Http404 for one that is not."""
        found = published_event(self.meeting_session, self.kwargs["reference"])
        if found is None:
            raise Http404("no such event")
        return found

    @cached_property
    def application(self) -> Application | None:
        return application_of(self.meeting_session, self.event.reference)

    @property
    def stands(self) -> bool:
        """Whether it is still accepted; else the next version will be without it."""
        return self.application is not None and self.application.state == Application.State.ACCEPTED

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        application = self.application
        return super().get_context_data(
            event=self.event,
            stands=self.stands,
            speakers=speakers_of(application) if application and self.stands else [],
            flyer=application.flyer if application and self.stands else None,
            **kwargs,
        )


class Flyer(EventPage):
    """What the organiser hands out."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.application is None or self.application.flyer is None or not self.stands:
            raise Http404("no flyer")
        return send_file(request, self.application.flyer)


def speakers_of(application: Application) -> list[dict[str, str]]:
    """Return name and title of those who speak; none once their data were erased."""
    datum = application.speakers
    said = (datum.value or {}).get("speakers", []) if datum else []
    return [{"name": str(each.get("name", "")), "title": str(each.get("title", ""))} for each in said]


def event_calendar(request: HttpRequest, code: str, reference: str) -> HttpResponseBase:
    """Send one event for a calendar program."""

    def build(session: MeetingSession) -> bytes:
        event = published_event(session, reference)
        if event is None:
            raise Http404("no such event")
        return calendar_of_event(session, event)

    return send_made(request, code, resources=RESOURCES, build=build, name=f"{code}-{reference}.ics", save=True)
