"""Errors of the API as `application/problem+json` (RFC 9457)."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from cnd.clock import rfc3339
from cnd.errors import DomainError
from cnd.logs import request_id

CONTENT_TYPE = "application/problem+json"
# What is missing now may be there at the next request, and nobody in between shall remember otherwise.
NOT_KEPT = {"Cache-Control": "no-store"}


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """Return the members of a problem; `code` is stable, the words are for people."""
    found = {"type": f"urn:cnd:problem:{code}", "title": title, "status": status, "detail": detail, **more}
    # By it those who watch over the service find in the log what happened.
    return found | {"request_id": request_id()} if request_id() else found


def _of_domain(fault: DomainError) -> dict[str, Any]:
    more: dict[str, Any] = {"errors": fault.fields} if fault.fields else {}
    if fault.details:
        more["details"] = {
            name: rfc3339(value) if isinstance(value, datetime) else value for name, value in fault.details.items()
        }
    return problem(fault.status, fault.code, str(fault.title), str(fault), **more)


def _of_framework(fault: exceptions.APIException) -> dict[str, Any]:
    title = str(fault.default_detail).rstrip(".")
    if "{" in title:
        # A pattern for the detail, not a title.
        title = HTTPStatus(fault.status_code).phrase
    if isinstance(fault, exceptions.ValidationError):
        fields = fault.detail if isinstance(fault.detail, dict) else {"": fault.detail}
        errors = {name: [str(error) for error in _flat(value)] for name, value in fields.items()}
        detail = _("Some of what was sent is not valid.")
        return problem(fault.status_code, "invalid", str(_("Not valid")), detail, errors=errors)
    more: dict[str, Any] = getattr(fault, "more", {})
    return problem(fault.status_code, fault.default_code, title, str(fault.detail), **more)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [error for part in value.values() for error in _flat(part)]
    return [error for part in value for error in _flat(part)] if isinstance(value, list) else [value]


def told(fault: Exception) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Return the problem that a refusal is, with the headers that belong to it; None for anything else."""
    headers: dict[str, str] = {}
    if isinstance(fault, Http404):
        fault = exceptions.NotFound()
    elif isinstance(fault, PermissionDenied):
        fault = exceptions.PermissionDenied()
    if isinstance(fault, DomainError):
        body = _of_domain(fault)
    elif isinstance(fault, exceptions.APIException):
        body = _of_framework(fault)
        wait = getattr(fault, "wait", None)
        if wait:
            headers["Retry-After"] = str(int(wait) + 1)
        if getattr(fault, "auth_header", None):
            headers["WWW-Authenticate"] = fault.auth_header  # type: ignore[attr-defined]
        headers |= getattr(fault, "headers", {})
    else:
        return None
    return body, headers


def handle(fault: Exception, context: dict[str, Any]) -> Response | None:
    """Translate what a view raised; None leaves it to Django (a 500, logged)."""
    found = told(fault)
    if found is None:
        return None
    body, headers = found
    set_rollback()
    return Response(body, status=body["status"], headers=NOT_KEPT | headers, content_type=CONTENT_TYPE)


def response_to(fault: exceptions.APIException | DomainError) -> HttpResponse:
    """Return the answer to a refusal from outside the API's own views."""
    body, headers = told(fault) or ({}, {})
    return JsonResponse(body, status=body["status"], headers=NOT_KEPT | headers, content_type=CONTENT_TYPE)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def as_response(status: int, code: str, title: str, detail: str) -> HttpResponse:
    """Return a problem from outside the API's own views."""
    body = problem(status, code, title, detail)
    return JsonResponse(body, status=status, headers=NOT_KEPT, content_type=CONTENT_TYPE)
