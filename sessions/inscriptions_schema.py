"""How the API's operations on inscriptions are described, each with an example."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from sessions.models import Level
from sessions.serializers_inscriptions import GROUP, OWN, ChangeShape, InscribeShape, InscriptionSerializer, ReasonShape

AUSTRIA = {
    "receipt": 12,
    "version": 87,
    "delegation": "AT",
    "statement": OWN,
    "group": "western_european_others",
    "level": "ministerial",
    "speaker_name": "Ms Anna Example",
    "speaker_title": "Federal Minister",
    "received_at": "2024-02-01T08:00:00.000001Z",
    "received_real_at": "2024-02-01T08:00:00.000000Z",
    "withdrawn_at": None,
}
PROMOTED = AUSTRIA | {"version": 91, "level": "above_ministerial"}
GONE = AUSTRIA | {"version": 95, "withdrawn_at": "2024-02-20T14:30:00.000000Z"}
BACK = AUSTRIA | {"version": 96}
REFUSALS = {
    400: "What was sent cannot be read, or a header is missing or malformed; `errors` names every member at fault.",
    401: "No token, or one that does not count.",
    403: "The token lacks the scope, or this is not one's own delegation.",
    404: "There is no such thing, or none that the caller may know of.",
    409: "The state of things does not allow it; `details` says what it rests on, such as `closes_at`.",
    410: "The write was done before, but its answer named a person whose data were erased since.",
    412: "Somebody was faster: it is no longer the version in If-Match.",
    413: "Too large.",
    415: "Not JSON.",
    422: "A member does not fit, or the Idempotency-Key belongs to another request.",
    428: "A change needs If-Match.",
    429: "Too many requests; see Retry-After.",
}
WRITES = (400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428, 429)

KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": r'^"?[!#-+\--:<-\[\]-~]{1,128}"?$'},
    OpenApiParameter.HEADER,
    required=True,
    description="A new random value for a new write, the same one when it is sent again. Kept for seven days.",
    examples=[OpenApiExample("A UUID", value="8e03978e-40d5-43e8-bc93-6894a57f9324")],
)
KEY_WELCOME = OpenApiParameter(
    "Idempotency-Key", KEY.type, OpenApiParameter.HEADER, description=KEY.description, examples=KEY.examples
)
VERSION = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of what was read; `*` for whatever it is.",
    examples=[OpenApiExample("The version that was read", value='"87"')],
)
KNOWN = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag of the last answer; 304 when nothing changed."
)
FILTERS = [
    OpenApiParameter("delegation", str, description="Code of a delegation."),
    OpenApiParameter("group", str, description="Code of a regional group."),
    OpenApiParameter("level", str, enum=Level.values),
    OpenApiParameter("statement", str, enum=[OWN, GROUP]),
    OpenApiParameter("withdrawn", str, enum=["true", "false"], description="Only withdrawn ones, or none of them."),
    OpenApiParameter("page", {"type": "integer", "minimum": 1, "maximum": 1_000_000}),
    OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": 500, "default": 200}),
]


def refusals(*statuses: int) -> dict[Any, Any]:
    return {
        (status, "application/problem+json"): OpenApiResponse(OpenApiTypes.OBJECT, description=REFUSALS[status])
        for status in statuses
    }


def answered(name: str, value: Any, *, status: int = 200) -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)])


def sent(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


NOT_MODIFIED = {304: OpenApiResponse(description="Nothing changed since the version named in If-None-Match.")}

LISTED = extend_schema(
    operation_id="inscriptions_list",
    summary="Inscriptions: of one's own delegations, for the secretariat of all",
    description="In the order of receipt. A token needs the scope `inscriptions:read`.",
    parameters=[KNOWN, *FILTERS],
    responses={200: InscriptionSerializer(many=True), **NOT_MODIFIED, **refusals(400, 401, 403, 404, 429)},
    # Of one of them: the page around it is put there by the paginator's own description.
    examples=[answered("One's own inscription", AUSTRIA)],
)
RETRIEVED = extend_schema(
    operation_id="inscriptions_retrieve",
    summary="One inscription",
    description="A token needs the scope `inscriptions:read`.",
    parameters=[KNOWN],
    responses={200: InscriptionSerializer, **NOT_MODIFIED, **refusals(401, 403, 404, 429)},
    examples=[answered("As it stands", AUSTRIA)],
)
INSCRIBED = extend_schema(
    operation_id="inscriptions_create",
    summary="Inscribe a delegation on the list of speakers",
    description="In the window, for one's own delegation. A token needs the scope `inscriptions:write`.",
    parameters=[KEY],
    request=InscribeShape,
    responses={201: InscriptionSerializer, **refusals(*(set(WRITES) - {412, 428}))},
    examples=[
        sent(
            "The own statement",
            {
                "delegation": "AT",
                "statement": OWN,
                "level": "ministerial",
                "speaker_name": "Ms Anna Example",
                "speaker_title": "Federal Minister",
            },
        ),
        answered("Inscribed", AUSTRIA, status=201),
    ],
)
CHANGED = extend_schema(
    operation_id="inscriptions_change",
    summary="Change level and speaker",
    description="Both at once, or one of them. A token needs the scope `inscriptions:write`.",
    parameters=[VERSION, KEY_WELCOME],
    request=ChangeShape,
    responses={200: InscriptionSerializer, **refusals(*WRITES)},
    examples=[sent("Another level", {"level": "above_ministerial"}), answered("Changed", PROMOTED)],
)
WITHDRAWN = extend_schema(
    operation_id="inscriptions_withdraw",
    summary="Withdraw an inscription",
    description="Again: changes nothing. A token needs the scope `inscriptions:write`.",
    parameters=[VERSION, KEY],
    request=ReasonShape,
    responses={200: InscriptionSerializer, **refusals(*WRITES)},
    examples=[sent("With a reason", {"reason": "The minister cannot travel."}), answered("Withdrawn", GONE)],
)
RESTORED = extend_schema(
    operation_id="inscriptions_undo_withdrawal",
    summary="Take a withdrawal back",
    description="With the old receipt, as long as nothing was drawn on it. A token needs `inscriptions:write`.",
    parameters=[VERSION, KEY],
    request=ReasonShape,
    responses={200: InscriptionSerializer, **refusals(*WRITES)},
    examples=[sent("Nothing to say", {}), answered("Standing again", BACK)],
)
