"""What becomes of a received application: confirmed, corrected, withdrawn, reopened (RULES 5)."""

from datetime import datetime

from django.utils.translation import gettext as _

from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid, Refused
from logistics.domain.queue import place_for_new
from logistics.models import Application
from logistics.services.applications import (
    counts,
    locked_application,
    move,
    require_application_version,
    standings_of,
    subject_of,
)
from logistics.services.carrying import carry_over
from logistics.services.editing import require_complete
from logistics.services.notices import applications as notices
from logistics.services.outlooks import outlook
from logistics.services.places import settle, settle_in, settled_turn
from logistics.services.positions import position_of
from logistics.services.submission import require_room
from sessions.services.access import require_acts_for

__all__ = [
    "answer_correction",
    "carry_over",
    "confirm_promotion",
    "outlook",
    "position_of",
    "reopen_application",
    "settle",
    "withdraw_application",
]
State = Application.State


def confirm_promotion(
    *,
    application: Application,
    actor: Actor,
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Application:
    """Confirm a promotion: the application is under review. Again: changes nothing.

    Whether in time is judged by the arrival of the request. Raises NotPermitted, Refused, Outdated.
    """
    require_acts_for(actor, application.organiser)
    with settled_turn(
        application.kind,
        action="confirm_promotion",
        subject=subject_of(application),
        actor=actor,
        arrived_at=arrived_at,
    ) as turn:
        application = locked_application(application)
        if application.state in (State.UNDER_REVIEW, State.ACCEPTED):
            return application
        require_application_version(application, expected_version)
        require_state(application, State.PROMOTED)
        move(application, turn.draft, State.UNDER_REVIEW, place=application.place)
        notices.tell_confirmed(application, actor)
    return application


def answer_correction(
    *,
    application: Application,
    actor: Actor,
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Application:
    """Hand a correction in: the application is under review again, at its place. Again: changes nothing.

    Raises NotPermitted; Invalid naming what is missing; Refused when it comes too late; Outdated.
    """
    require_acts_for(actor, application.organiser)
    with settled_turn(
        application.kind,
        action="answer_correction",
        subject=subject_of(application),
        actor=actor,
        arrived_at=arrived_at,
    ) as turn:
        application = locked_application(application)
        if application.state in (State.UNDER_REVIEW, State.ACCEPTED):
            return application
        require_application_version(application, expected_version)
        require_state(application, State.CORRECTION_REQUESTED)
        require_complete(application, turn.terms)
        move(application, turn.draft, State.UNDER_REVIEW, place=application.place)
        notices.tell_corrected(application, actor)
    return application


def withdraw_application(
    *, application: Application, actor: Actor, reason: str = "", expected_version: int | None = None
) -> Application:
    """Withdraw a received application; its place goes to the first waiting. Again: changes nothing.

    Raises NotPermitted; Refused for a draft and for what no longer stands; Outdated.
    """
    require_acts_for(actor, application.organiser)
    with settled_turn(
        application.kind,
        action="withdraw_application",
        subject=subject_of(application),
        actor=actor,
        reason=reason,
    ) as turn:
        application = locked_application(application)
        if application.state == State.WITHDRAWN:
            return application
        require_application_version(application, expected_version)
        require_standing(application)
        was = application.state
        move(application, turn.draft, State.WITHDRAWN, reason=reason.strip())
        notices.tell_withdrawn(application, actor, was)
        settle_in(turn)
    return application


def reopen_application(*, application: Application, actor: Actor, reason: str) -> Application:
    """Open again what was rejected, withdrawn or has lapsed, at its old receipt; staff only, with a reason.

    It obeys the limit and takes a place only if one is free and nobody waits, else it waits (RULES 5). Again: changes
    nothing. Raises NotPermitted, Invalid without a reason, Refused.
    """
    require_secretariat(actor)
    require_reason(reason)
    with settled_turn(
        application.kind,
        action="reopen_application",
        subject=subject_of(application),
        actor=actor,
        reason=reason,
    ) as turn:
        application = locked_application(application)
        if counts(application):
            return application
        if application.state not in (State.REJECTED, State.WITHDRAWN, State.LAPSED):
            raise Refused("cannot_reopen", _("Only what was rejected, withdrawn or has lapsed can be reopened."))
        counted = standings_of(turn.kind)
        require_room(application, counted, turn)
        place = place_for_new(counted, turn.limits)
        to = State.WAITING if place is None else State.UNDER_REVIEW
        move(application, turn.draft, to, place=place, reason="", decided_at=None)
        notices.tell_reopened(application)
        # With precedence it may wait in front; settled again, so that nothing depends on who comes next.
        settle_in(turn)
        return locked_application(application)


def require_reason(reason: str) -> None:
    """Raise Invalid unless a reason is given."""
    if not reason.strip():
        message = _("Say why.")
        raise Invalid("reason_missing", message, fields={"reason": [message]})


def require_standing(application: Application) -> None:
    """Raise Refused for what neither holds a place nor waits for one."""
    if not counts(application):
        raise Refused("not_standing", _("This application is not, or no longer, in the queue."))


def require_state(application: Application, *states: str) -> None:
    """Raise Refused unless it is in one of these states; what came too late is told so."""
    if application.state in states:
        return
    if application.state == State.LAPSED:
        raise Refused("lapsed", _("This was not answered in time: the application has lapsed."))
    said = _("This cannot be done to an application in the state “%(state)s”.")
    raise Refused(
        "wrong_state", said % {"state": application.get_state_display()}, details={"state": application.state}
    )
