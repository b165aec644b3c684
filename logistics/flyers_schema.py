"""How the API's operations on flyers are described, each with an example."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from cnd.contract import problem_example
from logistics.applications_schema import ID, RECEIVED
from logistics.serializers_applications import StandingSerializer
from logistics.services.sent_files import SUFFIXES
from sessions.inscriptions_schema import KEY_WELCOME, KNOWN, NOT_MODIFIED, VERSION, WRITES, answered, refusals
from sessions.serializers_inscriptions import LONGEST_REASON

BYTES = "%PDF-1.7 …"
NAME = OpenApiParameter(
    "name",
    {"type": "string", "maxLength": 120},
    description="What the file is called; its ending follows from what it is.",
    examples=[OpenApiExample("A PDF", value="Prevention that works.pdf")],
)
REASON = OpenApiParameter(
    "reason",
    {"type": "string", "maxLength": LONGEST_REASON},
    description="Why; it stands in the journal. The secretariat needs one once the application is received.",
)
TOO_LARGE = problem_example("413") | {
    "type": "urn:cnd:problem:file_too_large",
    "detail": "The file is larger than 2000000 bytes.",
}
NO_FLYER = problem_example("415") | {
    "type": "urn:cnd:problem:file_not_valid",
    "detail": "This is none of these, whatever its name says: JPEG, PDF, PNG.",
}


def _refused(status: int, value: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(
        "A file that is not taken",
        value=value,
        response_only=True,
        status_codes=[str(status)],
        media_type="application/problem+json",
    )


GIVEN = extend_schema(
    operation_id="applications_flyer_retrieve",
    summary="The flyer of an application",
    description="As it was sent, by its real type. A token needs the scope `applications:read`.",
    parameters=[ID, KNOWN],
    responses={
        **{(200, media_type): OpenApiTypes.BINARY for media_type in SUFFIXES},
        **NOT_MODIFIED,
        **refusals(400, 401, 403, 404, 429),
    },
    examples=[
        OpenApiExample(media_type, value=BYTES, response_only=True, status_codes=["200"], media_type=media_type)
        for media_type in SUFFIXES
    ],
)
ATTACHED = extend_schema(
    operation_id="applications_flyer_attach",
    summary="Attach a flyer, in the place of the one before",
    description=(
        "The body is the file alone: PDF, PNG or JPEG, known by its content whatever it is called; the rule book says "
        "how large. It may be sent as `application/pdf`, `image/png` or `image/jpeg` just as well. It is an edit of "
        "the application, whose ETag it rests on. A token needs the scope `applications:write`."
    ),
    parameters=[ID, NAME, REASON, VERSION, KEY_WELCOME],
    request={"application/octet-stream": OpenApiTypes.BINARY},
    responses={
        200: StandingSerializer,
        **refusals(*(set(WRITES) - {410, 413, 415})),
        (413, "application/problem+json"): OpenApiResponse(
            OpenApiTypes.OBJECT, description="Larger than the rule book lets a flyer be."
        ),
        (415, "application/problem+json"): OpenApiResponse(
            OpenApiTypes.OBJECT, description="Neither PDF nor PNG nor JPEG, or damaged; or not sent as a file."
        ),
    },
    examples=[
        OpenApiExample("A PDF", value=BYTES, request_only=True, media_type="application/octet-stream"),
        answered("Attached", RECEIVED),
        _refused(413, TOO_LARGE),
        _refused(415, NO_FLYER),
    ],
)
REMOVED = extend_schema(
    operation_id="applications_flyer_remove",
    summary="Take the flyer away",
    description=(
        "An edit of the application, like attaching one. Where there is none: changes nothing. A token needs the scope "
        "`applications:write`."
    ),
    parameters=[ID, REASON, VERSION, KEY_WELCOME],
    request=None,
    responses={
        204: OpenApiResponse(description="There is none any more."),
        **refusals(*(set(WRITES) - {410, 415})),
    },
)
