"""Applications for side events over the API: prepared, submitted, answered, withdrawn, and decided."""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django_filters import utils
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cnd.actors import require_secretariat
from cnd.api import BoundedPages, refuse_unknown
from cnd.api_private import PrivateView
from cnd.arrival import arrival_of
from cnd.bodies import StrictSerializer, read
from cnd.errors import NotFound
from cnd.idempotency import idempotent
from cnd.preconditions import etag_of, expected_version
from cnd.versions import row_version
from logistics import applications_schema as schema
from logistics.filters import ApplicationFilter
from logistics.models import Application, EventKind
from logistics.serializers_applications import (
    ApplicationEditShape,
    ApplicationSerializer,
    BeginShape,
    CorrectionShape,
    NothingShape,
    ReasonShape,
    RejectShape,
    StandingSerializer,
    content_in,
)
from logistics.services.applications import COSPONSORS, version_of_application, visible_to
from logistics.services.carrying import carry_over
from logistics.services.decisions import accept_application, reject_application, request_correction
from logistics.services.drafts import begin_draft, discard_draft, edit_application
from logistics.services.positions import position_of, positions_in
from logistics.services.queue import answer_correction, confirm_promotion, withdraw_application
from logistics.services.scopes import READ_APPLICATIONS, WRITE_APPLICATIONS
from logistics.services.submission import submit_application
from sessions.models import Delegation, MeetingSession
from sessions.services.access import audiences_of

VERSION = row_version(
    chain="kind__session__chain", resource=("application/", "pk"), audience=("delegation:", "organiser__code")
)


class ApplicationsView(PrivateView):
    """What all addresses of applications have in common."""

    scopes = {
        "GET": READ_APPLICATIONS,
        "POST": WRITE_APPLICATIONS,
        "PATCH": WRITE_APPLICATIONS,
        "DELETE": WRITE_APPLICATIONS,
    }

    _session: MeetingSession | None = None

    def session(self) -> MeetingSession:
        """Return the session of the address. Raises NotFound."""
        if self._session is not None:
            return self._session
        found = self._session = MeetingSession.objects.select_related("chain").filter(code=self.kwargs["code"]).first()
        if found is None:
            raise NotFound("not_found", _("There is nothing at this address."))
        return found

    def visible(self, session: MeetingSession) -> Any:
        """Return what the caller may know of, each with its version, kind by kind in order of receipt."""
        found = visible_to(session, self.actor).annotate(version=VERSION)
        return found.order_by("kind__position", "kind", "receipt_number", "pk")

    def application(self, pk: int) -> Any:
        """Return one of them. Raises NotFound, for somebody else's as for none at all."""
        found = self.visible(self.session()).filter(pk=pk).first()
        if found is None:
            raise NotFound("no_such_application", _("There is no such application."))
        return found

    def told(self, application: Any, *, status: int = 200) -> Response:
        """Return where an application now stands, with its ETag.

        It names no persons: what answers a write is kept, to be sent again, and persons can be erased.
        """
        # Inside the write's own transaction, so that it is the version that the write made.
        application.version = version_of_application(application)
        shown = StandingSerializer(application, context=self.positions_of(application))
        response = Response(shown.data, status=status)
        response.headers["ETag"] = etag_of(application.version)
        return response

    def gone(self, application: Any) -> Response:
        """Return that something is no more, with the ETag of the application as the write left it."""
        return Response(status=204, headers={"ETag": etag_of(version_of_application(application))})

    @staticmethod
    def positions_of(application: Application) -> dict[str, Any]:
        position = position_of(application)
        return {"positions": {application.pk: position} if position else {}}


class ApplicationList(ApplicationsView):
    """All that the caller may know of, drafts too; and a new draft."""

    pagination_class = BoundedPages

    @schema.LISTED
    def get(self, request: Request, code: str) -> HttpResponseBase:
        refuse_unknown(request, frozenset({"page", "page_size", *ApplicationFilter.base_filters}))
        session = self.session()
        etag = self.etag_of_list(session.chain_id, "applications", audiences_of(session, self.actor))
        unchanged = self.unchanged(request, etag)
        if unchanged is not None:
            return unchanged
        found = self.visible(session).prefetch_related(COSPONSORS)
        asked = ApplicationFilter(request.query_params, queryset=found, request=request)
        if not asked.is_valid():
            raise utils.translate_validation(asked.errors)
        pages = self.pagination_class()
        rows: list[Any] = pages.paginate_queryset(asked.qs, request, view=self) or []
        positions: dict[int, int] = {}
        for kind in {each.kind for each in rows if each.state == Application.State.WAITING}:
            positions.update(positions_in(kind))
        shown = ApplicationSerializer(rows, many=True, context={"positions": positions})
        response = pages.get_paginated_response(shown.data)
        response.headers["ETag"] = etag
        return response

    @schema.BEGUN
    @idempotent
    def post(self, request: Request, code: str) -> Response:
        session = self.session()
        given = read(BeginShape, request.data)
        kind = EventKind.objects.select_related("session__chain").filter(session=session, code=given["kind"]).first()
        if kind is None:
            raise ValidationError({"kind": [_("There is no such kind of side event in this session.")]})
        organiser = Delegation.objects.with_code(session, given["delegation"]).first()
        if organiser is None:
            raise ValidationError({"delegation": [_("There is no such delegation in this session.")]})
        made = begin_draft(kind=kind, organiser=organiser, actor=self.actor, content=content_in(given))
        return located(self.told(made, status=201), request, code, made.pk)


