"""Flyers of side events: checked by their content, limited in size, kept with the application."""

import hashlib
import io
import re
import unicodedata

from django.utils.translation import gettext as _

from cnd import clock
from cnd.actors import Actor
from cnd.errors import Invalid
from logistics.models import Application, SentFile
from logistics.services.editing import edit_of
from logistics.services.windows import Terms, terms_of
from sessions.services.access import require_acts_for

PDF_HEAD, PDF_TAIL = b"%PDF-", b"%%EOF"
TAIL = 1024
"""A PDF's end may be followed by a little white space, never by more."""
MOST_PIXELS = 50_000_000
SUFFIXES = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}
NAME_MAX = 120


def media_type_of(content: bytes) -> str | None:
    """Return what a file really is: application/pdf, image/png or image/jpeg; None for anything else, or damaged."""
    if content.startswith(PDF_HEAD):
        return "application/pdf" if PDF_TAIL in content[-TAIL:] and b"startxref" in content else None
    # Loaded where a picture is looked at: no other part of the service needs it.
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            found, (width, height) = image.format, image.size
            if width * height > MOST_PIXELS:
                return None
            # Decoded to the end: a head alone proves nothing.
            image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None
    return {"PNG": "image/png", "JPEG": "image/jpeg"}.get(found or "")


def check_flyer(terms: Terms, content: bytes) -> str:
    """Return the type of a flyer. Raises Invalid for one too large, or none at all."""
    if len(content) > terms.flyer_bytes_max:
        said = _("The file is larger than %(most)d bytes.") % {"most": terms.flyer_bytes_max}
        raise Invalid("file_too_large", said, fields={"flyer": [said]})
    media_type = media_type_of(content)
    if media_type is None:
        said = _("This is no PDF, PNG or JPEG, whatever its name says.")
        raise Invalid("file_not_valid", said, fields={"flyer": [said]})
    return media_type


def safe_name(name: str, media_type: str) -> str:
    """Return a name that is one on every system, with the ending of what the file really is."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    stem = re.sub(r"[^\w .()-]", "_", plain.rsplit(".", 1)[0]).strip(" .") or "flyer"
    suffix = SUFFIXES[media_type]
    return stem[: NAME_MAX - len(suffix)] + suffix


def attach_flyer(*, application: Application, name: str, content: bytes, actor: Actor, reason: str = "") -> Application:
    """Attach a flyer, in the place of the one before; the same file again changes nothing.

    Raises NotPermitted, Invalid for what is no flyer, Refused where it may not be edited.
    """
    require_acts_for(actor, application.organiser)
    media_type = check_flyer(terms_of(application.kind), content)
    flyer = SentFile(
        session=application.kind.session,
        name=safe_name(name, media_type),
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        sent_at=clock.now(),
    )
    return _with_flyer(application, flyer, actor, reason)


def remove_flyer(*, application: Application, actor: Actor, reason: str = "") -> Application:
    """Take the flyer away. Again: changes nothing. Raises NotPermitted, Invalid, Refused."""
    require_acts_for(actor, application.organiser)
    return _with_flyer(application, None, actor, reason)


def _with_flyer(application: Application, flyer: SentFile | None, actor: Actor, reason: str) -> Application:
    with edit_of(application, action="edit_flyer", fields=["flyer"], actor=actor, reason=reason) as edit:
        known = edit.application.flyer
        if (known.sha256 if known else None) != (flyer.sha256 if flyer else None):
            if flyer is not None:
                flyer.save()
            edit.application.flyer = flyer
            edit.application.save(update_fields=["flyer"])
            edit.changed = ["flyer"]
    return edit.application
