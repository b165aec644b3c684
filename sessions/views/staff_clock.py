"""The session's clock, and its shifting for a rehearsal."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _

from cnd import clock
from cnd.errors import DomainError
from cnd.instants import instant_text
from sessions.domain.rule_values import to_python
from sessions.forms.clock import ClockForm
from sessions.models import Rule
from sessions.services.clock import shift_clock
from sessions.views.staff_base import StaffForm, tried


class Clock(StaffForm):
    """The form, then a confirmation, then the shift."""

    template_name = "sessions/staff/clock.html"
    form_class = ClockForm
    success_page = "clock"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"zone": self.meeting_session.zone}

    def get_initial(self) -> dict[str, Any]:
        return {"to": self.request.GET.get("to", "")[:40]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chain = self.meeting_session.chain
        return super().get_context_data(
            chain=chain,
            real_now=clock.now(),
            offset=chain.clock_offset,
            is_allowed=settings.ALLOW_REHEARSAL,
            moments=self._moments(),
            **kwargs,
        )

    def _moments(self) -> list[dict[str, Any]]:
        """Return moments of the rule book still to come, to go to in a rehearsal."""
        rules = Rule.objects.filter(session=self.meeting_session, type=Rule.Type.INSTANT)
        now = self.meeting_session.session_now
        moments = [{"title": rule.title, "at": to_python(rule.type, rule.value)} for rule in rules]
        to_come = sorted((each for each in moments if each["at"] > now), key=lambda each: each["at"])
        zone = self.meeting_session.zone
        return [each | {"text": each["at"].astimezone(zone).strftime("%Y-%m-%d %H:%M")} for each in to_come]

    def form_valid(self, form: ClockForm) -> HttpResponse:
        if self.request.POST.get("step") == "shift":
            return super().form_valid(form)
        if self.request.POST.get("step") == "change":
            return self.render_to_response(self.get_context_data(form=form))
        try:
            tried(lambda: self._shift(form))
        except DomainError as fault:
            return self.refuse(form, fault)
        finally:
            self.meeting_session.chain.refresh_from_db()
        self.template_name = "sessions/staff/clock_confirm.html"
        return self.render_to_response(self.get_context_data(form=form, to=form.cleaned_data["to"]))

    def _shift(self, form: ClockForm) -> None:
        shift_clock(session=self.meeting_session, actor=self.actor, **form.cleaned_data)

    def perform(self, form: ClockForm) -> str:
        self._shift(form)
        moment = instant_text(form.cleaned_data["to"], self.meeting_session.time_zone)
        return _("The session's clock was set to %(moment)s.") % {"moment": moment}
