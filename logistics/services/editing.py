"""What may be edited of an application, by whom and when, and what an edit leaves behind (RULES 5)."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.errors import Invalid, Refused
from logistics.models import Application
from logistics.services.applications import (
    application_of,
    counts,
    locked_application,
    require_application_version,
    revised,
    subject_of,
    touched,
)
from logistics.services.content import document_of, missing_in
from logistics.services.windows import Terms, turn_of
from sessions.services.access import require_acts_for

State = Application.State


@dataclass
class Edit:
    """An edit under way: whoever makes it says which fields changed."""

    application: Application
    draft: journal.Draft
    changed: list[str] = field(default_factory=list)


@contextmanager
def edit_of(
    application: Application,
    *,
    action: str,
    fields: Collection[str],
    actor: Actor,
    reason: str = "",
    expected_version: int | None = None,
) -> Iterator[Edit]:
    """Open the decision of an edit of these fields, under the locks it needs; afterwards keep what it made.

    A draft may say anything. An edit of what was received is a revision with its own hash. Raises NotPermitted,
    Invalid, Refused, and Outdated unless it still is the expected version.
    """
    require_acts_for(actor, application.organiser)
    said = {"action": action, "subject": subject_of(application), "actor": actor, "reason": reason.strip()}
    if application.state == State.DRAFT:
        # Without the window's lock: nobody who prepares holds up those who submit.
        with journal.decision(application.kind.session.chain, **said) as draft:  # type: ignore[arg-type]
            edit = Edit(locked_application(application), draft)
            require_application_version(edit.application, expected_version)
            require_draft(edit.application)
            before = document_of(edit.application)
            yield edit
            if edit.changed:
                edit.application = application_of(application.pk)
                draft.change(f"{subject_of(application)}/content", before, document_of(edit.application))
                touched(draft, edit.application)
        return
    with turn_of(application.kind, **said) as turn:  # type: ignore[arg-type]
        edit = Edit(locked_application(application), turn.draft)
        require_application_version(edit.application, expected_version)
        require_editable(edit.application, fields, turn.terms, actor, reason)
        yield edit
        if edit.changed:
            edit.application = application_of(application.pk)
            if edit.application.state != State.CORRECTION_REQUESTED and counts(edit.application):
                # While a correction is due it is asked when that is handed in.
                require_complete(edit.application, turn.terms)
            revised(edit.application, turn.draft, edit.changed)
            touched(turn.draft, edit.application)


def require_draft(application: Application) -> None:
    """Raise Refused for what is no draft any more."""
    if application.discarded_at is not None:
        raise Refused("discarded", _("This draft was discarded."))
    if application.state != State.DRAFT:
        raise Refused("received_meanwhile", _("This was submitted meanwhile. Read it again, then decide anew."))


def require_editable(
    application: Application, fields: Collection[str], terms: Terms, actor: Actor, reason: str
) -> None:
    """Raise unless this actor may edit these fields of a received application (RULES 5)."""
    if actor.is_secretariat:
        if not reason.strip():
            message = _("What was received is edited by the secretariat with a reason only.")
            raise Invalid("reason_missing", message, fields={"reason": [message]})
        return
    if not counts(application):
        raise Refused("not_standing", _("This application no longer stands."))
    if application.state == State.CORRECTION_REQUESTED:
        return
    refused = sorted(set(fields) - terms.small_edits)
    if refused:
        message = _("This cannot be edited once the application is received.")
        raise Refused("not_a_small_edit", message, fields={name: [message] for name in refused})


def require_complete(application: Application, terms: Terms) -> None:
    """Raise Invalid naming every field that is missing."""
    missing = missing_in(application.kind, application, terms=terms)
    if missing:
        fields: dict[str, list[str]] = {}
        for each in missing:
            fields.setdefault(each.field, []).append(each.message)
        raise Invalid("incomplete", _("The application is not complete."), fields=fields)
