"""The worker's part: thin, and any of it may run twice."""

from celery import shared_task

from cnd import sweeps
from sessions.services import draw


@shared_task(name="sessions.advance_drawing")
def advance_drawing(drawing_id: int) -> None:
    """Bring one drawing as far as it goes now."""
    draw.advance(drawing_id)


def look_for_drawings() -> None:
    """Send a task for every drawing that is due and in nobody's hands."""
    for drawing_id in draw.due_drawings():
        advance_drawing.delay(drawing_id)


# Announced to the second, it waits for no mail.
sweeps.register("drawings", look_for_drawings, first=True)
