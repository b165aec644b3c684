"""Waiting for rooms over the API."""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cnd.api import BoundedPages, refuse_unknown
from cnd.arrival import arrival_of
from cnd.bodies import read
from cnd.errors import NotFound, Refused
from cnd.idempotency import idempotent
from logistics import waiting_schema as schema
from logistics.api_availability import RoomsView
from logistics.models import Offer, Waiting
from logistics.serializers_bookings import JoinShape, WaitingSerializer
from logistics.services.waiting import accept_offer, decline_offer, join_waiting, leave_waiting
from sessions.models import Delegation
from sessions.serializers_inscriptions import ReasonShape


class WaitingView(RoomsView):
    """What all addresses of waiting have in common."""

    def visible(self) -> Any:
        """Return what the caller may know of, in line."""
        waiting = Waiting.objects.filter(session__code=self.kwargs["code"])
        if not self.actor.is_secretariat:
            own = Delegation.objects.represented_by(self.actor.user.pk)  # type: ignore[union-attr]
            waiting = waiting.filter(delegation__in=own)
        return (
            waiting.select_related("delegation", "counterpart", "room").prefetch_related("offers__room").order_by("pk")
        )

    def entry(self, pk: int) -> Any:
        """Return one of them. Raises NotFound, for somebody else's as for none at all."""
        found = self.visible().filter(pk=pk).first()
        if found is None:
            raise NotFound("no_such_waiting", _("There is no such place in line."))
        return found


class WaitingList(WaitingView):
    """All that the caller may know of, in line; and a new one."""

    pagination_class = BoundedPages

    @schema.LISTED
    def get(self, request: Request, code: str) -> HttpResponseBase:
        refuse_unknown(request, frozenset({"state", "page", "page_size"}))
        self.session()
        found = self.visible()
        state = request.query_params.get("state")
        if state is not None:
            if state not in Waiting.State.values:
                raise ValidationError({"state": [_("There is no such state.")]})
            found = found.filter(state=state)
        pages = self.pagination_class()
        rows: list[Any] | None = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(WaitingSerializer(rows, many=True).data)

    @schema.JOINED
    @idempotent
    def post(self, request: Request, code: str) -> Response:
        session = self.session()
        given = read(JoinShape, request.data)
        room, asked = given.pop("room", None), given.pop("counterpart", None)
        entry = join_waiting(
            session=session,
            delegation=self.delegation(session, "delegation", given.pop("delegation")),
            counterpart=self.delegation(session, "counterpart", asked) if asked else None,
            room=self.room(session, room) if room else None,
            actor=self.actor,
            arrived_at=arrival_of(request._request),
            **given,
        )
        response = Response(WaitingSerializer(self.entry(entry.pk)).data, status=201)
        response.headers["Location"] = request.build_absolute_uri(reverse("api-waiting-entry", args=[code, entry.pk]))
        return response


class WaitingDetail(WaitingView):
    """One place in line."""

    @schema.RETRIEVED
    def get(self, request: Request, code: str, entry: int) -> Response:
        return Response(WaitingSerializer(self.entry(entry)).data)


class WaitingLeft(WaitingView):
    @schema.step("leave", "Leave the line", schema.LEFT)
    @idempotent
    def post(self, request: Request, code: str, entry: int) -> Response:
        read(ReasonShape, request.data)
        leave_waiting(entry=self.entry(entry), actor=self.actor)
        return Response(WaitingSerializer(self.entry(entry)).data)


class OfferStep(WaitingView):
    """Something done about the slot that is offered."""

    step: Callable[..., Any]

    def take(self, request: Request, pk: int, **more: Any) -> Response:
        given = read(ReasonShape, request.data)
        entry = self.entry(pk)
        offers = Offer.objects.select_related("room", "waiting__delegation").filter(waiting=entry)
        offer = offers.order_by("-pk").first()
        if offer is None:
            raise Refused("no_offer", _("No slot is offered."))
        self.step(offer=offer, actor=self.actor, **({**given, **more} if more else {}))
        return Response(WaitingSerializer(self.entry(pk)).data)


class OfferAccepted(OfferStep):
    step = staticmethod(accept_offer)

    @schema.step("accept", "Book the slot that is offered", schema.SERVED)
    @idempotent
    def post(self, request: Request, code: str, entry: int) -> Response:
        return self.take(request, entry, arrived_at=arrival_of(request._request))


class OfferDeclined(OfferStep):
    step = staticmethod(decline_offer)

    @schema.step("decline", "Let the slot that is offered go to the next", schema.IN_LINE)
    @idempotent
    def post(self, request: Request, code: str, entry: int) -> Response:
        return self.take(request, entry)
