"""Accepted side events for the tests of the programme, without the queue that leads there."""

from datetime import datetime, timedelta
from typing import Any

from cnd import clock
from logistics.models import Application, EventKind, Room
from sessions.models import Delegation, MeetingSession
from tests.sessions.scenes import VIENNA

DAY = datetime(2024, 3, 14, tzinfo=VIENNA)


def at(hour: int, minute: int = 0, *, day: int = 14) -> datetime:
    """Return a time of day of the session's days in March, in Vienna."""
    return datetime(2024, 3, day, hour, minute, tzinfo=VIENNA)


def kind_of(session: MeetingSession, code: str = "high-level") -> EventKind:
    return EventKind.objects.select_related("session__chain").get(session=session, code=code)


def room_of(session: MeetingSession, code: str = "c1") -> Room:
    return Room.objects.get(session=session, code=code)


def accepted_event(
    session: MeetingSession, organiser: str = "AT", *, kind: str = "high-level", **more: Any
) -> Application:
    """Return an event with the next receipt and place of its kind, accepted."""
    of_kind = kind_of(session, kind)
    of_kind.last_receipt_number += 1
    number = of_kind.last_receipt_number
    received = datetime(2024, 1, 4, tzinfo=VIENNA) + timedelta(seconds=number)
    of_kind.last_receipt_at = received
    of_kind.save()
    facts: dict[str, Any] = {
        "state": Application.State.ACCEPTED,
        "place": number,
        "title": f"Event {number}",
        "abstract": "What it is about.",
        "theme": "International cooperation",
        "form": Application.Form.IN_PERSON,
        "attendance": 40,
        "length_min": 60,
        "created_at": received,
        "receipt_number": number,
        "receipt_at": received,
        "arrived_at": received,
        "received_real_at": clock.now(),
        "content_sha256": "0" * 64,
        "decided_at": received,
    }
    delegation = Delegation.objects.get(session=session, code=organiser)
    made: Application = Application.objects.create(kind=of_kind, organiser=delegation, **facts | more)
    return made
