"""Having a programme proposed: begun, followed, cancelled, looked at, taken over, taken back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.clock import parse_rfc3339
from cnd.errors import DomainError
from logistics.models import Application, Placement, Placing, Programme, Room
from logistics.services.draft import said_of
from logistics.services.placements import facts_of
from logistics.services.placing import apply_placing, cancel_placing, request_placing, under_way, undo_placing
from logistics.services.placing_problem import Words
from sessions.views.staff_base import StaffAction, StaffMixin, StaffPage


class PlacingMixin(StaffMixin):
    """What these pages share: the run that the address names."""

    @cached_property
    def placing(self) -> Placing:
        found = Placing.objects.filter(programme__session=self.meeting_session, pk=self.kwargs["pk"])
        if (placing := found.select_related("programme__session__chain").first()) is None:
            raise Http404("no such run")
        return placing


class RequestPlacing(StaffAction):
    """Begin one, and go where one sees how far it is."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sent = request.POST.get("limit_s", "")
        limit_s = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 5 else 30
        try:
            placing = request_placing(session=self.meeting_session, actor=self.actor, limit_s=limit_s)
        except DomainError as fault:
            messages.error(request, str(fault))
            return redirect("logistics:staff-programme", self.meeting_session.code)
        return redirect("logistics:staff-placing", self.meeting_session.code, placing.pk)


class PlacingPage(PlacingMixin, StaffPage):
    """How far a run is; what it proposes, event by event, and why something could not be."""

    template_name = "logistics/staff/placing.html"

    def get_template_names(self) -> list[str]:
        return ["logistics/staff/_placing.html"] if self.request.headers.get("HX-Request") else [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        placing = self.placing
        is_under_way = placing.state in (Placing.State.WAITING, Placing.State.RUNNING)
        context = {"placing": placing, "is_under_way": is_under_way}
        if placing.proposal and placing.state in (Placing.State.PROPOSED, Placing.State.APPLIED):
            context |= self.proposal(placing.proposal)
        return super().get_context_data(**context, **kwargs)

    def proposal(self, proposal: dict[str, Any]) -> dict[str, Any]:
        """Return the proposal in words: of each event where it would stand, where it stands, what it lacks."""
        session = self.meeting_session
        events = {
            each.reference: each
            for each in Application.objects.filter(kind__session=session, state=Application.State.ACCEPTED)
            .select_related("kind", "organiser")
            .order_by("kind__position", "receipt_number")
        }
        rooms = {room.code: room for room in Room.objects.filter(session=session)}
        now = {
            each.application.reference: each
            for each in Placement.objects.filter(application__in=events.values()).select_related(
                "application__kind", "room"
            )
        }
        words = Words(
            {key: each.title for key, each in events.items()}, {code: each.name for code, each in rooms.items()}
        )
        unmet: dict[str, list[dict[str, Any]]] = {}
        for each in proposal["unmet"]:
            said = {"wish": words.wish(each["wish"]), "why": words.reasons(each["why"])}
            unmet.setdefault(each["event"], []).append(said)
        rows = []
        for key, event in events.items():
            given = proposal["placements"].get(key)
            standing = now.get(key)
            there = None
            if given:
                there = Placement(
                    application=event,
                    room=rooms.get(given["room"] or ""),
                    starts_at=parse_rfc3339(given["starts_at"]),
                    ends_at=parse_rfc3339(given["ends_at"]),
                    is_pinned=bool(standing and standing.is_pinned),
                )
            rows.append(
                {
                    "event": event,
                    "proposed": said_of(session, there) if there else "",
                    "now": said_of(session, standing) if standing else "",
                    "is_moved": facts_of(there) != facts_of(standing),
                    "unmet": unmet.get(key, []),
                    "why_not": words.reasons(proposal["unplaced"].get(key, [])),
                }
            )
        return {
            "rows": rows,
            "placed": sum(bool(row["proposed"]) for row in rows),
            "moved": sum(row["is_moved"] for row in rows),
            "left_out": [row for row in rows if not row["proposed"]],
            "ended": proposal["ended"],
        }


class PlacingAction(PlacingMixin, StaffAction):
    """A button on a run."""

    def back(self, name: str, *args: Any) -> HttpResponse:
        return redirect("logistics:staff-placing", self.meeting_session.code, self.placing.pk)


class CancelPlacing(PlacingAction):
    def act(self) -> str:
        cancel_placing(placing=self.placing, actor=self.actor)
        return _("The search is cancelled. The draft is as it was.")


class ApplyPlacing(PlacingAction):
    def act(self) -> str:
        apply_placing(placing=self.placing, actor=self.actor)
        return _("The draft is as proposed.")


class UndoPlacing(PlacingAction):
    def act(self) -> str:
        undo_placing(placing=self.placing, actor=self.actor)
        return _("The draft is as it was before.")


def latest_placing(programme: Programme) -> Placing | None:
    """Return the run that is under way, else the last that ended."""
    return under_way(programme) or programme.placings.first()
