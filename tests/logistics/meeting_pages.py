"""The pages of bilateral meetings, as somebody who is signed in opens them."""

from datetime import datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from sessions.models import MeetingSession
from tests.sessions.scenes import focal_point, officer

CODE = "cnd67"


def page(name: str, *args: Any) -> str:
    return reverse(f"logistics:{name}", args=[CODE, *args])


def of(session: MeetingSession, code: str) -> Client:
    """Return a browser of the focal point of a delegation."""
    client = Client()
    client.force_login(focal_point(session, code))
    return client


def of_staff() -> Client:
    client = Client()
    client.force_login(officer())
    return client


def stamp(moment: datetime) -> str:
    """Write a moment as the forms have it."""
    from logistics.views.moments import stamp_of

    return stamp_of(moment)
