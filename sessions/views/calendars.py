"""The feed that calendar programs subscribe to: all public deadlines of a session; and how such a file is sent."""

import hashlib
from collections.abc import Callable, Collection
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.http import condition, require_safe

from sessions.models import MeetingSession
from sessions.services.calendars import RESOURCES, calendar_of_session, versions_of

LANGUAGES = dict(settings.LANGUAGES)
CALENDAR = "text/calendar; charset=utf-8; method=PUBLISH"

Build = Callable[[MeetingSession], bytes]


def language_of(request: HttpRequest) -> str:
    """Return the language asked for by `?lang=`, else the one that the request was given."""
    asked = request.GET.get("lang", "")
    return asked if asked in LANGUAGES else translation.get_language() or settings.LANGUAGE_CODE


def send_made(
    request: HttpRequest, code: str, *, resources: Collection[str], build: Build, name: str, media_type: str = CALENDAR
) -> HttpResponseBase:
    """Send a file made of public resources of a session, in the language of `?lang=` or of the request.

    Whoever has it already gets 304 for one query, and it is not made.
    """

    def etag(request: HttpRequest) -> str | None:
        versions = versions_of(code, resources)
        if not versions:
            return None
        # Everything else that it depends on stands in the address.
        address = request.build_absolute_uri()
        ours = (settings.RELEASE, settings.SITE_URL, settings.MAIL_DOMAIN)
        parts: tuple[Any, ...] = (*ours, name, address, language_of(request), versions)
        return quote_etag(hashlib.sha256(repr(parts).encode()).hexdigest()[:32])

    @require_safe
    @condition(etag_func=etag)
    def answer(request: HttpRequest) -> HttpResponse:
        session = get_object_or_404(MeetingSession.objects.select_related("chain"), code=code)
        with translation.override(language_of(request)):
            content = build(session)
        response = HttpResponse(content, content_type=media_type)
        disposition = "inline" if media_type == CALENDAR else "attachment"
        response["Content-Disposition"] = f'{disposition}; filename="{name}"'
        return response

    response = answer(request)
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


def deadlines(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send the calendar of all public deadlines, in the language of `?lang=` or of the request."""
    return send_made(
        request, code, resources=RESOURCES, build=calendar_of_session, name=f"{code}-deadlines.ics"
    )
