"""How the API's public operations are described, each with an example."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from cnd.api import MOST_PAGES, BoundedPages
from sessions.models import Level, Slot

NOT_MODIFIED = OpenApiResponse(description="Nothing changed since the version named in If-None-Match.")
PROBLEM = OpenApiResponse(OpenApiTypes.OBJECT)
CONDITION = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag of the last answer; 304 when nothing changed."
)
PAGES = (
    OpenApiParameter(
        "page",
        {"type": "integer", "minimum": 1, "maximum": MOST_PAGES, "default": 1},
        description="One beyond the last is 404.",
    ),
    OpenApiParameter(
        "page_size",
        {"type": "integer", "minimum": 1, "maximum": BoundedPages.max_page_size, "default": BoundedPages.page_size},
        description="How many at most.",
    ),
)
FILTERS = (
    OpenApiParameter("group", str, description="Code of a regional group."),
    OpenApiParameter("delegation", str, description="Code of a delegation, in capitals or not."),
    OpenApiParameter("status", str, enum=Slot.Status.values),
    OpenApiParameter("level", str, enum=Level.values),
)


def described(name: str, answer: Any, summary: str, example: Any, *parameters: OpenApiParameter) -> Any:
    """Return the description of a polled resource; of a list, the example is of one row."""
    return extend_schema(
        operation_id=name,
        summary=summary,
        parameters=[CONDITION, *parameters],
        responses={200: answer, 304: NOT_MODIFIED, (404, "application/problem+json"): PROBLEM},
        examples=[answered(example)],
    )


def answered(value: Any) -> OpenApiExample:
    return OpenApiExample("CND67", value=value, response_only=True, status_codes=["200"])


SHA256 = "431acbf19ff949c4c310d094019fe898dd800c0b72121e66fd3a0d8946eec744"
ADDRESS = "https://planner.example/api/v1/sessions/cnd67/"

SESSION = {
    "code": "cnd67",
    "title": "Commission on Narcotic Drugs, sixty-seventh session",
    "time_zone": "Europe/Vienna",
    "rehearsal": False,
    "clock_offset_s": 0,
    "segments": [
        {"code": "high-level", "title": "High-level segment", "opens_on": "2024-03-14", "closes_on": "2024-03-15"}
    ],
}
SLOT = {
    "number": 2,
    "group": "eastern_european",
    "status": "assigned",
    "delegation": "BG",
    "level": "ministerial",
    "place": 40,
    "updated": "2024-02-28T09:00:01.744618Z",
}
SPEAKERS = {
    "session": "cnd67",
    "attempt": 1,
    "version": 2,
    "at": "2024-02-28T09:00:01.744618Z",
    "sha256": "ac90f0805c4965763b22f14e093b8e1d2f39c0ef2b2b3ac104c1732f5a5a41ed",
    "rehearsal": False,
    "speakers": [
        {
            "place": 1,
            "statement": "national",
            "delegation": "GT",
            "name": "Guatemala",
            "group": "latin_american_caribbean",
            "level": "above_ministerial",
            "slot": 9,
            "meeting": None,
            "spoken": False,
        }
    ],
    "waiting": [{"group": "african", "delegations": ["ML", "TD"]}],
    "events": [
        {
            "number": 1,
            "at": "2024-02-29T08:00:01.743247Z",
            "kind": "withdrawn",
            "delegation": "BH",
            "statement": "national",
        }
    ],
}
DRAW_SUMMARY = {
    "attempt": 1,
    "state": "announced",
    "rehearsal": False,
    "announcement_sha256": SHA256,
    "announced_at": "2024-02-27T08:00:00.478428Z",
    "draw_at": "2024-02-28T09:00:00Z",
    "seals_at": "2024-02-28T09:00:00Z",
    "drawn_at": None,
    "ended_at": None,
    "reason": None,
    "proof_sha256": None,
}
DRAW = DRAW_SUMMARY | {
    "sources": [
        {
            "kind": "drand",
            "not_before": "2024-02-28T09:00:00Z",
            "deadline": "2024-02-28T10:00:00Z",
            "failed_at": None,
            "obtained_at": None,
            "value": None,
        }
    ],
    "statement": None,
    "unchecked": [],
    "result": None,
    "announcement": {"format": "cnd-announcement/1", "attempt": 1, "slots": 114},
}
BUNDLE = {
    "format": "cnd-proof/1",
    "announcement_sha256": SHA256,
    "announcement": {"format": "cnd-announcement/1", "attempt": 1, "slots": 114},
    "result": {"slots": [{"number": 2, "group": "eastern_european", "delegation": "BG"}]},
    "sha256": "b5327027a30eb2dd32d90d5ccef8422a626b27f1b3066d0a94b55a6b48f796a9",
}
DRAND_VALUE = {"round": 5_600_000, "signature": "8f" * 48}
RULE = {
    "scope": "debate",
    "key": "statement_national",
    "title": "Time for a national statement",
    "type": "duration",
    "unit": "s",
    "value": 240,
    "is_default": False,
    "is_deadline": False,
    "source": "Chair's briefing",
    "corrections": [
        {
            "number": 1,
            "old_value": 300,
            "new_value": 240,
            "at": "2024-02-20T10:00:00Z",
            "session_at": "2024-02-20T10:00:00Z",
            "reason": "Two meetings were lost.",
        }
    ],
}
HEAD = {
    "chain": "cnd67",
    "public_number": 3,
    "at": "2024-02-28T09:00:01.708809Z",
    "seal": "6cd3db45b9dc361f24099b7f29335fbdf8b24425baaa8692277d24b43751b53c",
}
CHANGES = {
    "session": "cnd67",
    "since": 2,
    "last": 3,
    "next": None,
    "results": [
        {
            "number": 3,
            "at": "2024-02-28T09:00:01.522357Z",
            "session_at": "2024-02-28T09:00:01.522357Z",
            "resources": [
                {"name": "slots", "url": ADDRESS + "slots/"},
                {"name": "draws/1", "url": ADDRESS + "draws/1/"},
            ],
        }
    ],
}
