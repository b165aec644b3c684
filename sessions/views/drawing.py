"""The drawing of lots for everyone to see: what is announced, what came of it, and how to check it (RULES 3)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_safe

from cnd import clock
from cnd.canonical import canonical, sha256_of
from cnd.errors import DomainError
from cnd.throttle import TooMany, address_of, check
from sessions.forms.public import DrandValueForm
from sessions.models import Drawing, DrawSource
from sessions.services.draw import awaited_round, hand_in_drand
from sessions.views.draw_reading import read_announcement, read_pending, read_result, read_sources
from sessions.views.public import SessionPage, planned_draw, state_of
from sessions.views.staff_base import tell_refusal
from sessions.views.staff_list_reading import Names

VERIFIER = Path(__file__).resolve().parent.parent / "standalone" / "verify_draw.py"


class DrawPage(SessionPage):
    """A page of one drawing."""

    @cached_property
    def drawings(self) -> list[Drawing]:
        """Every drawing ever announced, the latest first, without announcement and proof, which may be large."""
        if self.debate is None:
            return []
        return list(self.debate.drawings.order_by("-attempt").defer("announcement", "bundle"))

    @cached_property
    def drawing(self) -> Drawing | None:
        attempt = self.kwargs["attempt"]
        drawing = get_object_or_404(
            Drawing.objects.prefetch_related("sources"), debate__session=self.meeting_session, attempt=attempt
        )
        assert self.debate is not None
        drawing.debate = self.debate
        return drawing

    @property
    def sources(self) -> list[DrawSource]:
        assert self.drawing is not None
        sources = list(self.drawing.sources.all())
        for source in sources:
            source.drawing = self.drawing
        return sources

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(drawing=self.drawing, **kwargs)
        if self.drawing is None:
            return context
        chain = self.meeting_session.chain
        return context | {
            "state": state_of(self.drawing),
            # Where the session's clock was not shifted both are one, and only one is shown.
            "has_two_clocks": bool(chain.clock_offset_s),
            **read_announcement(self.drawing, Names.of(self.meeting_session)),
        }


class Draw(DrawPage):
    """One drawing, in whichever state it is."""

    template_name = "sessions/public/draw.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "since" in request.GET and getattr(request, "htmx", False):
            return self._news(request.GET["since"])
        return super().get(request, *args, **kwargs)

    def _news(self, since: str) -> HttpResponse:
        """Answer a page that waits: nothing, or that it shall load itself again."""
        response = HttpResponse(status=204)
        if self.drawing is None or self.mark() != since:
            response["HX-Refresh"] = "true"
        return response

    def mark(self) -> str:
        """Return what changes whenever a waiting page has something else to show."""
        assert self.drawing is not None
        values = [[source.value is not None, source.failed_at is not None] for source in self.sources]
        return sha256_of([state_of(self.drawing), values, self.awaited])[:16]

    @property
    def awaited(self) -> list[int]:
        """The drand rounds whose values are awaited now."""
        if self.drawing is None or self.drawing.state != Drawing.State.ANNOUNCED:
            return []
        return [number for number in map(awaited_round, self.sources) if number]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(
            drawings=[{"drawing": each, "state": state_of(each)} for each in self.drawings], **kwargs
        )
        if self.drawing is None:
            return context | {"draw_at": planned_draw(self.meeting_session)}
        names: Names = context["names"]
        awaited = self.awaited
        address = self.request.build_absolute_uri
        context |= {
            "mark": self.mark(),
            "is_waiting": self.drawing.state == Drawing.State.ANNOUNCED,
            "is_near": clock.now() >= self.drawing.draw_at,
            "is_latest": self.drawing.attempt == self.drawings[0].attempt,
            "awaited": awaited,
            "sources": read_sources(self.drawing, self.sources),
            "pending": read_pending(self.drawing, names),
            "bundle_url": reverse("sessions:bundle", args=[self.meeting_session.code, self.drawing.attempt]),
            "bundle_address": address(
                reverse("sessions:bundle", args=[self.meeting_session.code, self.drawing.attempt])
            ),
            "verifier_address": address(reverse("sessions:verify-script")),
            "file_name": bundle_name(self.meeting_session.code, self.drawing.attempt),
        }
        if awaited:
            context.setdefault("form", DrandValueForm(initial={"round": awaited[0]}))
        if self.drawing.bundle is not None:
            context |= read_result(self.drawing.bundle, names)
        return context


class LatestDraw(Draw):
    """The latest attempt; before the first one, what will be here."""

    @cached_property
    def drawing(self) -> Drawing | None:
        if not self.drawings:
            return None
        self.kwargs["attempt"] = self.drawings[0].attempt
        return super().drawing


class HandIn(Draw):
    """Takes the awaited value from anybody, since it proves itself; so many a minute from one address."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("sessions:draw-attempt", self.meeting_session.code, kwargs["attempt"])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = DrandValueForm(request.POST)
        try:
            # Counted together with those that come through the API.
            check(request, address_of(request), "draw-values")
        except TooMany as fault:
            form.add_error(None, _("Too many values came from this address. Wait a minute."))
            response = self.render_to_response(self.get_context_data(form=form), status=429)
            response["Retry-After"] = fault.headers["Retry-After"]
            return response
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=422)
        assert self.drawing is not None
        try:
            is_stored = hand_in_drand(
                drawing=self.drawing,
                signature=form.cleaned_data["signature"],
                round_number=form.cleaned_data["round"],
            )
        except DomainError as fault:
            tell_refusal(form, fault)
            return self.render_to_response(self.get_context_data(form=form), status=fault.status)
        if is_stored:
            messages.success(request, _("The value is genuine and stored. The lots are drawn within seconds."))
        else:
            messages.info(request, _("This value was there already."))
        return redirect("sessions:draw-attempt", self.meeting_session.code, self.drawing.attempt)


