"""What anybody can read of the sessions: the start page, and a session with its meetings, windows and deadlines."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from cnd import clock
from sessions.domain.contacts import Contact, contact_of
from sessions.domain.rule_values import to_python
from sessions.models import Drawing, GeneralDebate, Inscription, ListVersion, MeetingSession, Rule, Segment
from sessions.services.deadlines import deadlines_for, standing_drawing_of
from sessions.views.surroundings import sections_of

Type = Rule.Type


class Home(TemplateView):
    template_name = "cnd/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sessions = list(MeetingSession.objects.select_related("chain").prefetch_related("segments"))
        return super().get_context_data(
            meeting_sessions=[
                {
                    "code": session.code,
                    "title": session.title,
                    "time_zone": session.time_zone,
                    "is_rehearsal": session.is_rehearsal,
                    **days_of(list(session.segments.all())),
                }
                for session in sessions
            ],
            **kwargs,
        )


def days_of(segments: list[Segment]) -> dict[str, Any]:
    """Return the first and the last day of all segments."""
    if not segments:
        return {}
    return {
        "begins": min(segment.opens_on for segment in segments),
        "ends": max(segment.closes_on for segment in segments),
    }


def contacts_of(rules: Iterable[Rule]) -> list[Contact]:
    """Return whom to ask, as the rule book says."""
    lines: list[str] = next((rule.value for rule in rules if rule.name == "secretariat.contacts"), [])
    return [contact_of(line) for line in lines]


def planned_draw(session: MeetingSession) -> datetime | None:
    """Return when the rule book wants the lots to be drawn, in session time."""
    rule = session.rules.filter(scope="debate", key="draw_at", type=Type.INSTANT).first()
    return to_python(rule.type, rule.value) if rule else None


class SessionPage(TemplateView):
    """A page of one session; 404 for a code that is none."""

    @cached_property
    def meeting_session(self) -> MeetingSession:
        return get_object_or_404(MeetingSession.objects.select_related("chain"), code=self.kwargs["code"])

    @cached_property
    def debate(self) -> GeneralDebate | None:
        """The general debate, where the session has one."""
        debate = GeneralDebate.objects.filter(session=self.meeting_session).first()
        if debate is not None:
            debate.session = self.meeting_session
        return debate

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session = self.meeting_session
        return super().get_context_data(
            meeting_session=session,
            debate=self.debate,
            tz=session.time_zone,
            session_now=session.session_now,
            real_now=clock.now(),
            **kwargs,
        )


def state_of(drawing: Drawing) -> str:
    """Return the state of a drawing as it is shown: an announced one is sealed from its moment on (RULES 3)."""
    is_sealed = drawing.state == Drawing.State.ANNOUNCED and clock.now() >= drawing.seals_at
    return "sealed" if is_sealed else str(drawing.state)


# --- the session ------------------------------------------------------------------------------------------------------


class SessionHome(SessionPage):
    template_name = "sessions/public/session.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session = self.meeting_session
        segments = list(session.segments.prefetch_related("meetings"))
        rules = list(session.rules.prefetch_related("corrections"))
        drawing = standing_drawing_of(session)
        deadlines = [each for each in deadlines_for(session, rules=rules) if each.is_public]
        context = super().get_context_data(
            segments=segments,
            ahead=[each for each in deadlines if not each.is_past],
            past=[each for each in deadlines if each.is_past],
            sections=sections_of(session),
            contacts=contacts_of(rules),
            **days_of(segments),
            **kwargs,
        )
        values = {rule.name: to_python(rule.type, rule.value) for rule in rules}
        context |= {
            "ceremony": values.get("opening-ceremony.programme", []),
            "procedure": values.get("session.procedure", ""),
        }
        return context | (self._of_debate(values, rules, drawing) if self.debate else {})

    def _of_debate(self, values: dict[str, Any], rules: list[Rule], drawing: Drawing | None) -> dict[str, Any]:
        assert self.debate is not None
        now = self.meeting_session.session_now
        opens, closes = values.get("debate.inscription_opens"), values.get("debate.inscription_closes")
        state = ""
        if opens and closes:
            state = "soon" if now < opens else "open" if now < closes else "closed"
        standing = self.debate.inscriptions.standing().order_by().values_list("statement")
        inscribed = dict(standing.annotate(count=Count("pk")))
        return {
            "inscription": {"state": state, "opens": opens, "closes": closes},
            "inscribed": {each.value: inscribed.get(each.value, 0) for each in Inscription.Statement},
            "slots": values.get("debate.slots"),
            "speaking_times": [
                {
                    "statement": rule.key.removeprefix("statement_"),
                    "length": values[rule.name],
                    "was": [to_python(rule.type, each.old_value) for each in rule.corrections.all()],
                }
                for rule in rules
                if rule.type == Type.DURATION and rule.name in {"debate.statement_national", "debate.statement_group"}
            ],
            "draw_at": values.get("debate.draw_at"),
            "draw_place": values.get("debate.draw_place", ""),
            **self._of_drawing(drawing),
        }

    def _of_drawing(self, drawing: Drawing | None) -> dict[str, Any]:
        if drawing is None:
            return {"drawing": None}
        return {
            "drawing": drawing,
            "drawing_state": state_of(drawing),
            "draw_at": self.meeting_session.chain.to_session(drawing.draw_at),
            "list_version": ListVersion.objects.filter(drawing=drawing).defer("content").last(),
        }
