"""What is free over the API: for everybody and cheap to poll; and for two delegations at once, to one of them."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cnd.api import VersionedView, refuse_unknown, whole_number
from cnd.api_private import PrivateView
from cnd.errors import NotFound
from cnd.models import ResourceVersion
from cnd.polling import Version, one_row
from logistics.bookings_schema import AVAILABLE, ROOM_AVAILABLE
from logistics.models import Room
from logistics.serializers_bookings import FreeTimeShape, RoomSlotsShape
from logistics.services.availability import availability, free_times_for_two
from logistics.services.scopes_bookings import READ_BOOKINGS, WRITE_BOOKINGS
from logistics.waiting_schema import FREE_TIMES
from sessions.models import Delegation, MeetingSession
from sessions.services.access import require_acts_for

# What is taken, the rooms there are, and the grid that the rules make: each only ever rises.
VERSION = """
SELECT CAST(SUM(version.version) AS BIGINT), COUNT(*), CAST(MAX(version.changed_at) AS TEXT)
FROM cnd_resourceversion version JOIN cnd_chain chain ON chain.id = version.chain_id
WHERE chain.code = %s AND version.resource IN ('availability', 'rooms', 'rules') AND version.audience = %s
"""
MOST_PEOPLE = 10_000


def day_of(request: Request) -> date | None:
    """Return the day that is asked for. Raises ValidationError naming it."""
    given = request.query_params.get("day")
    if given is None:
        return None
    try:
        found = parse_date(given)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError({"day": [_("A day is expected, such as 2024-03-14.")]})
    return found


def needs_of(request: Request) -> dict[str, Any]:
    """Return the people and the equipment that are asked for. Raises ValidationError."""
    people = whole_number(request, "people", least=1, most=MOST_PEOPLE, default=0) or None
    given = request.query_params.get("equipment", "")
    return {"people": people, "equipment": [each.strip() for each in given.split(",") if each.strip()]}


class RoomsView(PrivateView):
    """What addresses of bookings and of waiting have in common."""

    scopes = {"GET": READ_BOOKINGS, "POST": WRITE_BOOKINGS, "PATCH": WRITE_BOOKINGS}

    def session(self) -> MeetingSession:
        """Return the session. Raises NotFound."""
        found = MeetingSession.objects.select_related("chain").filter(code=self.kwargs["code"]).first()
        if found is None:
            raise NotFound("not_found", _("There is nothing at this address."))
        return found

    def room(self, session: MeetingSession, code: str) -> Room:
        """Return a room by its code. Raises ValidationError."""
        found = session.rooms.filter(code=code).first()
        if found is None:
            raise ValidationError({"room": [_("There is no such room in this session.")]})
        return found

    def delegation(self, session: MeetingSession, name: str, code: str) -> Delegation:
        """Return a delegation by its code. Raises ValidationError naming the member."""
        found = Delegation.objects.with_code(session, code).select_related("group").first()
        if found is None:
            raise ValidationError({name: [_("There is no such delegation in this session.")]})
        return found


class AvailabilityView(VersionedView):
    """What is free, as a function of what is taken, the rooms and the rules."""

    @classmethod
    def version(cls, kwargs: dict[str, Any]) -> Version | None:
        found = one_row(VERSION, [kwargs["code"], ResourceVersion.PUBLIC])
        return found if found and found[1] else None

    def session(self) -> MeetingSession:
        """Return the session. Raises NotFound for a chain that is none."""
        found = MeetingSession.objects.filter(code=self.kwargs["code"]).first()
        if found is None:
            raise NotFound("not_found", _("There is nothing at this address."))
        return found


class Availability(AvailabilityView):
    """All rooms that are booked by slot."""

    parameters = frozenset({"day", "people", "equipment"})

    @AVAILABLE
    def get(self, request: Request, code: str) -> HttpResponse:
        def build() -> Any:
            found = availability(session=self.session(), day=day_of(request), **needs_of(request))
            return RoomSlotsShape(found, many=True).data

        return self.answer(request, build)


class RoomAvailability(AvailabilityView):
    """One room, named by its code."""

    parameters = frozenset({"day"})

    @ROOM_AVAILABLE
    def get(self, request: Request, code: str, room: str) -> HttpResponse:
        def build() -> Any:
            session = self.session()
            one = session.rooms.for_bilaterals().filter(code=room).first()
            if one is None:
                raise NotFound("no_such_room", _("There is no such room that is booked by slot."))
            return RoomSlotsShape(availability(session=session, day=day_of(request), room=one)[0]).data

        return self.answer(request, build)


class FreeTimes(RoomsView):
    """When two delegations and a fitting room are free, for one of the two."""

    @FREE_TIMES
    def get(self, request: Request, code: str) -> Response:
        refuse_unknown(request, frozenset({"one", "other", "day", "people", "equipment"}))
        session = self.session()
        one, other = (self.delegation(session, name, request.query_params.get(name, "")) for name in ("one", "other"))
        require_acts_for(self.actor, one)
        if one.pk == other.pk:
            raise ValidationError({"other": [_("A delegation does not meet itself.")]})
        found = free_times_for_two(session=session, one=one, other=other, day=day_of(request), **needs_of(request))
        return Response(FreeTimeShape(found, many=True).data)
