"""What is not public: answers for whoever signs in, kept by nobody in between."""

import hashlib
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from cnd.actors import Actor
from cnd.api_auth import HasScope, TokenAuthentication, bearer_of, caller_of
from cnd.models import ResourceVersion
from cnd.preconditions import is_known
from cnd.second_factor import PROVEN, needs_second_factor


class SecondFactorMissing(exceptions.PermissionDenied):
    default_code = "second_factor_required"
    default_detail = _("Staff act with a second factor only. Set it up in your account.")


class SessionAuthentication(authentication.SessionAuthentication):
    """Our own pages: whoever is signed in there, for writes with the CSRF token. No cookie, nothing read."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        plain: HttpRequest = request._request
        if settings.SESSION_COOKIE_NAME not in plain.COOKIES or bearer_of(plain) is not None:
            return None
        found = super().authenticate(request)
        if found and needs_second_factor(found[0]) and plain.session.get(PROVEN) != found[0].pk:
            raise SecondFactorMissing
        return found


class PrivateView(APIView):
    """A resource for those who may see it. `scopes` names what a token needs for a method."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [HasScope]
    scopes: dict[str, str] = {}

    @property
    def actor(self) -> Actor:
        return caller_of(self.request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Counted before anything is refused, so that whoever is refused is counted too.
        self.perform_authentication(request)
        self.check_throttles(request)
        super().initial(request, *args, **kwargs)

    def unchanged(self, request: Request, etag: str) -> HttpResponse | None:
        """Return 304 if the client has this already."""
        return HttpResponse(status=304, headers={"ETag": etag}) if is_known(request, etag) else None

    def etag_of_list(self, chain_id: int, resource: str, audiences: Collection[str]) -> str:
        """Return the ETag of a list: of this address, for readers who are these audiences."""
        versions = ResourceVersion.objects.filter(chain=chain_id, resource=resource, audience__in=audiences)
        parts = (
            settings.RELEASE,
            self.request.build_absolute_uri(),
            sorted(audiences),
            sorted(versions.values_list("audience", "version")),
        )
        return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ("Authorization", "Cookie"))
        return response
