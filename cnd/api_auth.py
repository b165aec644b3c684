"""Who calls the API: the bearer of a token (RFC 6750), somebody signed in on our own pages, or anybody."""

import re
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from cnd import tokens
from cnd.actors import Actor, actor_for
from cnd.models import ApiToken, User
from cnd.throttle import Headers, Subject, address_of, check, take

if TYPE_CHECKING:
    # Its module reads the settings that name this one.
    from rest_framework.views import APIView

BEARER = re.compile(r"bearer(?:\s+(.*))?", re.IGNORECASE)
REALM = 'Bearer realm="cnd"'


class TokenRefused(exceptions.AuthenticationFailed):
    """A token was sent that does not count, whatever the reason: which one is for its owner to see in the portal."""

    default_detail = _("This token is not valid: unknown, expired or revoked. Make another one in the portal.")
    default_code = "invalid_token"
    auth_header = f'{REALM}, error="invalid_token", error_description="unknown, expired or revoked"'

    def __init__(self, headers: Headers | None = None) -> None:
        super().__init__()
        self.headers = headers or {}


class ScopeMissing(exceptions.PermissionDenied):
    """The token is good, but was not allowed this."""

    default_code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(_("This needs a token with the scope %(scope)s.") % {"scope": scope})
        self.auth_header = f'{REALM}, error="insufficient_scope", scope="{scope}"'
        self.more = {"scope": scope}


# --- reading who it is ------------------------------------------------------------------------------------------------


def bearer_of(request: HttpRequest) -> str | None:
    """Return the text of the token that was sent, None when none was: other schemes are none of ours."""
    found = BEARER.fullmatch(request.META.get("HTTP_AUTHORIZATION", "").strip())
    return (found[1] or "") if found else None


def admit(request: HttpRequest) -> Headers:
    """Count a request for what is public; return the headers that say what is left. Costs one trip to the cache.

    A token is counted as itself instead of its address. Raises TooMany, TokenRefused (`problems.response_to`).
    """
    text = bearer_of(request)
    if text is None:
        return check(request, address_of(request))
    counted, known = _counted(request, text)
    if known == tokens.REFUSED:
        raise _refused(request)
    if known is None:
        tokens.know(_found(request, text))
    counted.refuse_excess()
    return counted.headers


def _counted(request: HttpRequest, text: str) -> Any:
    if not tokens.SHAPE.fullmatch(text):
        # Not counted as itself: whoever makes things up would have a key in the cache for each.
        raise _refused(request)
    hash_ = tokens.hash_of(text)
    return take(request, Subject("token", hash_), read=tokens.key_of(hash_))


def _found(request: HttpRequest, text: str) -> ApiToken:
    token = tokens.find_token(text)
    if token is None:
        raise _refused(request)
    return token


def _refused(request: HttpRequest) -> exceptions.APIException:
    # Counted by address: else one could try token after token.
    return TokenRefused(check(request, address_of(request)))


def caller_of(request: Request) -> Actor:
    """Return the actor that an authenticated caller is."""
    return actor_for(cast(User, request.user))


# --- in Django REST framework -----------------------------------------------------------------------------------------


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer cnd_…`; acts as its user. What it opens is asked of the database, each time."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        plain: HttpRequest = request._request
        text = bearer_of(plain)
        if text is None:
            return None
        counted, _known = _counted(plain, text)
        counted.refuse_excess()
        token = _found(plain, text)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return REALM if bearer_of(request._request) is None else TokenRefused.auth_header


class PublicAccess(TokenAuthentication):
    """For what is public: a token is counted as itself and must be good, and opens nothing."""

    def authenticate(self, request: Request) -> None:
        if bearer_of(request._request) is not None:
            admit(request._request)


class HasScope(BasePermission):
    """Signed in, and with a token only what `scopes` of the view names for the method."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if request.user is None or not request.user.is_authenticated:
            return False
        token = request.auth
        if isinstance(token, ApiToken):
            scopes: dict[str, str] = view.scopes  # type: ignore[attr-defined]
            method = request.method or ""
            scope = scopes.get({"HEAD": "GET"}.get(method, method))
            if scope is not None and scope not in tokens.scopes_of(token):
                raise ScopeMissing(scope)
        return True
