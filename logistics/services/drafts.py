"""Drafts of applications: begun, edited, discarded; and what may be edited once they are received (RULES 5)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.errors import NotFound, NotPermitted, Refused
from cnd.models import PersonalDatum
from logistics.models import Application, CoSponsor, EventKind
from logistics.services.applications import (
    application_of,
    facts,
    locked_application,
    noted,
    require_application_version,
    subject_of,
)
from logistics.services.content import PERSONAL, Missing, missing_in
from logistics.services.editing import edit_of
from logistics.services.flyers import attach_flyer, remove_flyer
from logistics.services.reading import read_content
from logistics.services.windows import Terms, terms_of
from sessions.models import Delegation
from sessions.services.access import require_acts_for

__all__ = [
    "Missing",
    "attach_flyer",
    "begin_draft",
    "discard_draft",
    "edit_application",
    "missing_in",
    "remove_flyer",
    "require_may_organise",
]
State = Application.State


def require_may_organise(terms: Terms, organiser: Delegation) -> None:
    """Raise NotPermitted unless the rules let delegations of this kind apply."""
    if organiser.kind not in terms.organisers:
        said = _("%(name)s cannot apply for this kind of side event; it can be named as a co-sponsor.")
        raise NotPermitted("may_not_organise", said % {"name": organiser.name})


def begin_draft(
    *, kind: EventKind, organiser: Delegation, actor: Actor, content: Mapping[str, Any] | None = None
) -> Application:
    """Begin a draft, at any time; when it was begun counts for nothing. Raises NotPermitted, Invalid."""
    require_acts_for(actor, organiser)
    if organiser.session_id != kind.session_id:
        raise NotFound("no_such_delegation", _("This delegation does not take part in this session."))
    require_may_organise(terms_of(kind), organiser)
    chain = kind.session.chain
    with journal.decision(chain, action="begin_draft", subject=f"delegation:{organiser.code}", actor=actor) as draft:
        application = Application(kind=kind, organiser=organiser, created_at=chain.now())
        read = read_content(application, content or {})
        application.save()
        write_content(application, read)
        noted(draft, application, None, registered=False)
    return application_of(application.pk)


def discard_draft(*, application: Application, actor: Actor, expected_version: int | None = None) -> Application:
    """Put a draft aside; it was never received. Again: changes nothing.

    Raises NotPermitted, Refused, and Outdated unless it still is the expected version.
    """
    require_acts_for(actor, application.organiser)
    chain = application.kind.session.chain
    with journal.decision(chain, action="discard_draft", subject=subject_of(application), actor=actor) as draft:
        application = locked_application(application)
        if application.state != State.DRAFT:
            raise Refused("received", _("This was received; it can be withdrawn."))
        if application.discarded_at is None:
            require_application_version(application, expected_version)
            before = facts(application)
            application.discarded_at = chain.now()
            application.save(update_fields=["discarded_at"])
            noted(draft, application, before, registered=False)
    return application


def edit_application(
    *,
    application: Application,
    content: Mapping[str, Any],
    actor: Actor,
    reason: str = "",
    expected_version: int | None = None,
) -> Application:
    """Change what an application says; the receipt never changes. The same again changes nothing.

    A draft may say anything. Of what was received the organiser edits the small fields that the rule book lists, and
    all of them while a correction is asked for; staff edit anything, with a reason. Every edit is a revision with its
    own hash. Raises NotPermitted, Invalid, Refused, and Outdated unless it still is the expected version.
    """
    with edit_of(
        application,
        action="edit_application",
        fields=set(content),
        actor=actor,
        reason=reason,
        expected_version=expected_version,
    ) as edit:
        edit.changed = write_content(edit.application, read_content(edit.application, content))
    return edit.application


# --- written ----------------------------------------------------------------------------------------------------------


def write_content(application: Application, read: Mapping[str, Any]) -> list[str]:
    """Write what was read into an application; return the fields that changed."""
    changed = []
    for field, value in read.items():
        if field == "cosponsors":
            is_new = _write_cosponsors(application, value)
        elif field in PERSONAL:
            is_new = _write_personal(application, field, value)
        else:
            is_new = getattr(application, field) != value
            setattr(application, field, value)
        if is_new:
            changed.append(field)
    plain = [field for field in changed if field != "cosponsors"]
    if plain:
        application.save(update_fields=plain)
    return sorted(changed)


def _write_personal(application: Application, field: str, value: dict[str, Any] | None) -> bool:
    known: PersonalDatum | None = getattr(application, field)
    if (known.value if known else None) == value:
        return False
    # The former person's data stay until erased.
    setattr(application, field, journal.keep_personal(application.kind.session.chain, value) if value else None)
    return True


def _write_cosponsors(application: Application, wanted: list[tuple[Delegation | None, str, str]]) -> bool:
    standing = CoSponsor.objects.filter(application=application).order_by("pk")
    known = {(each.delegation_id, each.name, each.kind) for each in standing}
    if known == {(each.pk if each else None, name, kind) for each, name, kind in wanted}:
        return False
    standing.delete()
    CoSponsor.objects.bulk_create(
        CoSponsor(application=application, delegation=delegation, name=name, kind=kind)
        for delegation, name, kind in wanted
    )
    return True
