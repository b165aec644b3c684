"""The feed that calendar programs subscribe to: all public deadlines of a session."""

import hashlib
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.http import condition, require_safe

from sessions.models import MeetingSession
from sessions.services.calendars import calendar_of_session, versions_of

LANGUAGES = dict(settings.LANGUAGES)


def _language(request: HttpRequest) -> str:
    """Return the language asked for by `?lang=`, else the one that the request was given."""
    asked = request.GET.get("lang", "")
    return asked if asked in LANGUAGES else translation.get_language() or settings.LANGUAGE_CODE


def _etag(request: HttpRequest, code: str) -> str | None:
    """Return a tag of the versions of all that the calendar depends on: one query, and the calendar is not made."""
    versions = versions_of(code)
    if not versions:
        return None
    parts: tuple[Any, ...] = (settings.RELEASE, settings.SITE_URL, settings.MAIL_DOMAIN, _language(request), versions)
    return quote_etag(hashlib.sha256(repr(parts).encode()).hexdigest()[:32])


@require_safe
@condition(etag_func=_etag)
def _answer(request: HttpRequest, code: str) -> HttpResponse:
    session = get_object_or_404(MeetingSession.objects.select_related("chain"), code=code)
    with translation.override(_language(request)):
        content = calendar_of_session(session)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    response["Content-Disposition"] = f'inline; filename="{code}-deadlines.ics"'
    return response


def deadlines(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send the calendar of all public deadlines, in the language of `?lang=` or of the request."""
    response = _answer(request, code=code)
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response
