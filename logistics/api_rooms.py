"""The inventory of rooms over the API. Public, and cheap to poll."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from cnd.api import VersionedView
from cnd.errors import NotFound
from logistics.models import Room
from logistics.programme_schema import ROOM
from logistics.serializers_programme import RoomSerializer
from sessions.api import PagedView
from sessions.public_schema import PAGES, described

ROOMS = Room.objects.in_use().select_related("held_for", "plan").prefetch_related("blocks").defer("plan__content")


class RoomList(PagedView):
    """The rooms in use, in the order of the inventory."""

    resource = "rooms"
    serializer_class = RoomSerializer
    queryset = ROOMS.order_by("position", "code")

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(session__code=self.kwargs.get("code"))

    @described("rooms_list", RoomSerializer(many=True), "Rooms", ROOM, *PAGES)
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(request, self.page)


class RoomDetail(VersionedView):
    resource = "rooms"

    @described("rooms_retrieve", RoomSerializer, "One room", ROOM)
    def get(self, request: Request, code: str, room: str) -> HttpResponse:
        def build() -> Any:
            found = ROOMS.filter(session__code=code, code=room).first()
            if found is None:
                raise NotFound("not_found", _("There is no such room."))
            return RoomSerializer(found).data

        return self.answer(request, build)
