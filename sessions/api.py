"""The REST interface of a session: public, cheap to poll, described at /api/schema/."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cnd.api import VersionedView, refuse_unknown
from cnd.bodies import read
from cnd.canonical import canonical
from cnd.errors import NotFound
from cnd.models import Checkpoint, ResourceVersion
from cnd.polling import Version, one_row
from sessions.filters import SlotFilter
from sessions.models import Delegation, Drawing, ListVersion, MeetingSession, Rule, Slot
from sessions.public_schema import (
    BUNDLE,
    CONDITION,
    DRAND_VALUE,
    DRAW,
    DRAW_SUMMARY,
    FILTERS,
    HEAD,
    NOT_MODIFIED,
    PAGES,
    PROBLEM,
    RULE,
    SESSION,
    SLOT,
    SPEAKERS,
    answered,
    described,
)
from sessions.serializers import (
    DrandValueSerializer,
    DrawSerializer,
    DrawSummarySerializer,
    HandedInShape,
    HeadSerializer,
    RuleSerializer,
    SessionSerializer,
    SlotSerializer,
    SpeakersShape,
)
from sessions.services.draw import hand_in_drand

# Every change of a session raises the sum, whatever the order in which changes of two sessions are committed.
VERSION_OF_ALL = """
SELECT CAST(SUM(version) AS BIGINT), COUNT(*), CAST(MAX(changed_at) AS TEXT) FROM cnd_resourceversion
WHERE resource = %s AND audience = %s
"""


def drawing_or_404(code: str, attempt: int) -> Drawing:
    """Return a drawing of a session by its attempt. Raises NotFound."""
    drawing = (
        Drawing.objects.select_related("debate__session")
        .prefetch_related("sources")
        .filter(debate__session__code=code, attempt=attempt)
        .first()
    )
    if drawing is None:
        raise NotFound("not_found", _("There is no such drawing."))
    return drawing


class PagedView(VersionedView, GenericAPIView[Any]):
    """A versioned list in bounded pages."""

    parameters = frozenset({"page", "page_size"})

    def page(self) -> Any:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data).data


class SessionList(PagedView):
    """The sessions known here. Its version is the newest version of any of them."""

    resource = "session"
    serializer_class = SessionSerializer
    queryset = MeetingSession.objects.select_related("chain").prefetch_related("segments").order_by("code")

    @classmethod
    def version(cls, kwargs: dict[str, Any]) -> Version | None:
        return one_row(VERSION_OF_ALL, [cls.resource, ResourceVersion.PUBLIC])

    @described("sessions_list", SessionSerializer(many=True), "All sessions", SESSION, *PAGES)
    def get(self, request: Request) -> HttpResponse:
        return self.answer(request, self.page)


class SessionDetail(VersionedView):
    resource = "session"

    @described("sessions_retrieve", SessionSerializer, "One session", SESSION)
    def get(self, request: Request, code: str) -> HttpResponse:
        def build() -> Any:
            session = MeetingSession.objects.select_related("chain").prefetch_related("segments").get(code=code)
            return SessionSerializer(session).data

        return self.answer(request, build)


class SlotList(PagedView):
    """The speaking slots by number, with who holds them now."""

    resource = "slots"
    parameters = PagedView.parameters | frozenset(SlotFilter.base_filters)
    serializer_class = SlotSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = SlotFilter
    queryset = Slot.objects.select_related("group", "delegation").order_by("number")

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(debate__session__code=self.kwargs.get("code"))

    @described("slots_list", SlotSerializer(many=True), "Speaking slots and their status", SLOT, *FILTERS, *PAGES)
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(request, self.page)


class SpeakerList(VersionedView):
    resource = "speakers"

    @described("speakers_retrieve", SpeakersShape, "The list of speakers as published last", SPEAKERS)
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(request, lambda: speakers_body(MeetingSession.objects.get(code=code)))


def speakers_body(session: MeetingSession) -> dict[str, Any]:
    """Return the published list with names in the reader's language; an empty one before the draw."""
    version = (
        ListVersion.objects.filter(drawing__debate__session=session, drawing__state=Drawing.State.DRAWN)
        .order_by("-number")
        .first()
    )
    if version is None:
        empty: dict[str, Any] = {"speakers": [], "waiting": [], "events": []}
        rest = {"attempt": None, "version": 0, "at": None, "sha256": None}
        return {"session": session.code, **rest, "rehearsal": session.is_rehearsal, **empty}
    content = version.content
    names = {each.code: each.name for each in Delegation.objects.filter(session=session)}
    speakers = [row | {"name": names.get(row["delegation"])} for row in content["speakers"]]
    kept = ("session", "attempt", "version", "at", "rehearsal", "waiting", "events")
    return {name: content[name] for name in kept} | {"sha256": version.sha256, "speakers": speakers}


