"""The feed that calendar programs subscribe to: all public deadlines of a session; and how such a file is sent."""

import hashlib
from collections.abc import Callable, Collection
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.http import condition, require_safe

from cnd.polling import built_once
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
    request: HttpRequest,
    code: str,
    *,
    resources: Collection[str],
    build: Build,
    name: str,
    parameters: Collection[str] = (),
    media_type: str = CALENDAR,
    save: bool = False,
) -> HttpResponseBase:
    """Send a file made of public resources of a session, in the language of `?lang=` or of the request.

    Whoever has it already gets 304 for one query; as long as nothing changes it is made once for each value of
    `parameters`, the only ones of the query that it depends on. Raises Http404 for a session that is none.
    """
    versions = versions_of(code, resources)
    if not versions:
        raise Http404("no such session")
    asked = [request.GET.get(each, "") for each in parameters]
    ours = (settings.RELEASE, settings.SITE_URL, settings.MAIL_DOMAIN)
    parts: tuple[Any, ...] = (*ours, name, *asked, language_of(request), versions)
    etag = quote_etag(hashlib.sha256(repr(parts).encode()).hexdigest()[:32])

    def make() -> bytes:
        session = get_object_or_404(MeetingSession.objects.select_related("chain"), code=code)
        with translation.override(language_of(request)):
            return build(session)

    @require_safe
    @condition(etag_func=lambda _request: etag)
    def answer(request: HttpRequest) -> HttpResponse:
        content = built_once(etag, make, lambda: versions_of(code, resources) == versions)
        response = HttpResponse(content, content_type=media_type)
        response["Content-Disposition"] = f'{"attachment" if save else "inline"}; filename="{name}"'
        return response

    response = answer(request)
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


def deadlines(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send the calendar of all public deadlines, in the language of `?lang=` or of the request."""
    return send_made(request, code, resources=RESOURCES, build=calendar_of_session, name=f"{code}-deadlines.ics")
