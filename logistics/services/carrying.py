"""Carrying over: a rejected or waiting application becomes one of another kind, in one step (RULES 5)."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cnd import clock
from cnd.actors import Actor
from cnd.errors import Refused
from logistics.models import Application, CoSponsor, EventKind
from logistics.services.applications import facts, locked_application, noted, subject_of
from logistics.services.content import PLAIN, TIMES, content_of, missing_in, times_text, within_days
from logistics.services.drafts import require_may_organise
from logistics.services.notices import applications as notices
from logistics.services.places import settled_turn
from logistics.services.submission import leave_origin, receive
from logistics.services.windows import Terms, terms_of
from sessions.services.access import require_acts_for
from sessions.services.rules import RuleBook

State = Application.State
CARRIED = (State.REJECTED, State.WAITING)


def target_of(kind: EventKind, terms: Terms | None = None) -> EventKind | None:
    """Return the kind as which applications of this kind can be carried over, None where the rules name none."""
    scope = (terms or terms_of(kind)).carried_over_to
    if not scope:
        return None
    return EventKind.objects.select_related("session__chain").filter(session=kind.session_id, scope=scope).first()


def carried_over(application: Application) -> Application | None:
    """Return what an application was carried over as."""
    return Application.objects.filter(carried_from=application).first()


def carried_content(application: Application, target: EventKind, terms: Terms) -> dict[str, Any]:
    """Return what an application would say as one of another kind, whose terms these are."""
    content = content_of(application)
    fits = within_days(target.session, terms)
    # Its days are others: wishes for the old ones mean nothing there.
    return content | {name: [pair for pair in content[name] if fits(pair)] for name in TIMES}


def can_be_carried_over(application: Application, terms: Terms, book: RuleBook) -> bool:
    """Tell whether carrying it over would make anything of it; no query but for what was rejected or is waiting."""
    if application.state not in CARRIED or (target := target_of(application.kind, terms)) is None:
        return False
    made = carried_over(application)
    is_allowed = application.organiser.kind in terms_of(target, book).organisers
    return is_allowed and (made is None or made.discarded_at is not None)


def carry_over(
    *, application: Application, actor: Actor, reason: str = "", arrived_at: datetime | None = None
) -> Application:
    """Carry an application over to the kind that the rules name; return the new one. Again: the same one.

    Received, with a receipt of its own, if that window is open and it is complete there; else a draft. What was waiting
    waits on until the new one is received. Raises NotPermitted, Refused.
    """
    require_acts_for(actor, application.organiser)
    target = target_of(application.kind)
    if target is None:
        raise Refused("cannot_carry_over", _("Applications of this kind are not carried over."))
    with settled_turn(
        target,
        action="carry_over",
        subject=subject_of(application),
        actor=actor,
        reason=reason,
        arrived_at=arrived_at,
        also=application.kind,
    ) as turn:
        application = locked_application(application)
        made = carried_over(application)
        if made is not None and made.discarded_at is None:
            return made
        if application.state not in CARRIED:
            raise Refused("cannot_carry_over", _("Only what was rejected or is waiting can be carried over."))
        require_may_organise(turn.terms, application.organiser)
        if made is None:
            made = _copied(application, turn.kind, turn.terms)
            noted(turn.draft, made, None, registered=False)
        else:
            before = facts(made)
            made = locked_application(made)
            made.discarded_at = None
            made.save(update_fields=["discarded_at"])
            noted(turn.draft, made, before, registered=False)
        made = locked_application(made)
        notices.tell_carried_over(application, made)
        if turn.terms.is_open(turn.at) and not missing_in(turn.kind, made, terms=turn.terms):
            receive(made, turn)
            leave_origin(made, application.kind, turn)
    return made


def _copied(application: Application, kind: EventKind, terms: Terms) -> Application:
    content = carried_content(application, kind, terms)
    made = Application(
        kind=kind,
        organiser=application.organiser,
        created_at=kind.session.chain.to_session(clock.now()),
        carried_from=application,
        contact=application.contact,
        speakers=application.speakers,
        flyer=application.flyer,
        **{name: getattr(application, name) for name in PLAIN},
        **{name: times_text(content[name]) for name in TIMES},
    )
    made.save()
    CoSponsor.objects.bulk_create(
        CoSponsor(application=made, delegation_id=each.delegation_id, name=each.name, kind=each.kind)
        for each in application.cosponsors.all()
    )
    return made
