"""The API's contract: an OpenAPI document, made from the code, kept in the repository and compared with it.

What drf-spectacular cannot know is added here for every operation alike: the shape of problems, an example for each,
what any request may be answered, and that an answer has all its members.
"""

import functools
import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator

from cnd.problems import CONTENT_TYPE

FILE = Path(settings.BASE_DIR) / "docs" / "openapi.json"
PROBLEM = {
    "type": "object",
    "description": "A problem (RFC 9457). Its `type` is stable; the words are for people, in the language asked for.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "pattern": "^urn:cnd:problem:[a-z_]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "type": "object",
            "description": 'What is wrong, by the name of the parameter or member; `""` for the whole.',
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "details": {"type": "object", "description": "What a refusal rests on.", "additionalProperties": True},
        "request_id": {"type": "string", "description": "By it the secretariat finds in its log what happened."},
    },
    "additionalProperties": True,
}
# What any operation may answer: to a parameter that it does not have, a token that does not count, too many requests.
EVERYWHERE = {"400": "invalid", "401": "invalid_token", "429": "throttled"}
EXAMPLES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "400": ("invalid", "Not valid", "Some of what was sent is not valid.", {"errors": {"limit": ["A whole number …"]}}),
    "401": (
        "invalid_token",
        "Not signed in",
        "This token is not valid: unknown, expired or revoked. Make another one in the portal.",
        {},
    ),
    "403": ("not_your_delegation", "Not permitted", "This is not your delegation.", {}),
    "404": ("not_found", "Not found", "There is nothing at this address.", {}),
    "409": (
        "window_closed",
        "Refused",
        "The inscriptions are closed.",
        {"details": {"closes_at": "2024-02-26T11:00:00.000000Z"}},
    ),
    "410": ("erased", "Gone", "The answer named a person whose data were erased since.", {}),
    "412": (
        "outdated",
        "Changed meanwhile",
        "This was changed since you read it. Read it again, then decide anew.",
        {},
    ),
    "413": ("too_large", "Too large", "This is larger than what is taken here.", {}),
    "415": ("unsupported_media_type", "Not understood", "JSON is expected.", {}),
    "422": ("invalid", "Not valid", "The level is not one of these.", {"errors": {"level": ["Choose a level."]}}),
    "428": ("version_missing", "Version missing", "A change needs the header If-Match.", {}),
    "429": (
        "throttled",
        "Too many requests",
        "Too many requests; Retry-After says in how many seconds to come back.",
        {"violated-policies": ["anonymous"]},
    ),
}
DESCRIPTIONS = {
    "400": "A parameter or member is missing, malformed or unknown; `errors` names it and its bounds.",
    "401": "A token was sent, and it is not valid.",
    "404": "There is nothing at this address.",
    "429": "Too many requests; see Retry-After.",
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "code": {"description": "The code of a session.", "example": "cnd67"},
    "attempt": {"description": "The number of a drawing: the how manieth it is of the session.", "example": 1},
    "receipt": {"description": "The number of the receipt of an inscription.", "example": 12},
    "reference": {"description": "The reference of a side event.", "example": "high-level-4"},
    "number": {"description": "The number of a version.", "example": 2},
    "room": {"description": "The code of a room.", "example": "c1"},
    "form": {"description": "How it is held."},
    "page": {"description": "One beyond the last is 404."},
    "page_size": {"description": "How many at most."},
    "level": {"description": "Level of the speaker."},
    "status": {"description": "Whether somebody holds the slot."},
    "statement": {"description": "On whose behalf: one's own, or a group's."},
    "booking": {"description": "The number of a booking.", "example": 17},
    "entry": {"description": "The number of a place in line.", "example": 5},
}
IN_PATH = {
    "string": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$", "maxLength": 32},
    "integer": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
}
HEADERS = {
    "ETag": ("The version of this answer, for If-None-Match.", '"d0cf7a5b4bb0c25c9b1f3c8fbd1be2ab"'),
    "RateLimit": ("What is left, and for how many seconds.", '"anonymous";r=1199;t=60'),
}


