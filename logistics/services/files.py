"""Small files that somebody sends: known by their content, never by their name (ISO 32000, PNG, JFIF)."""

import hashlib
import re
from collections.abc import Collection

from django.utils.translation import gettext as _

from cnd import clock
from cnd.errors import Invalid
from logistics.models import SentFile
from sessions.models import MeetingSession

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
_BEGINNINGS = {PDF: b"%PDF-", PNG: b"\x89PNG\r\n\x1a\n", JPEG: b"\xff\xd8\xff"}
_ENDINGS = {PDF: b"%%EOF", PNG: b"IEND", JPEG: b"\xff\xd9"}
_ENDS_WITHIN = 1024
LONGEST_NAME = 120


def media_type_of(content: bytes) -> str:
    """Return what a file is by its first and last bytes; empty for what is none of the three."""
    tail = content[-_ENDS_WITHIN:]
    return next(
        (name for name, beginning in _BEGINNINGS.items() if content.startswith(beginning) and _ENDINGS[name] in tail),
        "",
    )


def store_file(
    *, session: MeetingSession, name: str, content: bytes, allowed: Collection[str], most_bytes: int
) -> SentFile:
    """Keep a file that is whole, of an allowed type and not too large. Called inside a decision. Raises Invalid."""
    if len(content) > most_bytes:
        message = _("The file has %(size)d bytes; at most %(most)d are taken.") % {
            "size": len(content),
            "most": most_bytes,
        }
        raise Invalid("file_too_large", message, fields={"file": [message]})
    media_type = media_type_of(content)
    if media_type not in allowed:
        names = ", ".join(sorted(each.partition("/")[2].upper() for each in allowed))
        message = _("This is no file of these types, or it is cut short: %(types)s.") % {"types": names}
        raise Invalid("file_type", message, fields={"file": [message]})
    return SentFile.objects.create(
        session=session,
        name=_plain_name(name),
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        sent_at=clock.now(),
    )


def _plain_name(name: str) -> str:
    """Return a name without folders and without what a header or a shell would read as its own."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r'[\x00-\x1f\x7f"<>|:*?;]+', "_", last).strip(" .")[-LONGEST_NAME:] or "file"
