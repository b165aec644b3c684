"""Polling: the answer to "is there anything new?", given from one row before anything else is asked (DESIGN).

A polled resource is public and a function of its version. What is kept lies under a key that holds everything the body
depends on, so that nothing is ever invalidated and nothing stale can be served, by any number of processes.
"""

import functools
import hashlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import psycopg
from django.conf import settings
from django.core.cache import cache, caches
from django.db import InterfaceError, OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header
from rest_framework.exceptions import APIException

from cnd.api_auth import admit
from cnd.models import ResourceVersion
from cnd.problems import response_to
from cnd.shared_cache import may_fail

ROOT = "/api/v1/"
KEPT_S = 3600
JSON = "application/json"
NOTHING_TO_RUN = "default-src 'none'; frame-ancestors 'none'"

# Written out because it is all that a conditional request asks: to have it put together took longer than to answer it.
VERSION = """
SELECT version.version, CAST(version.changed_at AS TEXT) FROM cnd_resourceversion version JOIN cnd_chain chain
ON chain.id = version.chain_id WHERE chain.code = %s AND version.resource = %s AND version.audience = %s
"""

Version = tuple[Any, ...]
"""What tells one state of a resource from every other: its number, and the moment at which it took that number, which
a database restored from a backup does not repeat."""


@dataclass(frozen=True)
class Asked:
    """The state of a resource that a request asks for, under the tag of its answer."""

    version: Version
    etag: str


def version_of(code: str, resource: str) -> Version | None:
    """Return the public version of a resource of this chain, or None when there is no such resource."""
    return one_row(VERSION, [code, resource, ResourceVersion.PUBLIC])


def one_row(statement: str, values: list[Any]) -> Version | None:
    """Return the one row of a statement, prepared once a connection where the database has that."""
    try:
        return _one_row(statement, values)
    except (InterfaceError, OperationalError):
        # That a kept connection still lives is not tried first, which would cost as much as the question itself.
        if connection.in_atomic_block:
            raise
        connection.close()
        return _one_row(statement, values)


def _one_row(statement: str, values: list[Any]) -> Version | None:
    with _cursor() as cursor:
        cursor.execute(statement, values)
        row: Version | None = cursor.fetchone()
    return row


def _cursor() -> CursorWrapper:
    if connection.vendor != "postgresql":
        return connection.cursor()
    # Django's own cursors put the values into the text, so that the server has to plan every statement anew.
    connection.ensure_connection()
    return connection._prepare_cursor(psycopg.Cursor(connection.connection))  # type: ignore[attr-defined]


class Polled(Protocol):
    """A class of views whose answer is a function of a version."""

    @classmethod
    def version(cls, kwargs: dict[str, Any]) -> Version | None:
        """Return the version of the resource with these arguments of the path, or None when there is none."""


class View(Protocol):
    """A view that answers what is polled."""

    polled: type[Polled]

    def __call__(self, request: HttpRequest, **kwargs: Any) -> HttpResponse: ...


@functools.lru_cache(maxsize=1000)
def language_of(accepted: str) -> str:
    """Return the language for an Accept-Language header. No cookie counts: the answer varies by this header alone."""
    for wanted, _priority in parse_accept_lang_header(accepted):
        if wanted == "*":
            break
        try:
            return get_supported_language_variant(wanted)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def etag_of(view: type[Polled], kwargs: dict[str, Any], version: Version, request: HttpRequest) -> str:
    """Return the entity tag, which is the key of the kept body too, in its quotes."""
    parts = (
        settings.RELEASE,
        view.__module__,
        view.__qualname__,
        *kwargs.values(),
        ResourceVersion.PUBLIC,
        JSON,
        *version,
        language_of(request.META.get("HTTP_ACCEPT_LANGUAGE", "")),
        # A page names the next one in full, so the host is part of the body.
        request.scheme,
        request.get_host(),
        # The order of parameters is not.
        *(sorted(urlencode(request.GET, doseq=True).split("&")) if request.META.get("QUERY_STRING") else ()),
    )
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def is_known(request: HttpRequest, etag: str) -> bool:
    """Tell whether the client has this already; a proxy that compresses makes the tag a weak one, which counts too."""
    return etag in request.META.get("HTTP_IF_NONE_MATCH", "")


def is_any_known(request: HttpRequest) -> bool:
    """Tell whether the client wants an answer only if there is nothing at all."""
    known: str = request.META.get("HTTP_IF_NONE_MATCH", "")
    return known.strip() == "*"


# --- what is kept -----------------------------------------------------------------------------------------------------


