"""Bookings over the API: of one's own delegations, for the secretariat of all."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cnd.api import BoundedPages, refuse_unknown
from cnd.arrival import arrival_of
from cnd.bodies import StrictSerializer, read
from cnd.errors import NotFound
from cnd.idempotency import idempotent
from cnd.preconditions import etag_of, expected_version
from cnd.versions import row_version
from logistics import bookings_schema as schema
from logistics.api_availability import RoomsView, day_of
from logistics.domain.days import bounds_of
from logistics.models import Booking
from logistics.serializers_bookings import BookingEditShape, BookingSerializer, MadeShape, MoveShape, RequestShape
from logistics.services.booking_answers import (
    accept_proposal,
    confirm_booking,
    decline_booking,
    propose_time,
    refuse_proposal,
)
from logistics.services.booking_moves import cancel_booking, move_booking
from logistics.services.booking_outlook import warnings_for
from logistics.services.bookings import approve_booking, edit_booking, request_booking
from logistics.services.check_in import check_in
from sessions.models import MeetingSession
from sessions.serializers_inscriptions import ReasonShape
from sessions.services.access import audiences_of

VERSION = row_version(chain="session__chain", resource=("booking/", "pk"), audience=("delegation:", "requester__code"))
FILTERS = frozenset({"delegation", "room", "state", "day", "page", "page_size"})


class BookingsView(RoomsView):
    """What all addresses of bookings have in common."""

    def visible(self) -> Any:
        """Return what the caller may know of, each with its version, in the order of time."""
        bookings = Booking.objects.filter(session__code=self.kwargs["code"])
        if not self.actor.is_secretariat:
            bookings = bookings.seen_by(self.actor.user.pk)  # type: ignore[union-attr]
        return (
            bookings.select_related("session__chain", "room", "requester", "counterpart", "details")
            .prefetch_related("proposals__room")
            .annotate(version=VERSION)
            .in_order()
        )

    def booking(self, pk: int) -> Any:
        """Return one of them. Raises NotFound, for somebody else's as for none at all."""
        found = self.visible().filter(pk=pk).first()
        if found is None:
            raise NotFound("no_such_booking", _("There is no such booking."))
        return found

    def told(self, pk: int) -> Response:
        """Return a booking as it now stands, with its ETag."""
        booking = self.booking(pk)
        return self.named(booking, Response(BookingSerializer(booking).data))

    def named(self, booking: Any, response: Response) -> Response:
        """Give an answer the ETag of its booking, and the person whom it may name."""
        response.headers["ETag"] = etag_of(booking.version)
        response.personal = booking.details  # type: ignore[attr-defined]
        return response


class BookingList(BookingsView):
    """All that the caller may know of, in the order of time; and a new one."""

    pagination_class = BoundedPages

    @schema.LISTED
    def get(self, request: Request, code: str) -> HttpResponseBase:
        refuse_unknown(request, FILTERS)
        session = self.session()
        etag = self.etag_of_list(session.chain_id, "bookings", audiences_of(session, self.actor))
        unchanged = self.unchanged(request, etag)
        if unchanged is not None:
            return unchanged
        pages = self.pagination_class()
        rows: list[Any] | None = pages.paginate_queryset(self._filtered(request, session), request, view=self)
        response = pages.get_paginated_response(BookingSerializer(rows, many=True).data)
        response.headers["ETag"] = etag
        return response

    def _filtered(self, request: Request, session: MeetingSession) -> Any:
        asked, found = request.query_params, self.visible()
        if "delegation" in asked:
            found = found.filter(Q(requester__code=asked["delegation"]) | Q(counterpart__code=asked["delegation"]))
        if "room" in asked:
            found = found.filter(room__code=asked["room"])
        if "state" in asked:
            if asked["state"] not in Booking.State.values:
                raise ValidationError({"state": [_("There is no such state.")]})
            found = found.filter(state=asked["state"])
        day = day_of(request)
        if day is not None:
            begins, ends = bounds_of(day, session.zone)
            found = found.filter(starts_at__gte=begins, starts_at__lt=ends)
        return found

    @schema.REQUESTED
    @idempotent
    def post(self, request: Request, code: str) -> Response:
        session = self.session()
        given = read(RequestShape, request.data)
        requester = self.delegation(session, "requester", given.pop("requester"))
        asked = given.pop("counterpart", None)
        made = request_booking(
            session=session,
            room=self.room(session, given.pop("room")),
            requester=requester,
            counterpart=self.delegation(session, "counterpart", asked) if asked else None,
            actor=self.actor,
            arrived_at=arrival_of(request._request),
            **given,
        )
        booking = self.booking(made.pk)
        booking.warnings = warnings_for(booking, None if self.actor.is_secretariat else requester)
        response = self.named(booking, Response(MadeShape(booking).data, status=201))
        response.headers["Location"] = request.build_absolute_uri(reverse("api-booking", args=[code, made.pk]))
        return response


