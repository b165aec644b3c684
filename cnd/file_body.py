"""Files as the API takes them: the bytes alone, as they are."""

from collections.abc import Mapping
from typing import Any

from rest_framework.parsers import BaseParser


class RawFile(BaseParser):
    """Takes any bytes; what they really are, whoever keeps them looks at."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the bytes that were sent."""
        # Read here: Django's own reading of a body keeps to the limit of JSON, which is smaller.
        return stream.read()


class RawPdf(RawFile):
    media_type = "application/pdf"


class RawPng(RawFile):
    media_type = "image/png"


class RawJpeg(RawFile):
    media_type = "image/jpeg"


RAW_FILES: list[type[BaseParser]] = [RawFile, RawPdf, RawPng, RawJpeg]
RAW_TYPES = frozenset(str(each.media_type) for each in RAW_FILES)