def problem_example(status: str) -> dict[str, Any]:
    """Return a problem as it looks with this status."""
    code, title, detail, more = EXAMPLES[status]
    return {"type": f"urn:cnd:problem:{code}", "title": title, "status": int(status), "detail": detail, **more}


# --- what is added to the generated document --------------------------------------------------------------------------


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Complete the generated document; a postprocessing hook of drf-spectacular."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for operation in operations(result):
        responses = operation["responses"]
        for status in EVERYWHERE:
            responses.setdefault(status, {"content": {CONTENT_TYPE: {}}})
        for status, response in responses.items():
            if status >= "400":
                _complete_problem(status, response)
        operation["responses"] = dict(sorted(responses.items()))
        for parameter in operation.get("parameters", []):
            parameter.update(PARAMETERS.get(parameter["name"], {}) | parameter)
            if parameter["in"] == "path":
                parameter["schema"] = IN_PATH[parameter["schema"]["type"]]
        if "304" in responses:
            responses["200"]["headers"] = {
                name: {"description": said, "schema": {"type": "string"}, "example": example}
                for name, (said, example) in HEADERS.items()
            }
    _close_shapes(result)
    return _without_suffix(result)


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every operation."""
    for path in document["paths"].values():
        yield from path.values()


def _complete_problem(status: str, response: dict[str, Any]) -> None:
    said = response.get("description", "")
    if not said or said.startswith("A problem"):
        response["description"] = DESCRIPTIONS.get(status, HTTPStatus(int(status)).phrase + ".")
    content = response.setdefault("content", {}).setdefault(CONTENT_TYPE, {})
    content["schema"] = {"$ref": "#/components/schemas/Problem"}
    content.setdefault("examples", {"problem": {"value": problem_example(status)}})


def _close_shapes(document: dict[str, Any]) -> None:
    """Have every member required of what is answered, which leaves none out, and no other taken in what is sent."""
    schemas = document["components"]["schemas"]
    sent: set[str] = set()
    todo = [operation["requestBody"] for operation in operations(document) if "requestBody" in operation]
    for name in _referred(todo):
        _reach(name, schemas, sent)
    for name, schema in schemas.items():
        if name == "Problem" or "properties" not in schema:
            continue
        if name in sent:
            schema["additionalProperties"] = False
        else:
            schema["required"] = sorted(schema["properties"])


def _reach(name: str, schemas: dict[str, Any], found: set[str]) -> None:
    if name not in found:
        found.add(name)
        for each in _referred(schemas[name]):
            _reach(each, schemas, found)


def _referred(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for part in value.values():
            yield from _referred(part)
    elif isinstance(value, list):
        for part in value:
            yield from _referred(part)


def _without_suffix(document: dict[str, Any]) -> dict[str, Any]:
    """Give shapes the names that their users would give them."""
    schemas = document["components"]["schemas"]
    names = {name: name.replace("Shape", "") for name in schemas if name.replace("Shape", "") not in schemas}
    text = json.dumps(document, default=str)
    for old, new in names.items():
        text = text.replace(f'"#/components/schemas/{old}"', f'"#/components/schemas/{new}"')
    found: dict[str, Any] = json.loads(text)
    found["components"]["schemas"] = {
        names.get(name, name): schema for name, schema in found["components"]["schemas"].items()
    }
    return found


# --- the document -----------------------------------------------------------------------------------------------------


@functools.cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document of this code."""
    with translation.override("en"):
        made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


@functools.cache
def text() -> str:
    """Return the document as it stands in the repository."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def schema(request: HttpRequest) -> HttpResponse:
    """Answer with the document."""
    response = HttpResponse(text(), content_type="application/json")
    response["Cache-Control"] = "no-cache"
    response["Access-Control-Allow-Origin"] = "*"
    return response
