"""The rooms as everybody sees them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from logistics.models import Room
from logistics.services.rooms import hours_of
from logistics.views.files import send_file
from sessions.services.rules import rule_book
from sessions.views.public import SessionPage


class RoomsPage(SessionPage):
    template_name = "logistics/rooms.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        book = rule_book(self.meeting_session)
        rooms = self.meeting_session.rooms.in_use().select_related("held_for")
        return super().get_context_data(
            rooms=[{"room": room, "hours": hours_of(room, book)} for room in rooms], **kwargs
        )


class Plan(SessionPage):
    """The picture or plan of a room."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        room = Room.objects.select_related("plan").filter(session__code=kwargs["code"], code=kwargs["room"]).first()
        if room is None or room.plan is None:
            raise Http404("no plan")
        return send_file(request, room.plan)