class BookingDetail(BookingsView):
    """One booking."""

    @schema.RETRIEVED
    def get(self, request: Request, code: str, booking: int) -> HttpResponseBase:
        response = self.told(booking)
        return self.unchanged(request, response.headers["ETag"]) or response

    @schema.EDITED
    @idempotent
    def patch(self, request: Request, code: str, booking: int) -> Response:
        found = self.booking(booking)
        expected = expected_version(request, found.version)
        given = read(BookingEditShape, request.data)
        arrived_at = arrival_of(request._request)
        edit_booking(booking=found, actor=self.actor, expected_version=expected, arrived_at=arrived_at, **given)
        return self.told(booking)


class BookingStep(BookingsView):
    """Something done to a booking as a whole."""

    step: Callable[..., Any]
    """The service."""
    shape: type[StrictSerializer] = ReasonShape

    def take(self, request: Request, pk: int) -> Response:
        booking = self.booking(pk)
        expected = expected_version(request, booking.version)
        given = read(self.shape, request.data)
        if "room" in given:
            given["room"] = self.room(booking.session, given["room"])
        arrived_at = arrival_of(request._request)
        self.step(booking=booking, actor=self.actor, arrived_at=arrived_at, expected_version=expected, **given)
        return self.told(pk)


class BookingConfirmation(BookingStep):
    step = staticmethod(confirm_booking)

    @schema.step("confirm", "Say yes, as the counterpart", schema.AGREED)
    @idempotent
    def post(self, request: Request, code: str, booking: int) -> Response:
        return self.take(request, booking)


class BookingRefusal(BookingStep):
    step = staticmethod(decline_booking)

    @schema.step("decline", "Say no, as the counterpart", schema.DECLINED, said=str(schema.DECLINED["reason"]))
    @idempotent
    def post(self, request: Request, code: str, booking: int) -> Response:
        return self.take(request, booking)


class BookingProposal(BookingStep):
    step = staticmethod(propose_time)
    shape = MoveShape

    @schema.step("propose", "Propose another time, as the counterpart", schema.PROPOSED, to_place=True)
    @idempotent
    def post(self, request: Request, code: str, booking: int) -> Response:
        return self.take(request, booking)


class BookingProposalAcceptance(BookingStep):
    step = staticmethod(accept_proposal)

    @schema.step("accept_proposal", "Take the time that was proposed", schema.MOVED)
    @idempotent
    def post(self, request: Request, code: str, booking: int) -> Response:
        return self.take(request, booking)


class BookingProposalRefusal(BookingStep):
    step = staticmethod(refuse_proposal)

    @schema.step("refuse_proposal", "Stay with the time that was asked for", schema.ASKED)
    @idempotent
    def post(self, request: Request, code: str, booking: int) -> Response:
        return self.take(request, booking)


class BookingMove(BookingStep):
    step = staticmethod(move_booking)
    shape = MoveShape

    @schema.step("move", "Move a booking to another room or slot", schema.MOVED, to_place=True)
    @idempotent
    def post(self, request: Request, code: str, booking: int) -> Response:
        return self.take(request, booking)


class BookingCancellation(BookingStep):
    step = staticmethod(cancel_booking)

    @schema.step("cancel", "Cancel a booking", schema.CANCELLED, said=str(schema.CANCELLED["reason"]))
    @idempotent
    def post(self, request: Request, code: str, booking: int) -> Response:
        return self.take(request, booking)


class BookingApproval(BookingStep):
    step = staticmethod(approve_booking)

    @schema.step("approve", "Confirm a booking, as conference services", schema.CONFIRMED)
    @idempotent
    def post(self, request: Request, code: str, booking: int) -> Response:
        return self.take(request, booking)


class BookingCheckIn(BookingStep):
    step = staticmethod(check_in)

    @schema.step("check_in", "Check in", schema.HELD)
    @idempotent
    def post(self, request: Request, code: str, booking: int) -> Response:
        return self.take(request, booking)
