"""Flyers over the API: a part of their application, with its version."""

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from cnd.api import refuse_unknown
from cnd.bodies import read
from cnd.errors import Invalid
from cnd.file_body import RAW_FILES
from cnd.idempotency import idempotent
from cnd.preconditions import etag_of, expected_version
from logistics import flyers_schema as schema
from logistics.api_applications import ApplicationsView
from logistics.given_flyers import given
from logistics.serializers_applications import NamedFlyerShape, ReasonShape
from logistics.services.flyers import attach_flyer, remove_flyer
from logistics.services.scopes import READ_APPLICATIONS, WRITE_APPLICATIONS

UNNAMED = "flyer"
STATUS = {"file_too_large": 413, "file_not_valid": 415}
"""What the whole body is at fault for has a status of its own (RFC 9110 sections 15.5.14 and 15.5.16)."""


class ApplicationFlyer(ApplicationsView):
    """The flyer itself, as bytes. Its ETag is the application's: attaching one is an edit like any other."""

    scopes = {"GET": READ_APPLICATIONS, "PUT": WRITE_APPLICATIONS, "DELETE": WRITE_APPLICATIONS}
    parser_classes = RAW_FILES

    @schema.GIVEN
    def get(self, request: Request, code: str, pk: int) -> HttpResponseBase:
        refuse_unknown(request, frozenset())
        application = self.application(pk)
        etag = etag_of(application.version)
        # Without a flyer there is nothing that the client could have.
        unchanged = self.unchanged(request, etag) if application.flyer_id else None
        if unchanged is not None:
            return unchanged
        response = given(application)
        response.headers["ETag"] = etag
        return response

    @schema.ATTACHED
    @idempotent
    def put(self, request: Request, code: str, pk: int) -> Response:
        application = self.application(pk)
        expected = expected_version(request, application.version)
        said = read(NamedFlyerShape, request.query_params.dict())
        # Of an empty body the framework makes an object.
        content = request.data if isinstance(request.data, bytes) else b""
        try:
            made = attach_flyer(
                application=application,
                name=said.get("name") or UNNAMED,
                content=content,
                actor=self.actor,
                reason=said.get("reason", ""),
                expected_version=expected,
            )
        except Invalid as fault:
            fault.status = STATUS.get(fault.code, fault.status)
            raise
        return self.told(made)

    @schema.REMOVED
    @idempotent
    def delete(self, request: Request, code: str, pk: int) -> Response:
        application = self.application(pk)
        expected = expected_version(request, application.version)
        said = read(ReasonShape, request.query_params.dict())
        made = remove_flyer(
            application=application, actor=self.actor, reason=said.get("reason", ""), expected_version=expected
        )
        return self.gone(made)
