"""What the clock will have told: causes that follow from data, brought to what the data say now.

A plan is a set of causes whose keys begin alike. Whoever changes the data makes the plan anew, inside that decision
and under its lock; the sweep finds what falls due.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cnd import clock, journal
from cnd.models import Cause, Chain, Notice
from cnd.outbox.kinds import kind_of

State = Cause.State
FIELDS = ("kind", "audience", "context", "due_at", "worth_until")
UNSENT = [Notice.State.WAITING, Notice.State.PARKED]


@dataclass(frozen=True)
class Planned:
    """A cause that is wanted. Its key says what set it, so that what is set anew is another cause."""

    key: str
    kind: str
    audience: str
    due_at: datetime
    worth_until: datetime | None = None
    context: dict[str, Any] = field(default_factory=dict)


def replan(*, chain: Chain, prefix: str, wanted: Iterable[Planned]) -> None:
    """Make the causes whose keys begin so be the wanted ones; five queries, however many there are.

    What is no longer wanted is cancelled, with what of it was not sent. What is wanted and still to come is made; what
    was cancelled and is wanted again comes back. What lies in the past is not made, and where it waits for a sweep it
    stays. Again: changes nothing. Raises KeyError for a kind that is not registered.
    """
    plan = {each.key: each for each in wanted}
    for kind in {each.kind for each in plan.values()}:
        kind_of(kind)
    at = clock.now()
    now = chain.to_session(at)
    # Locked, so that none of them is told by a sweep while it is moved.
    of_plan = Cause.objects.select_for_update().filter(chain=chain, key__startswith=prefix).order_by("pk")
    standing = {cause.key: cause for cause in of_plan}
    gone = [cause.pk for key, cause in standing.items() if key not in plan]
    if gone:
        unsent = Notice.objects.filter(cause__in=gone, state__in=UNSENT)
        unsent.update(state=Notice.State.CANCELLED, next_attempt_at=None)
        waiting = Cause.objects.filter(pk__in=gone, state=State.WAITING)
        waiting.update(state=State.CANCELLED, settled_at=at)
    made, changed = [], []
    for key, each in plan.items():
        cause = standing.get(key)
        is_ahead = each.due_at > now
        if cause is None and is_ahead:
            made.append(_as(each, Cause(chain=chain, key=key)))
        elif cause is None or (cause.state == State.CANCELLED and not is_ahead) or _is_as(each, cause):
            continue
        elif cause.is_withheld:
            continue  # staff decided it
        elif cause.state in (State.WAITING, State.CANCELLED):
            changed.append(_as(each, cause))
    Cause.objects.bulk_create(made, batch_size=500)
    Cause.objects.bulk_update(changed, [*FIELDS, "state", "settled_at"], batch_size=500)
    if made:
        keys = [cause.key for cause in made]
        journal.after_entry(
            chain,
            lambda entry: Cause.objects.filter(chain=chain, key__in=keys).update(entry_number=entry.number),
        )


def _is_as(planned: Planned, cause: Cause) -> bool:
    same = all(getattr(planned, name) == getattr(cause, name) for name in FIELDS)
    return same and cause.state != State.CANCELLED


def _as(planned: Planned, cause: Cause) -> Cause:
    for name in FIELDS:
        setattr(cause, name, getattr(planned, name))
    cause.state, cause.settled_at = State.WAITING, None
    return cause
