"""The worker's part: thin, and any of it may run twice."""

from celery import shared_task

from cnd import sweeps
from logistics.services import places, placing


@shared_task(name="logistics.advance_placing")
def advance_placing(placing_id: int) -> None:
    """Search for a programme, unless another worker does."""
    placing.advance_placing(placing_id)


def look_for_placings() -> None:
    """Send a task for every search that is in nobody's hands."""
    for placing_id in placing.due_placings():
        advance_placing.delay(placing_id)


sweeps.register("side events", places.look_for_overdue)
sweeps.register("placings", look_for_placings)
