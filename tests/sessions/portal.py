"""Focal points in their browsers, before, in and after the window of inscription."""

from datetime import datetime
from typing import Any

from django.test import Client

from cnd.models import User
from sessions.models import MeetingSession
from tests.sessions.scenes import VIENNA, focal_point, state

BEFORE = datetime(2024, 1, 15, 6, tzinfo=VIENNA)
OPEN = datetime(2024, 2, 20, 9, tzinfo=VIENNA)
CLOSED = datetime(2024, 2, 27, 9, tzinfo=VIENNA)


def signed_in(session: MeetingSession, code: str = "AT", **facts: Any) -> Client:
    """Return a browser of the focal point of a delegation; `facts` are of the account, such as its time zone."""
    user = focal_point(session, code)
    User.objects.filter(pk=user.pk).update(**facts)
    client = Client()
    client.force_login(user)
    return client


def make_chair(session: MeetingSession, code: str) -> None:
    """Record that a delegation chairs its group."""
    delegation = state(session, code)
    assert delegation.group is not None
    delegation.group.chair = delegation
    delegation.group.save()
