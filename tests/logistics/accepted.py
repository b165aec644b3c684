"""Accepted side events that are to be placed, an hour long for forty people unless it is said otherwise."""

from typing import Any

from logistics.models import Application
from sessions.models import MeetingSession
from tests.logistics.placed import accepted


def accepted_event(session: MeetingSession, organiser: str = "AT", **facts: Any) -> Application:
    """Return an event with the next receipt and place of its kind, accepted and in no place of the draft."""
    made = accepted(session, organiser, **{"attendance": 40, "length_min": 60} | facts)
    return Application.objects.select_related("kind__session__chain", "organiser").get(pk=made.pk)
