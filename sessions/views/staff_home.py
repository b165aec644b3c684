"""The overview: what is due, what waits for a decision, what failed; and how far the general debate is."""

from typing import Any

from django.db.models import Count

from cnd import clock
from sessions.models import Drawing, MeetingSession
from sessions.services.inscriptions import inscription_window
from sessions.services.list_events import current_list, standing_drawing
from sessions.services.quotas import confirmed_quotas, inscribed_by_group, proposed_quotas
from sessions.services.rules import rule_book
from sessions.views.staff_base import StaffPage
from sessions.views.staff_due import decision_items, due_items, failed_items
from sessions.views.staff_list_reading import Names
from sessions.views.surroundings import decisions_around, failed_around


class Overview(StaffPage):
    template_name = "sessions/staff/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        debate, session = self.debate, self.meeting_session
        book = rule_book(session)
        names = Names.of(session)
        inscribed, quotas, proposal = inscribed_by_group(debate), confirmed_quotas(debate), proposed_quotas(debate)
        drawing = standing_drawing(debate)
        context = super().get_context_data(
            window=window_state(session, *inscription_window(debate)),
            groups=[
                {
                    "code": code,
                    "name": names.group(code),
                    "inscribed": count,
                    "quota": quotas.get(code),
                    "proposal": proposal[code],
                }
                for code, count in inscribed.items()
            ],
            inscribed=sum(inscribed.values()),
            slots=book.integer("debate", "slots"),
            has_quotas=sum(quotas.values()) == book.integer("debate", "slots"),
            is_as_proposed=quotas == proposal,
            announcement_on=book.date("debate", "announcement_on"),
            draw_at=book.instant("debate", "draw_at"),
            drawing=drawing,
            attempts=debate.drawings.count(),
            **kwargs,
        )
        if drawing is not None:
            drawing.debate = debate
            context |= self._of_drawing(drawing, names)
        context["due"] = self._due(context)
        return context | {
            "due_items": due_items(session),
            "decisions": [*decision_items(session, context), *decisions_around(session)],
            "failed": [*failed_items(session, context), *failed_around(session)],
        }

    def _of_drawing(self, drawing: Drawing, names: Names) -> dict[str, Any]:
        told: dict[str, Any] = {
            "draw_at_session": drawing.debate.session.chain.to_session(drawing.draw_at),
            "is_sealed": clock.now() >= drawing.seals_at,
            "sources": list(drawing.sources.annotate(people=Count("entries__by", distinct=True)).order_by("position")),
            "pending": drawing.events.filter(cancelled_at__isnull=True).count(),
        }
        if drawing.state == Drawing.State.DRAWN:
            speakers = current_list(drawing)
            upcoming = speakers.next_speaker()
            told |= {
                "version": drawing.list_versions.defer("content").last(),
                "next_speaker": names.delegation(upcoming.delegation) if upcoming else "",
                "spoken": sum(line.spoken for line in speakers.lines),
                "places": sum(bool(line.delegation) for line in speakers.lines),
                "vacant": sum(holder is None for holder in speakers.holders.values()),
                "waiting": sum(len(queue) for queue in speakers.waiting.values()),
                "late": sum(code in speakers.late for queue in speakers.waiting.values() for code in queue),
            }
        return told

    @staticmethod
    def _due(context: dict[str, Any]) -> str:
        """Name the step that comes next."""
        drawing: Drawing | None = context["drawing"]
        if drawing is not None:
            is_settled = drawing.state == Drawing.State.DRAWN and drawing.annulment_asked_by_id is None
            return "speakers" if is_settled else "drawing"
        if context["window"]["state"] != "closed" or not context["inscribed"]:
            return "inscriptions"
        return "announcement" if context["has_quotas"] else "quotas"


def window_state(session: MeetingSession, opens: Any, closes: Any) -> dict[str, Any]:
    """Return a window and whether it is still to open, open or closed by the session's own time."""
    now = session.session_now
    state = "soon" if now < opens else "open" if now < closes else "closed"
    return {"opens": opens, "closes": closes, "state": state, "is_open": state == "open"}
