"""How the API's operations on applications are described, each with an example."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from cnd.bodies import StrictSerializer
from logistics.models import Application
from logistics.serializers_applications import (
    STATES,
    ApplicationEditShape,
    ApplicationSerializer,
    BeginShape,
    CorrectionShape,
    NothingShape,
    ReasonShape,
    ReceiptSerializer,
    RejectShape,
    StandingSerializer,
)
from sessions.inscriptions_schema import (
    KEY,
    KEY_WELCOME,
    KNOWN,
    NOT_MODIFIED,
    VERSION,
    WRITES,
    answered,
    refusals,
    sent,
)
from sessions.public_schema import PAGES, described

SHA256 = "9f0c2b0d3c4c1f7c0a6c3d5d2a0e6f1b8e7d6c5b4a39281706f5e4d3c2b1a09f"
DRAFT = {
    "id": 31,
    "version": 210,
    "kind": "high-level",
    "reference": "draft-31",
    "organiser": "AT",
    "title": "Prevention that works",
    "state": "draft",
    "receipt": None,
    "received_at": None,
    "received_real_at": None,
    "arrived_at": None,
    "sha256": None,
    "place": None,
    "position": None,
    "due_at": None,
    "correction": "",
    "decided_at": None,
    "reason": "",
    "merged_into": None,
    "carried_from": None,
}
RECEIVED = DRAFT | {
    "version": 214,
    "reference": "high-level-4",
    "state": "under_review",
    "receipt": 4,
    "received_at": "2024-01-03T23:00:00.031207Z",
    "received_real_at": "2024-01-03T23:00:00.031207Z",
    "arrived_at": "2024-01-03T23:00:00.004410Z",
    "sha256": SHA256,
    "place": 4,
}
ASKED = RECEIVED | {
    "version": 230,
    "state": "correction_requested",
    "due_at": "2024-01-17T09:00:00.000000Z",
    "correction": "Name the second speaker.",
}
ACCEPTED_ONE = RECEIVED | {"version": 260, "state": "accepted", "decided_at": "2024-01-29T09:00:00.000000Z"}
REJECTED_ONE = RECEIVED | {
    "version": 261,
    "state": "rejected",
    "place": None,
    "decided_at": "2024-01-29T09:00:00.000000Z",
    "reason": "It promotes a commercial product.",
}
WITHDRAWN_ONE = RECEIVED | {"version": 270, "state": "withdrawn", "place": None, "reason": "The minister cannot come."}
CARRIED_ONE = DRAFT | {"id": 77, "version": 280, "kind": "regular", "reference": "draft-77", "carried_from": 31}
SAID = {
    "title": "Prevention that works",
    "abstract": "What ten years of prevention in schools have shown.",
    "theme": "Demand reduction and related measures",
    "form": "in_person",
    "attendance": 80,
    "length_min": 90,
    "equipment": ["projector"],
    "needs_accessible": False,
    "technical_needs": "",
    "wished_times": [{"starts_at": "2024-03-14T12:00:00.000000Z", "ends_at": "2024-03-14T14:00:00.000000Z"}],
    "impossible_times": [],
    "contact": {"name": "Ms Anna Example", "email": "anna@mission.example", "phone": "+43 1 0000"},
    "speakers": [{"name": "Ms Berta Example", "title": "Federal Minister"}],
    "cosponsors": [{"delegation": "KE"}, {"name": "Youth Network", "kind": "ngo"}],
}
WHOLE = RECEIVED | SAID | {"flyer": None}
LINE = {
    "kind": "high-level",
    "receipt": 4,
    "received_at": "2024-01-03T23:00:00.031207Z",
    "sha256": SHA256,
    "state": "under_review",
    "position": None,
    "organiser": None,
}
WELCOME = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of what was read: the write is refused where it is another now.",
)
KIND = OpenApiParameter("kind", str, description="Code of a kind of side event.")
ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The application's own number, not its receipt.")
FILTERS = [
    KIND,
    OpenApiParameter("state", str, enum=Application.State.values, description="Where it stands."),
    OpenApiParameter("delegation", str, description="Code of the main organiser, in capitals or not."),
    *PAGES,
]
WRITTEN = (400, 401, 403, 404, 409, 412, 413, 415, 422, 429)

REGISTER = described(
    "receipts_list",
    ReceiptSerializer(many=True),
    "The public register of receipts for side events",
    LINE,
    KIND,
    OpenApiParameter("state", str, enum=STATES, description="Where it stands."),
    *PAGES,
)
LISTED = extend_schema(
    operation_id="applications_list",
    summary="Applications: of one's own delegations, for the secretariat of all",
    description="Kind by kind in the order of receipt, drafts last. A token needs the scope `applications:read`.",
    parameters=[KNOWN, *FILTERS],
    responses={200: ApplicationSerializer(many=True), **NOT_MODIFIED, **refusals(400, 401, 403, 404, 429)},
    examples=[answered("One's own application", WHOLE)],
)
RETRIEVED = extend_schema(
    operation_id="applications_retrieve",
    summary="One application with all that it says",
    description="A token needs the scope `applications:read`.",
    parameters=[ID, KNOWN],
    responses={200: ApplicationSerializer, **NOT_MODIFIED, **refusals(401, 403, 404, 429)},
    examples=[answered("As it stands", WHOLE)],
)
BEGUN = extend_schema(
    operation_id="applications_create",
    summary="Begin a draft",
    description="At any time; when it was begun counts for nothing. A token needs the scope `applications:write`.",
    parameters=[KEY],
    request=BeginShape,
    responses={201: StandingSerializer, **refusals(*(set(WRITTEN) - {412}))},
    examples=[
        sent("All at once", {"kind": "high-level", "delegation": "AT", **SAID}),
        answered("Begun", DRAFT, status=201),
    ],
)
EDITED = extend_schema(
    operation_id="applications_change",
    summary="Edit what an application says",
    description=(
        "A draft at will. Once it is received only small edits, as the rule book lists them, unless a correction is "
        "asked for; the receipt never changes. A token needs the scope `applications:write`."
    ),
    parameters=[ID, VERSION, KEY_WELCOME],
    request=ApplicationEditShape,
    responses={200: StandingSerializer, **refusals(*(set(WRITES) - {410}))},
    examples=[sent("Other speakers", {"speakers": SAID["speakers"]}), answered("Edited", RECEIVED)],
)

DISCARDED = extend_schema(
    operation_id="applications_discard",
    summary="Discard a draft",
    description=(
        "One that was never received; what was received is withdrawn instead. Afterwards there is no such application. "
        "A token needs the scope `applications:write`."
    ),
    parameters=[ID, KEY_WELCOME, WELCOME],
    request=None,
    responses={204: OpenApiResponse(description="Discarded."), **refusals(*WRITTEN)},
)


def _step(name: str, summary: str, description: str, shape: type[StrictSerializer], body: Any, answer: Any) -> Any:
    return extend_schema(
        operation_id=f"applications_{name}",
        summary=summary,
        description=f"{description} Again: changes nothing. A token needs the scope `applications:write`.",
        parameters=[ID, KEY, WELCOME],
        request=shape,
        responses={200: StandingSerializer, **refusals(*WRITTEN)},
        examples=[sent("Sent", body), answered("Done", answer)],
    )


SUBMITTED = _step(
    "submit",
    "Submit a draft and take its receipt",
    "Judged by when the request arrived: the window, whether it is complete, a place or the waiting list.",
    NothingShape,
    {},
    RECEIVED,
)
CONFIRMED = _step("confirm", "Confirm a promotion", "In time by when the request arrived.", NothingShape, {}, RECEIVED)
ANSWERED = _step(
    "answer_correction", "Hand a correction in", "After the edits that were asked for.", NothingShape, {}, RECEIVED
)
WITHDRAWN = _step(
    "withdraw",
    "Withdraw an application",
    "Its place goes to the first waiting.",
    ReasonShape,
    {"reason": "The minister cannot come."},
    WITHDRAWN_ONE,
)
CARRIED = extend_schema(
    operation_id="applications_carry_over",
    summary="Carry a rejected or waiting application over to another kind",
    description=(
        "Received there at once if that window is open and it is complete, else a draft. Again: the same one. A token "
        "needs the scope `applications:write`."
    ),
    parameters=[ID, KEY],
    request=ReasonShape,
    responses={201: StandingSerializer, **refusals(*(set(WRITTEN) - {412}))},
    examples=[sent("Sent", {}), answered("Carried over", CARRIED_ONE, status=201)],
)
ACCEPTED = _step("accept", "Accept an application", "By the secretariat.", ReasonShape, {"reason": ""}, ACCEPTED_ONE)
REJECTED = _step(
    "reject",
    "Reject an application",
    "By the secretariat, with a reason.",
    RejectShape,
    {"reason": "It promotes a commercial product."},
    REJECTED_ONE,
)
CORRECTION = _step(
    "request_correction",
    "Ask for a correction",
    "By the secretariat; the place is kept until the deadline.",
    CorrectionShape,
    {"text": "Name the second speaker."},
    ASKED,
)
