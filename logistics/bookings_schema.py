"""How the API's operations on bookings are described, each with an example."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from logistics.models import Booking
from logistics.serializers_bookings import (
    BookingEditShape,
    BookingSerializer,
    MadeShape,
    MoveShape,
    RequestShape,
    RoomSlotsShape,
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
from sessions.serializers_inscriptions import ReasonShape

ASKED = {
    "id": 17,
    "version": 341,
    "room": "b1",
    "starts_at": "2024-03-14T08:00:00Z",
    "ends_at": "2024-03-14T08:30:00Z",
    "requester": "AT",
    "counterpart": "BR",
    "state": "requested",
    "purpose": "Cooperation on alternative development",
    "participants": "Ms Anna Example",
    "nameplates": "AUSTRIA, BRAZIL",
    "people": 8,
    "equipment": ["flags"],
    "proposal": None,
    "requested_at": "2024-02-05T09:12:44.120356Z",
    "answer_by": "2024-02-06T09:12:44.120356Z",
    "agreed_at": None,
    "confirmed_at": None,
    "checked_in_at": None,
    "ended_at": None,
    "ended_by": None,
    "reason": None,
    "exception": None,
}
AGREED = ASKED | {
    "version": 355,
    "state": "agreed",
    "answer_by": None,
    "agreed_at": "2024-02-05T15:40:02.003815Z",
}
CONFIRMED = AGREED | {"version": 360, "state": "confirmed", "confirmed_at": "2024-02-06T08:00:10.552100Z"}
HELD = CONFIRMED | {"version": 802, "state": "held", "checked_in_at": "2024-03-14T07:58:31.201444Z"}
PROPOSED = ASKED | {
    "version": 350,
    "proposal": {
        "room": "b2",
        "starts_at": "2024-03-14T12:45:00Z",
        "ends_at": "2024-03-14T13:15:00Z",
        "made_at": "2024-02-05T11:00:00.716200Z",
    },
}
MOVED = AGREED | {"version": 358, "room": "b2", "starts_at": "2024-03-14T12:45:00Z", "ends_at": "2024-03-14T13:15:00Z"}
DECLINED = ASKED | {
    "version": 352,
    "state": "declined",
    "answer_by": None,
    "ended_at": "2024-02-05T15:40:02.003815Z",
    "ended_by": "BR",
    "reason": "The minister arrives a day later.",
}
CANCELLED = DECLINED | {"version": 377, "state": "cancelled", "ended_by": "AT", "reason": "The minister cannot travel."}
FREE = {
    "room": "b1",
    "slots": [
        {"starts_at": "2024-03-14T08:00:00Z", "ends_at": "2024-03-14T08:30:00Z", "free": False},
        {"starts_at": "2024-03-14T08:45:00Z", "ends_at": "2024-03-14T09:15:00Z", "free": True},
    ],
}
PLACE = {"room": "b2", "starts_at": "2024-03-14T12:45:00Z"}
TAKEN = OpenApiExample(
    "Taken",
    value={
        "type": "urn:cnd:problem:slot_taken",
        "title": "Refused",
        "status": 409,
        "detail": "This slot is taken already.",
        "details": {"nearest": [{"room": "b2", "starts_at": "2024-03-14T08:00:00.000000Z"}]},
    },
    response_only=True,
    status_codes=["409"],
    media_type="application/problem+json",
)

DAY = OpenApiParameter("day", {"type": "string", "format": "date"}, description="One day in the session's zone.")
PEOPLE = OpenApiParameter(
    "people", {"type": "integer", "minimum": 1, "maximum": 10_000}, description="Rooms with so many seats."
)
EQUIPMENT = OpenApiParameter("equipment", str, description="Words of `rooms.equipment`, with commas between.")
FILTERS = [
    OpenApiParameter("delegation", str, description="Code of a delegation, on either side."),
    OpenApiParameter("room", str, description="Code of a room."),
    OpenApiParameter("state", str, enum=Booking.State.values, description="Where a booking stands."),
    DAY,
    *PAGES,
]

AVAILABLE = described(
    "availability_list",
    RoomSlotsShape(many=True),
    "What is free in all rooms that are booked by slot",
    FREE,
    DAY,
    PEOPLE,
    EQUIPMENT,
)
ROOM = OpenApiParameter("room", str, OpenApiParameter.PATH, description="Code of a room.")
ROOM_AVAILABLE = described("rooms_availability", RoomSlotsShape, "What is free in one room", FREE, ROOM, DAY)

LISTED = extend_schema(
    operation_id="bookings_list",
    summary="Bookings: of one's own delegations, for the secretariat of all",
    description="In the order of time. A token needs the scope `bookings:read`.",
    parameters=[KNOWN, *FILTERS],
    responses={200: BookingSerializer(many=True), **NOT_MODIFIED, **refusals(400, 401, 403, 404, 429)},
    examples=[answered("One's own booking", ASKED)],
)
RETRIEVED = extend_schema(
    operation_id="bookings_retrieve",
    summary="One booking",
    description="A token needs the scope `bookings:read`.",
    parameters=[KNOWN],
    responses={200: BookingSerializer, **NOT_MODIFIED, **refusals(401, 403, 404, 429)},
    examples=[answered("As it stands", ASKED)],
)
REQUESTED = extend_schema(
    operation_id="bookings_create",
    summary="Book a slot of a room",
    description="Its counterpart is asked, and held from its own yes on. A token needs the scope `bookings:write`.",
    parameters=[KEY],
    request=RequestShape,
    responses={201: MadeShape, **refusals(*(set(WRITES) - {412, 428}))},
    examples=[
        sent(
            "A meeting with Brazil",
            {
                "room": "b1",
                "starts_at": "2024-03-14T08:00:00Z",
                "requester": "AT",
                "counterpart": "BR",
                "purpose": "Cooperation on alternative development",
                "people": 8,
                "equipment": ["flags"],
            },
        ),
        answered("Requested", ASKED | {"warnings": []}, status=201),
        TAKEN,
    ],
)
EDITED = extend_schema(
    operation_id="bookings_change",
    summary="Change what a booking is for and needs",
    description="What is not named stays. A token needs the scope `bookings:write`.",
    parameters=[VERSION, KEY_WELCOME],
    request=BookingEditShape,
    responses={200: BookingSerializer, **refusals(*WRITES)},
    examples=[sent("More people", {"people": 10}), answered("Changed", ASKED | {"version": 346, "people": 10})],
)


def step(name: str, summary: str, done: dict[str, Any], *, to_place: bool = False, said: str = "") -> Any:
    """Return the description of something done to a booking as a whole."""
    given = PLACE if to_place else {"reason": said} if said else {}
    return extend_schema(
        operation_id=f"bookings_{name}",
        summary=summary,
        description="A token needs the scope `bookings:write`.",
        parameters=[VERSION, KEY],
        request=MoveShape if to_place else ReasonShape,
        responses={200: BookingSerializer, **refusals(*WRITES)},
        examples=[sent("What is sent", given), answered("Done", done)],
    )
