"""How the API's operations on waiting and on times for two are described, each with an example."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema

from logistics.bookings_schema import DAY, EQUIPMENT, PEOPLE
from logistics.models import Waiting
from logistics.serializers_bookings import FreeTimeShape, JoinShape, WaitingSerializer
from sessions.inscriptions_schema import KEY, WRITES, answered, refusals, sent
from sessions.public_schema import PAGES
from sessions.serializers_inscriptions import ReasonShape

IN_LINE = {
    "id": 5,
    "delegation": "AT",
    "counterpart": "BR",
    "room": None,
    "starts_at": "2024-03-14T12:00:00Z",
    "ends_at": "2024-03-14T17:00:00Z",
    "people": 8,
    "equipment": [],
    "state": "waiting",
    "joined_at": "2024-03-01T08:00:00.430211Z",
    "ended_at": None,
    "offer": None,
    "booking": None,
}
OFFERED = IN_LINE | {
    "state": "offered",
    "offer": {
        "room": "b2",
        "starts_at": "2024-03-14T12:45:00Z",
        "ends_at": "2024-03-14T13:15:00Z",
        "expires_at": "2024-03-05T11:20:00.100451Z",
    },
}
SERVED = IN_LINE | {"state": "served", "ended_at": "2024-03-05T10:31:00.250114Z", "booking": 44}
LEFT = IN_LINE | {"state": "left", "ended_at": "2024-03-04T09:00:00.661200Z"}
FOR_TWO = {"starts_at": "2024-03-14T12:45:00Z", "ends_at": "2024-03-14T13:15:00Z", "rooms": ["b2", "b4"]}

FREE_TIMES = extend_schema(
    operation_id="free_times_list",
    summary="The next slots in which two delegations and a fitting room are free",
    description="Never what either does otherwise; `one` is a delegation of one's own. Needs `bookings:read`.",
    parameters=[
        OpenApiParameter("one", str, required=True, description="Code of one's own delegation."),
        OpenApiParameter("other", str, required=True, description="Code of the other one."),
        DAY,
        PEOPLE,
        EQUIPMENT,
    ],
    responses={200: FreeTimeShape(many=True), **refusals(400, 401, 403, 404, 409, 429)},
    examples=[answered("Both are free", FOR_TWO)],
)
LISTED = extend_schema(
    operation_id="waiting_list",
    summary="Who waits: one's own delegations, for the secretariat all",
    description="In line. A token needs the scope `bookings:read`.",
    parameters=[OpenApiParameter("state", str, enum=Waiting.State.values, description="Where it stands."), *PAGES],
    responses={200: WaitingSerializer(many=True), **refusals(400, 401, 403, 404, 429)},
    examples=[answered("A slot is offered", OFFERED)],
)
RETRIEVED = extend_schema(
    operation_id="waiting_retrieve",
    summary="One place in line",
    description="A token needs the scope `bookings:read`.",
    responses={200: WaitingSerializer, **refusals(401, 403, 404, 429)},
    examples=[answered("As it stands", IN_LINE)],
)
JOINED = extend_schema(
    operation_id="waiting_create",
    summary="Wait for a slot, or for any room within some hours",
    description="Refused while one is free. A token needs the scope `bookings:write`.",
    parameters=[KEY],
    request=JoinShape,
    responses={201: WaitingSerializer, **refusals(*(set(WRITES) - {410, 412, 428}))},
    examples=[
        sent(
            "Any room this afternoon",
            {
                "delegation": "AT",
                "counterpart": "BR",
                "day": "2024-03-14",
                "from_time": "13:00:00",
                "until_time": "18:00:00",
                "people": 8,
            },
        ),
        answered("In line", IN_LINE, status=201),
    ],
)


def step(name: str, summary: str, done: dict[str, Any]) -> Any:
    """Return the description of something done about a place in line."""
    return extend_schema(
        operation_id=f"waiting_{name}",
        summary=summary,
        description="A token needs the scope `bookings:write`.",
        parameters=[KEY],
        request=ReasonShape,
        responses={200: WaitingSerializer, **refusals(*(set(WRITES) - {410, 412, 428}))},
        examples=[sent("Nothing to say", {}), answered("Done", done)],
    )