class DrawList(PagedView):
    """Every drawing ever announced, also withdrawn and annulled ones."""

    resource = "draws"
    serializer_class = DrawSummarySerializer
    queryset = Drawing.objects.order_by("attempt")

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(debate__session__code=self.kwargs.get("code"))

    @described("draws_list", DrawSummarySerializer(many=True), "Drawings of lots", DRAW_SUMMARY, *PAGES)
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(request, self.page)


class DrawView(VersionedView):
    """A resource of one drawing; its id is the number of the attempt."""

    @classmethod
    def resource_name(cls, kwargs: dict[str, Any]) -> str:
        return f"draws/{kwargs['attempt']}"


class DrawDetail(DrawView):
    @described("draws_retrieve", DrawSerializer, "One drawing: announcement, sources, result", DRAW)
    def get(self, request: Request, code: str, attempt: int) -> HttpResponse:
        return self.answer(request, lambda: DrawSerializer(drawing_or_404(code, attempt)).data)


class DrawBundle(APIView):
    """The proof, byte by byte as it was hashed; once there it never changes."""

    @extend_schema(
        operation_id="draws_bundle",
        summary="The proof of a drawing",
        parameters=[CONDITION],
        responses={
            200: OpenApiTypes.OBJECT,
            304: NOT_MODIFIED,
            (404, "application/problem+json"): PROBLEM,
        },
        examples=[answered(BUNDLE)],
    )
    def get(self, request: Request, code: str, attempt: int) -> HttpResponse:
        refuse_unknown(request, frozenset())
        drawing = drawing_or_404(code, attempt)
        if drawing.bundle is None:
            raise NotFound("not_drawn", _("This drawing has no proof: it is not drawn."))
        etag = f'"{drawing.bundle_sha256}"'
        if etag in request.headers.get("If-None-Match", ""):
            response = HttpResponse(status=304)
        else:
            response = HttpResponse(canonical(drawing.bundle), content_type="application/json")
            response["Content-Disposition"] = f'attachment; filename="{code}-draw-{attempt}.json"'
        response["ETag"] = etag
        response["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


class DrawValues(APIView):
    """Takes the value of the awaited drand round from anybody, since it proves itself."""

    throttle_scope = "draw-values"

    @extend_schema(
        operation_id="draws_hand_in",
        summary="Hand in the announced drand round",
        request=DrandValueSerializer,
        responses={
            200: HandedInShape,
            (400, "application/problem+json"): PROBLEM,
            (404, "application/problem+json"): PROBLEM,
            (409, "application/problem+json"): PROBLEM,
            (415, "application/problem+json"): PROBLEM,
            (422, "application/problem+json"): PROBLEM,
            (429, "application/problem+json"): PROBLEM,
        },
        examples=[OpenApiExample("A round", value=DRAND_VALUE, request_only=True), answered({"stored": True})],
    )
    def post(self, request: Request, code: str, attempt: int) -> Response:
        refuse_unknown(request, frozenset())
        given = read(DrandValueSerializer, request.data)
        stored = hand_in_drand(
            drawing=drawing_or_404(code, attempt),
            signature=given["signature"],
            round_number=given.get("round"),
        )
        return Response({"stored": stored})


class RuleList(PagedView):
    """The rule book, with what was corrected, when and why."""

    resource = "rules"
    serializer_class = RuleSerializer
    queryset = Rule.objects.prefetch_related("corrections").order_by("position", "scope", "key")

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(session__code=self.kwargs.get("code"))

    @described("rules_list", RuleSerializer(many=True), "The rule book", RULE, *PAGES)
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(request, self.page)


class JournalHead(APIView):
    """The latest public checkpoint of the session's journal, taken hourly and at every publication."""

    @extend_schema(
        operation_id="journal_head",
        summary="The journal's latest checkpoint",
        responses={200: HeadSerializer, (404, "application/problem+json"): PROBLEM},
        examples=[answered(HEAD)],
    )
    def get(self, request: Request, code: str) -> Response:
        refuse_unknown(request, frozenset())
        checkpoint = (
            Checkpoint.objects.select_related("chain")
            .filter(chain__code=code, chain__meeting_session__isnull=False)
            .first()
        )
        if checkpoint is None:
            raise NotFound("not_found", _("There is no checkpoint of this journal."))
        return Response(HeadSerializer(checkpoint).data, headers={"Cache-Control": "no-cache"})
