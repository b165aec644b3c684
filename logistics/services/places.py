"""The places of a window: what follows of itself under its lock, first thing in every decision (RULES 5)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from cnd import clock
from cnd.actors import WORKER, Actor
from cnd.arrival import MOST_BACK
from logistics.domain.queue import Cut, Lapse, Promotion, Standing, Step
from logistics.domain.queue import settle as steps_of
from logistics.models import Application, EventKind
from logistics.services.applications import application_of, facts, move, noted, standings_of
from logistics.services.notices import applications as notices
from logistics.services.windows import Turn, terms_of, turn_of

State = Application.State

GRACE = MOST_BACK
"""How long the sweep waits with what is overdue: a request that arrived in time may still be on its way to the lock."""


@contextmanager
def settled_turn(
    kind: EventKind,
    *,
    action: str,
    subject: str,
    actor: Actor,
    reason: str = "",
    arrived_at: datetime | None = None,
    also: EventKind | None = None,
) -> Iterator[Turn]:
    """Open one decision in a window: under its lock, with what was overdue at the request's arrival settled first."""
    with turn_of(
        kind, action=action, subject=subject, actor=actor, reason=reason.strip(), arrived_at=arrived_at, also=also
    ) as turn:
        settle_in(turn)
        yield turn


def settle(kind: EventKind, *, actor: Actor = WORKER, arrived_at: datetime | None = None) -> list[Step]:
    """Let what is overdue lapse and give free places to the first waiting; return what was done. Again: nothing.

    Overdue is judged by the real instant `arrived_at`, or else by now.
    """
    with turn_of(
        kind, action="settle_queue", subject=f"event-kind:{kind.code}", actor=actor, arrived_at=arrived_at
    ) as turn:
        return settle_in(turn)


def settle_in(turn: Turn) -> list[Step]:
    """Do the same inside a decision that holds the lock; whatever frees a place does it once more at its end."""
    counted = standings_of(turn.kind)
    steps = steps_of(counted, turn.limits, at=turn.at, now=turn.now)
    turn.counted = None if steps else counted
    for step in steps:
        application = application_of(step.key)
        match step:
            case Lapse():
                was = application.state
                move(application, turn.draft, State.LAPSED)
                notices.tell_lapsed(application, was)
            case Promotion():
                # What staff prepared about one who waits is still theirs to announce.
                prepared = {"prepared": application.prepared, "prepared_reason": application.prepared_reason}
                move(application, turn.draft, State.PROMOTED, place=step.place, due_at=step.due_at, **prepared)
                notices.tell_promoted(application)
            case Cut():
                before = facts(application)
                application.due_at = step.due_at
                application.save(update_fields=["due_at"])
                noted(turn.draft, application, before, registered=False)
                notices.plan_reminders(application)
    return steps


def look_for_overdue() -> None:
    """Settle every window in which something is overdue or a place is free for one who waits. Called by the sweep."""
    for kind in EventKind.objects.select_related("session__chain"):
        counted = standings_of(kind)
        at = clock.now() - GRACE
        if counted and _is_due(kind, counted, at):
            settle(kind, arrived_at=at)


def _is_due(kind: EventKind, counted: list[Standing], at: datetime) -> bool:
    if not any(each.due_at is not None or each.state == State.WAITING for each in counted):
        return False
    chain = kind.session.chain
    return bool(steps_of(counted, terms_of(kind).limits, at=chain.to_session(at), now=chain.now()))


def is_frozen(turn: Turn) -> bool:
    """Tell whether the programme is frozen: nobody is promoted any more, and no new deadline can be set."""
    return turn.now >= turn.limits.freeze_at


def due_in(turn: Turn, within: timedelta) -> datetime:
    """Return when an answer asked for now is due."""
    return turn.limits.due_at(turn.now, within)
