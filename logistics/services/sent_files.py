"""Small files that somebody sends: known by their content, never by their name."""

import hashlib
import io
import re
import unicodedata
from collections.abc import Collection

from django.utils.translation import gettext as _

from cnd import clock
from cnd.errors import Invalid
from logistics.models import SentFile
from sessions.models import MeetingSession

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
PDF_HEAD, PDF_TAIL = b"%PDF-", b"%%EOF"
TAIL = 1024
"""A PDF's end may be followed by a little white space, never by more."""
MOST_PIXELS = 50_000_000
SUFFIXES = {PDF: ".pdf", PNG: ".png", JPEG: ".jpg"}
LONGEST_NAME = 120


def media_type_of(content: bytes) -> str:
    """Return what a file really is: PDF, PNG or JPEG; empty for anything else, or damaged."""
    if content.startswith(PDF_HEAD):
        return PDF if PDF_TAIL in content[-TAIL:] and b"startxref" in content else ""
    # Loaded where a picture is looked at: no other part of the service needs it.
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            found, (width, height) = image.format, image.size
            if width * height > MOST_PIXELS:
                return ""
            # Decoded to the end: a head alone proves nothing.
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return ""
    return {"PNG": PNG, "JPEG": JPEG}.get(found or "", "")


def checked_file(
    *,
    session: MeetingSession,
    name: str,
    content: bytes,
    allowed: Collection[str],
    most_bytes: int,
    field: str = "file",
) -> SentFile:
    """Return a file that is whole, of an allowed type and not too large, not stored yet.

    Raises Invalid naming the field of the form that sent it.
    """
    if len(content) > most_bytes:
        message = _("The file is larger than %(most)d bytes.") % {"most": most_bytes}
        raise Invalid("file_too_large", message, fields={field: [message]})
    media_type = media_type_of(content)
    if media_type not in allowed:
        types = ", ".join(sorted(each.partition("/")[2].upper() for each in allowed))
        message = _("This is none of these, whatever its name says: %(types)s.") % {"types": types}
        raise Invalid("file_not_valid", message, fields={field: [message]})
    return SentFile(
        session=session,
        name=safe_name(name, media_type),
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        sent_at=clock.now(),
    )


def safe_name(name: str, media_type: str) -> str:
    """Return a name that is one on every system, with the ending of what the file really is."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    stem = re.sub(r"[^\w .()-]", "_", plain.rsplit(".", 1)[0]).strip(" .") or "file"
    suffix = SUFFIXES[media_type]
    return stem[: LONGEST_NAME - len(suffix)] + suffix
