"""The pages of applications, as whoever is signed in opens them."""

from datetime import time
from typing import Any

from django.test import Client
from django.urls import reverse

from cnd.models import User
from logistics.models import Application
from sessions.models import MeetingSession
from tests.sessions.scenes import focal_point, officer

CODE = "cnd67"


def address(name: str, *args: Any) -> str:
    return reverse(f"logistics:{name}", args=[CODE, *args])


def own(name: str, application: Application, *args: Any) -> str:
    """Return the address of a page of the organiser's about their application."""
    return address(f"own-side-event{name}", application.organiser.code, application.pk, *args)


def staff(name: str, application: Application, *args: Any) -> str:
    """Return the address of a page of the secretariat's about an application."""
    return address(f"staff-side-event{name}", application.pk, *args)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def organiser(session: MeetingSession, code: str = "AT") -> Client:
    return browser_of(focal_point(session, code))


def secretariat() -> Client:
    return browser_of(officer())


def filled(response: Any, **more: Any) -> dict[str, Any]:
    """Return what the form of a page would send as it stands, with what somebody types into it."""
    forms = response.context["forms"]
    sent: dict[str, Any] = {}
    parts = [forms.main, *(form for each in forms.sets.values() for form in each.forms)]
    for form in [*parts, *(each.management_form for each in forms.sets.values())]:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                # As the page writes it: hours without their seconds.
                sent[field.html_name] = value.strftime("%H:%M") if isinstance(value, time) else value
    return sent | more