def located(response: Response, request: Request, code: str, pk: int) -> Response:
    """Say where the application is that was made."""
    response.headers["Location"] = request.build_absolute_uri(reverse("api-application", args=[code, pk]))
    return response


class ApplicationDetail(ApplicationsView):
    """One application with all that it says."""

    @schema.RETRIEVED
    def get(self, request: Request, code: str, pk: int) -> HttpResponseBase:
        application = self.application(pk)
        etag = etag_of(application.version)
        unchanged = self.unchanged(request, etag)
        if unchanged is not None:
            return unchanged
        shown = ApplicationSerializer(application, context=self.positions_of(application))
        return Response(shown.data, headers={"ETag": etag})

    @schema.EDITED
    @idempotent
    def patch(self, request: Request, code: str, pk: int) -> Response:
        application = self.application(pk)
        expected = expected_version(request, application.version)
        given = read(ApplicationEditShape, request.data)
        edited = edit_application(
            application=application,
            content=content_in(given),
            actor=self.actor,
            reason=given.get("reason", ""),
            expected_version=expected,
        )
        return self.told(edited)

    @schema.DISCARDED
    @idempotent
    def delete(self, request: Request, code: str, pk: int) -> Response:
        application = self.application(pk)
        is_resting = request.headers.get("If-Match") is not None
        expected = expected_version(request, application.version) if is_resting else None
        discard_draft(application=application, actor=self.actor, expected_version=expected)
        # Without an ETag: there is nothing any more that anything could rest on.
        return Response(status=204)


class ApplicationStep(ApplicationsView):
    """Something done to an application as a whole; with If-Match, only if it still is what was read."""

    step: Callable[..., Application]
    """The service."""
    shape: type[StrictSerializer] = NothingShape
    by_arrival = False
    """Whether it is judged by when the request arrived."""

    def take(self, request: Request, pk: int) -> Response:
        application = self.application(pk)
        given = read(self.shape, request.data)
        if request.headers.get("If-Match") is not None:
            given["expected_version"] = expected_version(request, application.version)
        if self.by_arrival:
            given["arrived_at"] = arrival_of(request._request)
        return self.told(self.step(application=application, actor=self.actor, **given))


class ApplicationSubmission(ApplicationStep):
    step = staticmethod(submit_application)
    by_arrival = True

    @schema.SUBMITTED
    @idempotent
    def post(self, request: Request, code: str, pk: int) -> Response:
        return self.take(request, pk)


class ApplicationConfirmation(ApplicationStep):
    step = staticmethod(confirm_promotion)
    by_arrival = True

    @schema.CONFIRMED
    @idempotent
    def post(self, request: Request, code: str, pk: int) -> Response:
        return self.take(request, pk)


class ApplicationAnswer(ApplicationStep):
    step = staticmethod(answer_correction)
    by_arrival = True

    @schema.ANSWERED
    @idempotent
    def post(self, request: Request, code: str, pk: int) -> Response:
        return self.take(request, pk)


class ApplicationWithdrawal(ApplicationStep):
    step = staticmethod(withdraw_application)
    shape = ReasonShape

    @schema.WITHDRAWN
    @idempotent
    def post(self, request: Request, code: str, pk: int) -> Response:
        return self.take(request, pk)


class ApplicationCarryOver(ApplicationsView):
    """Carry over, the secretariat best with a reason; the answer is the new application."""

    @schema.CARRIED
    @idempotent
    def post(self, request: Request, code: str, pk: int) -> Response:
        application = self.application(pk)
        given = read(ReasonShape, request.data)
        made = carry_over(application=application, actor=self.actor, arrived_at=arrival_of(request._request), **given)
        return located(self.told(made, status=201), request, code, made.pk)


class StaffStep(ApplicationStep):
    """A decision of the secretariat; others are told so before anything is looked up."""

    def application(self, pk: int) -> Any:
        require_secretariat(self.actor)
        return super().application(pk)


class ApplicationAcceptance(StaffStep):
    step = staticmethod(accept_application)
    shape = ReasonShape

    @schema.ACCEPTED
    @idempotent
    def post(self, request: Request, code: str, pk: int) -> Response:
        return self.take(request, pk)


class ApplicationRejection(StaffStep):
    step = staticmethod(reject_application)
    shape = RejectShape

    @schema.REJECTED
    @idempotent
    def post(self, request: Request, code: str, pk: int) -> Response:
        return self.take(request, pk)


class ApplicationCorrection(StaffStep):
    step = staticmethod(request_correction)
    shape = CorrectionShape

    @schema.CORRECTION
    @idempotent
    def post(self, request: Request, code: str, pk: int) -> Response:
        return self.take(request, pk)
