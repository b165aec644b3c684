"""What every resource of the API shares: bounded pages, and versions that make polling cheap (DESIGN)."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.pagination import PageNumberPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from cnd.errors import NotFound
from cnd.models import ResourceVersion

BODY_KEPT_S = 3600

# Written out because it is all that a conditional request asks: to have it put together took longer than to answer it.
VERSION = """
SELECT version.version FROM cnd_resourceversion version JOIN cnd_chain chain ON chain.id = version.chain_id
WHERE chain.code = %s AND version.resource = %s AND version.audience = %s
"""


class BoundedPages(PageNumberPagination):
    """Pages of 200, at most 500, in the stable order of the queryset."""

    page_size = 200
    page_size_query_param = "page_size"
    max_page_size = 500


class VersionedView(APIView):
    """A public resource of one chain whose body is a function of its version.

    A conditional request reads the version's row and nothing else. A body is kept under its version, so that nothing
    is ever invalidated. Bodies hold instants, never what a clock would change.
    """

    resource = ""

    def resource_name(self) -> str:
        """Return the resource whose version this is; `resource` unless the path names more."""
        return self.resource

    def version(self) -> int | str | None:
        """Return the public version, or None when there is no such resource."""
        with connection.cursor() as cursor:
            cursor.execute(VERSION, [self.kwargs["code"], self.resource_name(), ResourceVersion.PUBLIC])
            row = cursor.fetchone()
        return row[0] if row else None

    def answer(self, request: Request, build: Callable[[], Any]) -> HttpResponse:
        """Return 304, the kept body, or what `build` makes, under one ETag."""
        version = self.version()
        if version is None:
            raise NotFound("not_found", _("There is nothing at this address."))
        # A page names the next one in full, so the host is part of the body; the order of parameters is not.
        query = sorted((name, value) for name, values in request.query_params.lists() for value in values)
        key = self._key(version, get_language() or settings.LANGUAGE_CODE, request.build_absolute_uri("/"), query)
        etag = quote_etag(key)
        if not {etag, "*"}.isdisjoint(parse_etags(request.headers.get("If-None-Match", ""))):
            return self._with_headers(HttpResponse(status=304), etag)
        body = cache.get(key)
        if body is None:
            body = JSONRenderer().render(build())
            # A change while the body was built would put a newer body under the older version.
            if self.version() == version:
                cache.set(key, body, BODY_KEPT_S)
        return self._with_headers(HttpResponse(body, content_type="application/json"), etag)

    def _key(self, *parts: Any) -> str:
        text = repr((settings.RELEASE, self.__class__.__name__, sorted(self.kwargs.items()), parts))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @staticmethod
    def _with_headers(response: HttpResponse, etag: str) -> HttpResponse:
        response["ETag"] = etag
        response["Cache-Control"] = "no-cache"
        patch_vary_headers(response, ["Accept-Language"])
        return response