class Hall(DrawPage):
    """The screen in the hall."""

    template_name = "sessions/public/hall.html"
    most_first_places = 20

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        assert self.drawing is not None
        if self.drawing.bundle is not None:
            context |= read_result(self.drawing.bundle, context["names"])
            context["first_places"] = context["first_list"][: self.most_first_places]
        return context


class Notice(DrawPage):
    """One sheet of paper that is circulated and read out."""

    template_name = "sessions/public/notice.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        assert self.drawing is not None
        page = reverse("sessions:draw-attempt", args=[self.meeting_session.code, self.drawing.attempt])
        return context | {
            "sources": read_sources(self.drawing, self.sources),
            "page_address": self.request.build_absolute_uri(page),
            "file_name": bundle_name(self.meeting_session.code, self.drawing.attempt),
        }


# --- files ------------------------------------------------------------------------------------------------------------


def bundle_name(code: str, attempt: int) -> str:
    return f"{code}-draw-{attempt}.json"


def _hash_of(field: str) -> Callable[..., str | None]:
    """Return what gives the hash of a stored document as its ETag, without reading the document."""

    def etag(request: HttpRequest, code: str, attempt: int) -> str | None:
        drawings = Drawing.objects.filter(debate__session__code=code, attempt=attempt)
        found = drawings.values_list(field, flat=True).first()
        return f'"{found}"' if found else None

    return etag


def _file(document: Any, name: str) -> HttpResponse:
    response = HttpResponse(canonical(document), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@condition(etag_func=_hash_of("bundle_sha256"))
def bundle(request: HttpRequest, code: str, attempt: int) -> HttpResponse:
    """Send the proof, byte by byte as it was hashed but for its own hash inside it."""
    drawing = get_object_or_404(Drawing, debate__session__code=code, attempt=attempt)
    if drawing.bundle is None:
        raise Http404("not drawn")
    return _file(drawing.bundle, bundle_name(code, attempt))


@require_safe
@condition(etag_func=_hash_of("announcement_sha256"))
def announcement(request: HttpRequest, code: str, attempt: int) -> HttpResponse:
    """Send the announcement, byte by byte as it was hashed."""
    drawing = get_object_or_404(Drawing.objects.only("announcement"), debate__session__code=code, attempt=attempt)
    return _file(drawing.announcement, f"{code}-announcement-{attempt}.json")


@require_safe
def verify_script(request: HttpRequest) -> HttpResponseBase:
    """Send the independent verifier."""
    response = FileResponse(VERIFIER.open("rb"), as_attachment=True, filename=VERIFIER.name)
    response["Content-Type"] = "text/x-python; charset=utf-8"
    return response
