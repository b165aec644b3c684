"""What staff can still do to one drawing: withdraw its announcement, enter numbers, annul its result."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd import clock
from cnd.errors import DomainError, Refused
from sessions.forms.draw import AgreeForm, NumbersForm
from sessions.forms.fields import ReasonForm
from sessions.models import Drawing, DrawSource
from sessions.services.announcements import withdraw_announcement
from sessions.services.draw import annul, ask_annulment, drop_annulment, enter_numbers, latest_numbers
from sessions.views.staff_base import StaffAction, StaffForm, StaffMixin

State = Drawing.State


class DrawingMixin(StaffMixin):
    """A page about one drawing, named by its attempt."""

    success_page = "staff-draw"

    @cached_property
    def drawing(self) -> Drawing:
        drawing = get_object_or_404(
            Drawing.objects.select_related("annulment_asked_by"), debate=self.debate, attempt=self.kwargs["attempt"]
        )
        drawing.debate = self.debate
        return drawing


class DrawingForm(DrawingMixin, StaffForm):
    """A step that only makes sense in some states of the drawing; else one is sent to see how it stands."""

    states: tuple[str, ...] = ()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.drawing.state not in self.states:
            messages.info(request, _("This step is not possible now; this is how the drawing stands."))
            return self.done()
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(drawing=self.drawing, real_now=clock.now(), **kwargs)

    def refuse(self, form: Any, fault: DomainError) -> HttpResponse:
        if fault.fields:
            return super().refuse(form, fault)
        # The drawing has moved on: the refusal stands above what is true now.
        messages.error(self.request, str(fault))
        return self.done()


class WithdrawAnnouncement(DrawingForm):
    template_name = "sessions/staff/draw_withdraw.html"
    form_class = ReasonForm
    states = (State.ANNOUNCED,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.drawing.state == State.ANNOUNCED and clock.now() >= self.drawing.seals_at:
            messages.error(request, _("The drawing is sealed; it can no longer be withdrawn."))
            return self.done()
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"reason_help": _("It is public.")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        losses = [
            _("This drawing will not take place."),
            _("Announcement, hash and your reason stay public, and the next announcement carries them."),
            _("Roster and quotas can be changed again."),
        ]
        return super().get_context_data(losses=losses, **kwargs)

    def perform(self, form: ReasonForm) -> str:
        withdraw_announcement(drawing=self.drawing, actor=self.actor, **form.cleaned_data)
        return _("The announcement is withdrawn; announcement and reason stay public.")


class EnterNumbers(DrawingForm):
    """Two people enter what they saw; each sees the other's only once both are in."""

    template_name = "sessions/staff/draw_numbers.html"
    form_class = NumbersForm
    states = (State.ANNOUNCED,)

    @cached_property
    def source(self) -> DrawSource:
        source = self.drawing.sources.filter(kind=DrawSource.Kind.NUMBERS).first()
        if source is None:
            raise Http404("no numbers in this drawing")
        source.drawing = self.drawing
        return source

    def done(self) -> HttpResponse:
        if self.drawing.state == State.ANNOUNCED:
            return self.back("staff-draw-numbers", self.drawing.attempt)
        return super().done()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        latest = latest_numbers(self.source)
        mine = latest.get(self.user)
        shown = [(user, numbers) for user, numbers in latest.items() if len(latest) > 1 or user == self.user]
        now = clock.now()
        return super().get_context_data(
            source=self.source,
            named=self.drawing.announcement["sources"][self.source.position],
            mine=mine,
            shown=shown,
            entered=len(latest),
            are_both_in=len(latest) > 1,
            are_equal=len({tuple(numbers) for numbers in latest.values()}) == 1,
            is_open=self.source.not_before <= now < self.source.deadline,
            is_early=now < self.source.not_before,
            is_mine_to_enter=mine is not None or len(latest) < 2,
            **kwargs,
        )

    def perform(self, form: NumbersForm) -> str:
        enter_numbers(source=self.source, actor=self.actor, **form.cleaned_data)
        return _("Your numbers are in.")


class Annul(DrawingForm):
    """Ask for the annulment of a result; nothing happens until somebody else agrees."""

    template_name = "sessions/staff/draw_annul.html"
    form_class = ReasonForm
    states = (State.DRAWN,)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"reason_help": _("It becomes public with the annulment.")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        losses = [
            _("Nothing yet: a second member of staff must agree. Until then either of you can keep the result."),
            _("Once agreed, every slot and place of this drawing is void, and a new drawing can be announced."),
            _("Announcement, result, proof and your reason stay public for ever."),
        ]
        return super().get_context_data(losses=losses, **kwargs)

    def perform(self, form: ReasonForm) -> str:
        ask_annulment(drawing=self.drawing, actor=self.actor, **form.cleaned_data)
        return _("The annulment is asked for. A second member of staff must agree.")


class AgreeToAnnul(DrawingForm):
    """Annul the result as the second person, for the reason that one has read."""

    template_name = "sessions/staff/draw_agree.html"
    form_class = AgreeForm
    states = (State.DRAWN,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.drawing.state == State.DRAWN and self.drawing.annulment_asked_by_id in {None, self.user.pk}:
            messages.info(request, _("A second member of staff must agree, after somebody has asked."))
            return self.done()
        return super().get(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"read": self.drawing.annulment_reason}

    def perform(self, form: AgreeForm) -> str:
        with self.lock() as debate:
            now = get_object_or_404(Drawing, debate=debate, attempt=self.kwargs["attempt"])
            if now.state == State.DRAWN and now.annulment_reason != form.cleaned_data["read"]:
                raise Refused("changed_meanwhile", _("What is asked for has changed while you were looking."))
            annul(drawing=self.drawing, actor=self.actor)
        return _("The result is annulled. Announcement, result and proof stay public; a new drawing can be announced.")


class KeepResult(DrawingMixin, StaffAction):
    def act(self) -> str:
        drop_annulment(drawing=self.drawing, actor=self.actor)
        return _("The request for an annulment is dropped; the result stands.")
