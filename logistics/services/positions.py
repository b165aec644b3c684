"""Who stands where on the waiting list of a window."""

from logistics.domain.queue import queue_of
from logistics.models import Application, EventKind
from logistics.services.applications import standings_of
from logistics.services.windows import Terms, terms_of


def positions_in(kind: EventKind, terms: Terms | None = None) -> dict[int, int]:
    """Return the position of everyone who waits, by key; 1 is promoted next."""
    waiting = queue_of(standings_of(kind), (terms or terms_of(kind)).limits)
    return {each.key: number for number, each in enumerate(waiting, start=1)}


def position_of(application: Application) -> int:
    """Return the position on the waiting list, 1 for who is promoted next; 0 for who does not wait."""
    if application.state != Application.State.WAITING:
        return 0
    return positions_in(application.kind).get(application.pk, 0)
