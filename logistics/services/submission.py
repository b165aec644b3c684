"""Submission: the moment that counts. Open or closed, complete, a place or the waiting list, the receipt (RULES 5)."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from cnd import clock
from cnd.actors import Actor
from cnd.errors import Refused
from logistics.domain.queue import Standing, has_room_for, place_for_new, position_in
from logistics.models import Application, EventKind
from logistics.services.applications import (
    facts,
    locked_application,
    move,
    noted,
    queue_moved,
    require_application_version,
    revised,
    standings_of,
    subject_of,
)
from logistics.services.drafts import require_may_organise
from logistics.services.editing import require_complete, require_draft
from logistics.services.notices import applications as notices
from logistics.services.places import settle_in, settled_turn
from logistics.services.windows import Turn, require_open, turn_in
from sessions.models import Delegation
from sessions.services.access import require_acts_for

State = Application.State


def submit_application(
    *,
    application: Application,
    actor: Actor,
    arrived_at: datetime | None = None,
    expected_version: int | None = None,
) -> Application:
    """Submit a draft and take its receipt; a place if one is free and nobody waits, else the end of the waiting list.

    `arrived_at` is the real time at which the request reached the server: by it the window is judged, or else by now.
    Again: changes nothing. Raises NotPermitted; Invalid naming every field that is missing; Refused outside the window
    and above the organiser's limit; Outdated unless it still is the expected version.
    """
    require_acts_for(actor, application.organiser)
    origin = application.carried_from.kind if application.carried_from else None
    with settled_turn(
        application.kind,
        action="submit_application",
        subject=subject_of(application),
        actor=actor,
        arrived_at=arrived_at,
        also=origin,
    ) as turn:
        application = locked_application(application)
        if application.receipt_number is not None:
            return application
        require_application_version(application, expected_version)
        receive(application, turn)
        if origin is not None:
            leave_origin(application, origin, turn)
    return application


def receive(application: Application, turn: Turn) -> Application:
    """Give a draft its receipt and its place, in a settled turn. Raises as `submit_application` does."""
    require_draft(application)
    require_open(turn)
    require_may_organise(turn.terms, application.organiser)
    require_complete(application, turn.terms)
    counted = standings_of(turn.kind) if turn.counted is None else turn.counted
    turn.counted = None
    require_room(application, counted, turn)
    before = facts(application)
    _take_receipt(turn.kind, application)
    application.arrived_at = turn.at
    application.place = place_for_new(counted, turn.limits)
    application.state = (State.WAITING if application.place is None else State.UNDER_REVIEW).value
    application.content_sha256 = revised(application, turn.draft, []).content_sha256
    application.save()
    noted(turn.draft, application, before, registered=True)
    if application.state == State.WAITING and turn.limits.member_states_first:
        queue_moved(turn.kind, turn.draft)
    notices.tell_received(application, _position(application, counted, turn))
    return application


def _position(application: Application, counted: list[Standing], turn: Turn) -> int:
    own = Standing(
        key=application.pk,
        state=application.state,
        receipt=application.receipt_number or 0,
        organiser=application.organiser_id,
        is_member_state=application.organiser.kind == Delegation.Kind.MEMBER_STATE,
    )
    return position_in([*counted, own], application.pk, turn.limits)


def require_room(application: Application, counted: list[Standing], turn: Turn) -> None:
    """Raise Refused where the organiser has as many as it may (RULES 5)."""
    if has_room_for(counted, application.organiser_id, turn.limits):
        return
    most = turn.limits.per_organiser
    said = _("%(name)s has %(most)d applications of this kind already, which is as many as one organiser may have.")
    named = {"name": application.organiser.name, "most": most}
    raise Refused("limit_reached", said % named, details={"most": most})


def _take_receipt(kind: EventKind, application: Application) -> None:
    at = clock.now()
    session_at = kind.session.chain.to_session(at)
    if kind.last_receipt_at is not None:
        # Number and time rise strictly whatever the clock does.
        session_at = max(session_at, kind.last_receipt_at + timedelta(microseconds=1))
    kind.last_receipt_number += 1
    kind.last_receipt_at = session_at
    kind.save(update_fields=["last_receipt_number", "last_receipt_at"])
    application.receipt_number = kind.last_receipt_number
    application.receipt_at = session_at
    application.received_real_at = at


def leave_origin(application: Application, origin: EventKind, turn: Turn) -> None:
    """Have what was carried over wait no more where it came from; both windows are locked."""
    carried = application.carried_from
    if carried is None:
        return
    there = turn_in(origin, turn.draft, turn.actor)
    settle_in(there)
    carried = locked_application(carried)
    if carried.state == State.WAITING:
        move(carried, turn.draft, State.WITHDRAWN)
