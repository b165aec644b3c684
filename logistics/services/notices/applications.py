"""Told of an application for a side event: the receipt, a place, a deadline, a decision, and that it is over."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from cnd.actors import Actor
from cnd.clock import rfc3339
from cnd.models import Cause
from cnd.outbox.planning import Planned, replan
from cnd.outbox.telling import tell
from logistics.models import Application
from logistics.models.application import HOLDING
from sessions.domain.reminders import read_offsets
from sessions.services.rules import rule_book

State = Application.State

RECEIVED, QUEUED = "application_received", "application_waiting"
PROMOTED, CONFIRMED = "application_promoted", "application_confirmed"
CORRECTION, CORRECTED = "application_correction", "application_corrected"
ACCEPTED, REJECTED = "application_accepted", "application_rejected"
MERGED, LAPSED = "application_merged", "application_lapsed"
WITHDRAWN, REOPENED, CARRIED = "application_withdrawn", "application_reopened", "application_carried_over"
REMINDER = "application_reminder"
STAFF = "secretariat"


def tell_received(application: Application, position: int) -> None:
    """Acknowledge an application to its organiser, with its receipt and its place or its position."""
    kind = QUEUED if position else RECEIVED
    # Nothing earlier can have this key, so that nobody asks under the lock.
    _tell_as(f"{_prefix(application)}received", kind, application, _organiser(application), {"position": position})


def tell_promoted(application: Application) -> None:
    """Tell the organiser that a place became free, and by when to confirm it; remind of it."""
    _tell(PROMOTED, application, due_at=_due(application))
    plan_reminders(application)


def tell_confirmed(application: Application, actor: Actor) -> None:
    """Acknowledge that a promotion was confirmed; the secretariat has another one to check."""
    _tell(CONFIRMED, application, to_staff=True, by_staff=actor.is_secretariat)
    plan_reminders(application)


def tell_correction(application: Application) -> None:
    """Tell the organiser what is to be corrected, and by when; remind of it."""
    _tell(CORRECTION, application, due_at=_due(application))
    plan_reminders(application)


def tell_corrected(application: Application, actor: Actor) -> None:
    """Acknowledge that a correction was handed in; the secretariat checks it."""
    _tell(CORRECTED, application, to_staff=True, by_staff=actor.is_secretariat)
    plan_reminders(application)


def tell_decided(application: Application) -> None:
    """Tell the organiser what was decided."""
    _tell(ACCEPTED if application.state == State.ACCEPTED else REJECTED, application)
    plan_reminders(application)


def tell_lapsed(application: Application, was: str) -> None:
    """Tell the organiser, and the secretariat, that something was not answered in time."""
    _tell(LAPSED, application, to_staff=True, was=was)
    plan_reminders(application)


def tell_withdrawn(application: Application, actor: Actor, was: str) -> None:
    """Acknowledge a withdrawal; the secretariat is told where it gave up a place."""
    _tell(WITHDRAWN, application, to_staff=was in HOLDING, by_staff=actor.is_secretariat)
    plan_reminders(application)


def tell_reopened(application: Application) -> None:
    """Tell the organiser that the application stands again."""
    _tell(REOPENED, application)


def tell_merged(kept: Application, gone: Application) -> None:
    """Tell both organisers that their applications are one now."""
    told = {_organiser(kept), _organiser(gone)}
    for number, audience in enumerate(sorted(told)):
        key = f"{_prefix(gone)}{_numbered(gone, 'merged')}:{number}"
        _tell_as(key, MERGED, gone, audience, {"into": kept.pk, "delegation": audience.partition(":")[2]})
    plan_reminders(kept)
    plan_reminders(gone)


def tell_carried_over(application: Application, made: Application) -> None:
    """Tell the organiser as what the application was carried over."""
    _tell(CARRIED, application, into=made.pk)


def plan_reminders(application: Application) -> None:
    """Bring the reminders of what is due of an application to what they are now; gone where nothing is due."""
    session = application.kind.session
    due_at = application.due_at
    wanted = []
    if due_at is not None:
        context = _context(application) | {"due_at": rfc3339(due_at), "was": application.state}
        for offset in read_offsets(rule_book(session).list("notices", "reminder_offsets")):
            wanted.append(
                Planned(
                    key=f"{_reminders(application)}{due_at:%Y%m%dT%H%M%S%f}:{int(offset.total_seconds())}",
                    kind=REMINDER,
                    audience=_organiser(application),
                    due_at=due_at - offset,
                    worth_until=due_at,
                    context=context,
                )
            )
    replan(chain=session.chain, prefix=_reminders(application), wanted=wanted)


def _prefix(application: Application) -> str:
    return f"application:{application.pk}:"


def _reminders(application: Application) -> str:
    return f"{_prefix(application)}due:"


def _organiser(application: Application) -> str:
    return f"delegation:{application.organiser.code}"


def _due(application: Application) -> str | None:
    return rfc3339(application.due_at) if application.due_at else None


def _context(application: Application) -> dict[str, Any]:
    return {
        "application": application.pk,
        "delegation": application.organiser.code,
        "state": application.state,
        "place": application.place,
    }


def _numbered(application: Application, what: str) -> str:
    """Return what tells this time from all earlier ones of the same; the window's lock keeps others away."""
    earlier = Cause.objects.filter(
        chain=application.kind.session.chain_id, key__startswith=f"{_prefix(application)}{what}:"
    )
    return f"{what}:{earlier.count() + 1}"


def _tell(kind: str, application: Application, *, to_staff: bool = False, **more: Any) -> None:
    key = f"{_prefix(application)}{_numbered(application, kind.removeprefix('application_'))}"
    _tell_as(key, kind, application, _organiser(application), more)
    if to_staff:
        _tell_as(f"{key}:staff", kind, application, STAFF, more)


def _tell_as(key: str, kind: str, application: Application, audience: str, more: Mapping[str, Any]) -> None:
    tell(
        chain=application.kind.session.chain,
        kind=kind,
        key=key,
        audience=audience,
        context={**_context(application), **more},
    )


def answer_awaited(was: str) -> str:
    """Say what was, or is, to be answered."""
    if was == State.PROMOTED:
        return _("the place that became free is to be confirmed")
    return _("the correction that was asked for is to be handed in")
