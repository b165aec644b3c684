"""Around every request: its id, its time, its count, and a line in the log if it did more than ask what is public."""

import secrets
from collections.abc import Callable
from functools import lru_cache
from time import perf_counter

import structlog
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from structlog.contextvars import bind_contextvars, clear_contextvars

from cnd import metrics
from cnd.logs import REQUEST_ID

logger = structlog.get_logger(__name__)

QUIET = ("/api/", "/static/", "/healthz", "/readyz", "/metrics")
"""Whose reading leaves no line: polls and checks by the thousand, all of them counted in the metrics."""


class Telemetry:
    """The outermost middleware. Everything below it, tasks and mails included, says which request it belongs to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if given and REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        took_s = perf_counter() - began
        response.headers["X-Request-ID"] = request_id
        view = name_of(request)
        metrics.count(view, request.method or "", response.status_code, took_s)
        if response.status_code >= 400 or request.method not in ("GET", "HEAD") or not is_quiet(request):
            # By the view's name, never by the path: that may hold a token, or whom it is about.
            logger.info(
                "request",
                method=request.method,
                view=view,
                status=response.status_code,
                ms=round(took_s * 1000, 1),
                user=user_of(request),
            )
        return response


def is_quiet(request: HttpRequest) -> bool:
    return request.path_info.startswith(QUIET)


def name_of(request: HttpRequest) -> str:
    """Return the name of the address that was asked for, also of a poll answered before it was looked up."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or "unnamed"
    return "static" if request.path_info.startswith("/static/") else _named(request.path_info)


@lru_cache(maxsize=1000)
def _named(path: str) -> str:
    try:
        return resolve(path).view_name or "unnamed"
    except Resolver404:
        return "none"


def user_of(request: HttpRequest) -> int | None:
    """Return the account's number if it was looked up anyway; to look it up would make pages depend on the login."""
    user = request.__dict__.get("_cached_user")
    return user.pk if user is not None and user.is_authenticated else None
