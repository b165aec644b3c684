"""In which form the API is answered. By itself, since Django REST framework reads it while it is imported."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request


class AlwaysJson(BaseContentNegotiation):
    """Answer JSON whatever is asked for: it is all there is, and a refusal would help nobody."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next((each for each in parsers if request.content_type.startswith(each.media_type)), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
