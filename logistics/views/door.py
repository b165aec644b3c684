"""The display at a door, and the page behind its code: hundreds of screens that ask often and mostly hear "no news".

All times are multiples of five minutes. So what a display shows changes with a version of what it is made of, or with
the next five minutes, and with nothing else: its tag is made of these, read by one query.
"""

import hashlib
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.http import quote_etag
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from cnd import clock
from cnd.actors import actor_for
from cnd.arrival import arrival_of
from cnd.errors import DomainError
from cnd.preconditions import is_known
from logistics.models import Booking, Room
from logistics.services.check_in import booking_of_token, check_in_by_token, check_in_token
from logistics.services.door import door_state, entries_at_door, open_check_in, step_of
from sessions.services.rules import rule_book
from sessions.views.public import SessionPage

QR_SCALE = 6


def tag_of(code: str, room: str) -> str | None:
    """Return the entity tag of a display as it is now; None for a session that is none. One query."""
    state = door_state(code)
    if state is None:
        return None
    offset_s, versions = state
    step = step_of(clock.now() + timedelta(seconds=offset_s))
    parts = (settings.RELEASE, translation.get_language(), room, offset_s, step, versions)
    return quote_etag(hashlib.sha256(repr(parts).encode()).hexdigest()[:32])


class RoomMixin(SessionPage):
    @cached_property
    def room(self) -> Room:
        return get_object_or_404(self.meeting_session.rooms.in_use(), code=self.kwargs["room"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # The address itself gives `room` too, as a word.
        return super().get_context_data(**kwargs | {"room": self.room})


class Door(RoomMixin):
    """Now, next and the rest of the day; nothing that whoever passes by may not read."""

    template_name = "logistics/door/door.html"
    http_method_names = ["get", "head", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a display that has it all already before anything else is read."""
        self.etag = tag_of(kwargs["code"], kwargs["room"]) or ""
        if not self.etag:
            raise Http404("no such session")
        response = (
            HttpResponseNotModified() if is_known(request, self.etag) else super().dispatch(request, *args, **kwargs)
        )
        response["ETag"] = self.etag
        response["Cache-Control"] = "no-cache"
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session, room = self.meeting_session, self.room
        now = session.session_now
        begins, ends = day_around(now, session.time_zone)
        entries = entries_at_door(session, room, begins, ends)
        return super().get_context_data(
            etag=self.etag,
            entries=entries,
            now=next((each for each in entries if each.starts_at <= now < each.ends_at), None),
            next=next((each for each in entries if each.starts_at > now), None),
            check_in=self._check_in(now),
            **kwargs,
        )

    def _check_in(self, now: datetime) -> dict[str, Any] | None:
        session = self.meeting_session
        if not self.room.is_for_bilaterals:
            return None
        found = open_check_in(session, self.room, now, rule_book(session))
        if found is None:
            return None
        token = check_in_token(found.booking)
        url = self.request.build_absolute_uri(
            reverse("logistics:door-check-in", args=[session.code, self.room.code, token])
        )
        return {"starts_at": found.booking.starts_at, "until": found.until, "url": url, "svg": code_of(url)}


def day_around(now: datetime, tz: str) -> tuple[datetime, datetime]:
    """Return the day of the meeting's zone in which a moment lies, half-open."""
    local = now.astimezone(ZoneInfo(tz))
    begins = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return begins, (begins + timedelta(days=1)).replace(hour=0)


def code_of(url: str) -> SafeString:
    """Draw an address as a QR code, dark on light whatever the colours of the page."""
    svg = segno.make(url, error="m").svg_inline(scale=QR_SCALE, border=2, dark="#000", light="#fff", omitsize=True)
    return mark_safe(svg)


class CheckInAtDoor(RoomMixin, TemplateView):
    """The page behind the code: whoever scans it signs in, and says that their meeting has come."""

    template_name = "logistics/door/check_in.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        response = super().dispatch(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    @cached_property
    def booking(self) -> Booking:
        """The meeting that begins at this door; a refusal for strangers as for no such code."""
        return booking_of_token(session=self.meeting_session, token=self.kwargs["token"], actor=self.actor)

    @property
    def actor(self) -> Any:
        return actor_for(self.request.user)  # type: ignore[arg-type]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._answer()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            check_in_by_token(
                session=self.meeting_session,
                token=self.kwargs["token"],
                actor=self.actor,
                arrived_at=arrival_of(request),
            )
        except DomainError as fault:
            return self._answer(fault)
        messages.success(request, _("You are checked in: the room is yours until the end of the slot."))
        return redirect(request.path)

    def _answer(self, fault: DomainError | None = None) -> HttpResponse:
        context: dict[str, Any] = {"fault": fault}
        try:
            context |= {"booking": self.booking, "is_checked_in": self.booking.state == Booking.State.HELD}
        except DomainError as unknown:
            context["fault"] = fault = unknown
        return self.render_to_response(self.get_context_data(**context), status=fault.status if fault else 200)