def kept(etag: str) -> bytes | None:
    """Return the kept body: this process's own, or what any other put into the cache."""
    key, nearby = key_of(etag), caches["bodies"]
    body: bytes | None = nearby.get(key)
    if body is None:
        with may_fail("bodies are built anew"):
            body = cache.get(key)
        if body is not None:
            nearby.set(key, body, KEPT_S)
    return body


def keep(etag: str, body: bytes) -> None:
    """Keep a body here and for all processes."""
    caches["bodies"].set(key_of(etag), body, KEPT_S)
    with may_fail("bodies are built anew"):
        cache.set(key_of(etag), body, KEPT_S)


def key_of(etag: str) -> str:
    return f"body:{etag[1:-1]}"


_building = [threading.Lock() for _ in range(64)]


def built_once(etag: str, build: Callable[[], bytes], holds: Callable[[], bool]) -> bytes:
    """Return the kept body or build it, once in this process however many ask; it is kept if its version still holds.

    A change while the body was built would put a newer body under the older version.
    """
    with _building[hash(etag) % len(_building)]:
        body = kept(etag)
        if body is None:
            body = build()
            if holds():
                keep(etag, body)
        return body


# --- answers ----------------------------------------------------------------------------------------------------------


def unchanged(etag: str) -> HttpResponse:
    return with_headers(HttpResponse(status=304), etag)


def whole(body: bytes, etag: str) -> HttpResponse:
    response = with_headers(HttpResponse(body, content_type=JSON), etag)
    response.headers["Content-Length"] = str(len(body))
    response.headers["Content-Security-Policy"] = NOTHING_TO_RUN
    response.headers["X-Frame-Options"] = "DENY"
    return response


def with_headers(response: HttpResponse, etag: str) -> HttpResponse:
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Language"
    return response


def asked_for(view: type[Polled], kwargs: dict[str, Any], request: HttpRequest) -> Asked | None:
    """Return the state that a request asks for, or None when there is no such resource. It asks the database once."""
    found: Asked | None = getattr(request, "asked_for", None)
    if found is None:
        version = view.version(kwargs)
        if version is not None:
            found = request.asked_for = Asked(version, etag_of(view, kwargs, version, request))  # type: ignore[attr-defined]
    return found


def quick_answer(view: type[Polled], kwargs: dict[str, Any], request: HttpRequest) -> HttpResponse | None:
    """Return 304 or the kept body; None where more has to be done: no such resource, a body to build, a fault."""
    asked = asked_for(view, kwargs, request)
    if asked is None:
        return None
    if is_known(request, asked.etag):
        return unchanged(asked.etag)
    body = kept(asked.etag)
    if body is None:
        return None
    return unchanged(asked.etag) if is_any_known(request) else whole(body, asked.etag)


# --- in front of everything -------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1000)
def polled_at(path: str, urlconf: str) -> tuple[View, dict[str, Any]] | None:
    """Return the view at this address with its arguments, if a polled resource is there."""
    try:
        match = resolve(path, urlconf)
    except Resolver404:
        return None
    return (match.func, match.kwargs) if hasattr(match.func, "polled") else None


class PollingMiddleware:
    """Answer polls before login, locale, forms and messages are thought of: nothing of that concerns them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = None
        if request.method in ("GET", "HEAD") and request.path_info.startswith(ROOT):
            found = polled_at(request.path_info, settings.ROOT_URLCONF)
        return self.get_response(request) if found is None else answer(request, *found)


def answer(request: HttpRequest, view: View, kwargs: dict[str, Any]) -> HttpResponse:
    """Count a poll, and answer it quickly or by its view."""
    try:
        counted = admit(request)
        found = quick_answer(view.polled, kwargs, request)
    except APIException as refusal:
        with in_language_of(request):
            return finished(response_to(refusal))
    if found is None:
        with in_language_of(request):
            return finished(view(request, **kwargs))
    for name, value in counted.items():
        found.headers[name] = value
    return found


def in_language_of(request: HttpRequest) -> AbstractContextManager[None]:
    return translation.override(language_of(request.META.get("HTTP_ACCEPT_LANGUAGE", "")))


def finished(response: HttpResponse) -> HttpResponse:
    """Do for an answer that was not kept what the rest of the stack would have done."""
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    if response.status_code == HTTPStatus.OK:
        # The first answer is no other than those after it.
        response.headers.pop("Allow", None)
    patch_vary_headers(response, ["Accept-Language"])
    response.headers["Content-Length"] = str(len(response.content))
    return response
