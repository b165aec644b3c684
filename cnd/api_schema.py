"""How credentials stand in the description of the API."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension


class TokenScheme(OpenApiAuthenticationExtension):
    """A token, in the description of the API."""

    target_class = "cnd.api_auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A token made in the portal, under “API tokens”."}


class PublicScheme(OpenApiAuthenticationExtension):
    """What is public needs no token; one that is sent is counted as itself. Defined once, above."""

    target_class = "cnd.api_auth.PublicAccess"
    name: list[str] = []

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        return {TokenScheme.name: []}

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return []


class SessionScheme(OpenApiAuthenticationExtension):
    """The cookie of our own pages."""

    target_class = "cnd.api_private.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
