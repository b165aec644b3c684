"""The programme on the public page of the session."""

from typing import Any

from logistics.models import ProgrammeVersion
from sessions.models import MeetingSession
from sessions.views.surroundings import Surrounding, register_surrounding


def section_of(session: MeetingSession) -> dict[str, Any]:
    """Return which version stands, without reading its content."""
    versions = ProgrammeVersion.objects.filter(programme__session=session).order_by("-number")
    return {"version": versions.values("number", "session_at").first()}


def register() -> None:
    """Have it shown."""
    register_surrounding("programme", Surrounding(section=("logistics/programme_section.html", section_of)))
