"""How the API's operations on the programme and the rooms are described, each with an example."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from logistics.models import Application
from sessions.public_schema import CONDITION, NOT_MODIFIED, PROBLEM, SHA256, answered

FILTERS = (
    OpenApiParameter("day", OpenApiTypes.DATE, description="The day on which it begins, in the meeting's zone."),
    OpenApiParameter("room", str, description="Code of a room."),
    OpenApiParameter("theme", str, description="A theme, in full."),
    OpenApiParameter("form", str, enum=Application.Form.values),
    OpenApiParameter("kind", str, description="Code of a kind of side events."),
    OpenApiParameter("organiser", str, description="Code of the main organiser, in capitals or not."),
)
EVENT = {
    "event": "high-level-4",
    "kind": "high-level",
    "kind_name": "High-level side event",
    "title": "Alternative development, ten years on",
    "abstract": "What was learnt, by those who did it.",
    "theme": "Alternative development",
    "form": "in_person",
    "organiser": {"delegation": "AT", "name": "Austria"},
    "cosponsors": [{"delegation": None, "name": "A foundation"}],
    "starts_at": "2024-03-14T12:00:00.000000Z",
    "ends_at": "2024-03-14T13:30:00.000000Z",
    "room": {"code": "c1", "name": "Conference Room 1"},
    "version": 2,
}
PLACED = {"starts_at": "2024-03-14T08:00:00.000000Z", "ends_at": "2024-03-14T09:30:00.000000Z", "room": "c2"}
DIFFERENCE = {
    "added": [],
    "moved": [
        {
            "event": "high-level-4",
            "before": PLACED,
            "after": {"starts_at": EVENT["starts_at"], "ends_at": EVENT["ends_at"], "room": "c1"},
        }
    ],
    "changed": [],
    "removed": [],
}
VERSION = {
    "number": 2,
    "at": "2024-03-01T17:00:00.478428Z",
    "session_at": "2024-03-01T17:00:00.478428Z",
    "note": "Conference Room 2 has no interpretation.",
    "sha256": SHA256,
    "events": 1,
    "difference": DIFFERENCE,
}
WHOLE_VERSION = {
    "format": "cnd-programme/1",
    "session": "cnd67",
    "version": 2,
    "at": "2024-03-01T17:00:00.478428Z",
    "rehearsal": False,
    "note": VERSION["note"],
    "difference": DIFFERENCE,
    "events": [
        {
            **{name: EVENT[name] for name in ("event", "kind", "title", "abstract", "theme", "form")},
            "organiser": "AT",
            "cosponsors": EVENT["cosponsors"],
            "starts_at": EVENT["starts_at"],
            "ends_at": EVENT["ends_at"],
            "room": "c1",
            "version": 2,
        }
    ],
}
ROOM = {
    "code": "c1",
    "name": "Conference Room 1",
    "building": "C",
    "floor": "1",
    "capacity": 180,
    "layout": "theatre",
    "equipment": ["projector", "microphones", "interpretation"],
    "accessible": True,
    "for_events": True,
    "for_bilaterals": False,
    "held_for": None,
    "opens": None,
    "closes": "18:00",
    "blocked": [{"starts_at": "2024-03-14T07:30:00Z", "ends_at": "2024-03-14T09:00:00Z"}],
    "plan": None,
}
WHOLE = extend_schema(
    operation_id="programme_versions_retrieve",
    summary="One version of the programme",
    description="Byte by byte as it was hashed; once there it never changes.",
    parameters=[CONDITION],
    responses={200: OpenApiTypes.OBJECT, 304: NOT_MODIFIED, (404, "application/problem+json"): PROBLEM},
    examples=[answered(WHOLE_VERSION)],
)
