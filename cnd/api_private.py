"""What is not public: answers for whoever signs in, kept by nobody in between."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cnd.actors import Actor, actor_for
from cnd.api_auth import HasScope, SessionAuthentication, TokenAuthentication
from cnd.preconditions import is_known


class PrivateView(APIView):
    """A resource for those who may see it. `scopes` names what a token needs for a method."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [HasScope]
    scopes: dict[str, str] = {}

    @property
    def actor(self) -> Actor:
        return actor_for(self.request.user)

    def unchanged(self, request: Request, etag: str) -> HttpResponse | None:
        """Return 304 if the client has this already."""
        return HttpResponse(status=304, headers={"ETag": etag}) if is_known(request, etag) else None

    def finalize_response(
        self, request: Any, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> Response | HttpResponseBase:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, _VARY)  # type: ignore[arg-type]
        return response


_VARY: Iterable[str] = ("Authorization", "Cookie")
