"""The published programme over the API: its events, and every version of it. Public, and cheap to poll."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from cnd.api import VersionedView, refuse_unknown
from cnd.canonical import canonical
from cnd.errors import NotFound
from logistics.models import Application, ProgrammeVersion
from logistics.programme_schema import EVENT, FILTERS, VERSION, WHOLE
from logistics.serializers_programme import EventShape, VersionSerializer, VersionShape, event_body
from logistics.services.published import Wanted, published_event, published_events
from sessions.api import PagedView
from sessions.models import MeetingSession
from sessions.public_schema import PAGES, described

LARGEST_NUMBER = 2**31 - 1
ASKED = ("day", "room", "theme", "form", "kind", "organiser")


def wanted(request: Request) -> Wanted:
    """Return which events a request asks for. Raises ValidationError for what is no day or no form."""
    asked = {name: request.query_params.get(name, "") for name in ASKED}
    day, form = asked.pop("day"), asked["form"]
    if form and form not in Application.Form.values:
        raise ValidationError({"form": [_("There is no such form.")]})
    try:
        return Wanted(day=date.fromisoformat(day) if day else None, **asked)
    except ValueError:
        raise ValidationError({"day": [_("A day such as 2024-03-14 is expected.")]}) from None


class SideEventList(PagedView):
    """The published events by time and room; none before the first publication."""

    resource = "side-events"
    parameters = PagedView.parameters | frozenset(ASKED)
    serializer_class = EventShape

    @described("side_events_list", EventShape(many=True), "Side events as published", EVENT, *FILTERS, *PAGES)
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(request, lambda: self.body(request, code))

    def body(self, request: Request, code: str) -> Any:
        asked = wanted(request)
        events = published_events(MeetingSession.objects.get(code=code))
        rows = self.paginate_queryset([each for each in events if asked.shows(each)])
        return self.get_paginated_response([event_body(each) for each in rows or ()]).data


class SideEventDetail(VersionedView):
    resource = "side-events"

    @described("side_events_retrieve", EventShape, "One side event as published", EVENT)
    def get(self, request: Request, code: str, reference: str) -> HttpResponse:
        def build() -> Any:
            event = published_event(MeetingSession.objects.get(code=code), reference)
            if event is None:
                raise NotFound("not_published", _("There is no such event in the programme."))
            return event_body(event)

        return self.answer(request, build)


class ProgrammeVersionList(PagedView):
    """Every version that was ever published with what it changed, the first first."""

    resource = "programme"
    serializer_class = VersionSerializer
    queryset = ProgrammeVersion.objects.order_by("number")

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(programme__session__code=self.kwargs.get("code"))

    @described(
        "programme_versions_list",
        VersionShape(many=True),
        "Versions of the programme and what changed",
        VERSION,
        *PAGES,
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(request, self.page)


class ProgrammeVersionDetail(APIView):
    """One version, byte by byte as it was hashed; once there it never changes."""

    @WHOLE
    def get(self, request: Request, code: str, number: int) -> HttpResponse:
        refuse_unknown(request, frozenset())
        versions = ProgrammeVersion.objects.filter(programme__session__code=code)
        version = versions.filter(number=number).first() if number <= LARGEST_NUMBER else None
        if version is None:
            raise NotFound("not_found", _("There is no such version."))
        etag = f'"{version.sha256}"'
        if etag in request.headers.get("If-None-Match", ""):
            response = HttpResponse(status=304)
        else:
            response = HttpResponse(canonical(version.content), content_type="application/json")
        response["ETag"] = etag
        response["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
