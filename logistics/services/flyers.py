"""Flyers of side events: checked by their content, limited in size, kept with the application."""

from cnd.actors import Actor
from logistics.models import Application, SentFile
from logistics.services.editing import edit_of
from logistics.services.sent_files import SUFFIXES, checked_file
from logistics.services.windows import terms_of
from sessions.services.access import require_acts_for


def attach_flyer(
    *,
    application: Application,
    name: str,
    content: bytes,
    actor: Actor,
    reason: str = "",
    expected_version: int | None = None,
) -> Application:
    """Attach a flyer, in the place of the one before; the same file again changes nothing.

    Raises NotPermitted, Invalid for what is no flyer, Refused where it may not be edited, and Outdated unless the
    application still is the expected version.
    """
    require_acts_for(actor, application.organiser)
    flyer = checked_file(
        session=application.kind.session,
        name=name,
        content=content,
        allowed=SUFFIXES,
        most_bytes=terms_of(application.kind).flyer_bytes_max,
        field="flyer",
    )
    return _with_flyer(application, flyer, actor, reason, expected_version)


def remove_flyer(
    *, application: Application, actor: Actor, reason: str = "", expected_version: int | None = None
) -> Application:
    """Take the flyer away. Again: changes nothing. Raises NotPermitted, Invalid, Refused, and Outdated as above."""
    require_acts_for(actor, application.organiser)
    return _with_flyer(application, None, actor, reason, expected_version)


def _with_flyer(
    application: Application, flyer: SentFile | None, actor: Actor, reason: str, expected_version: int | None
) -> Application:
    with edit_of(
        application,
        action="edit_flyer",
        fields=["flyer"],
        actor=actor,
        reason=reason,
        expected_version=expected_version,
    ) as edit:
        known = edit.application.flyer
        if (known.sha256 if known else None) != (flyer.sha256 if flyer else None):
            if flyer is not None:
                flyer.save()
            edit.application.flyer = flyer
            edit.application.save(update_fields=["flyer"])
            edit.changed = ["flyer"]
    return edit.application
