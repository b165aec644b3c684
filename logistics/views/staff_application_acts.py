"""What the secretariat decides on one application, each with what it does said before it is confirmed."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cnd.arrival import arrival_of
from cnd.errors import Refused
from logistics.forms.applications import CorrectionForm, DecisionForm, MergeForm
from logistics.models import Application, EventKind
from logistics.services.decisions import (
    accept_application,
    merge_applications,
    prepare_decision,
    reject_application,
    request_correction,
    withdraw_prepared,
)
from logistics.services.outlooks import outlook
from logistics.services.queue import (
    answer_correction,
    confirm_promotion,
    reopen_application,
    withdraw_application,
)
from logistics.services.windows import locked_in_order
from logistics.views.carrying_over import CarryingOver
from logistics.views.own_application_acts import seen_of
from logistics.views.staff_applications import StaffApplicationPage
from sessions.forms.delegation import SeenForm
from sessions.views.staff_base import StaffForm, carrying

State, Decision = Application.State, Application.Decision


class ApplicationAct(StaffApplicationPage, StaffForm):
    """A page that says what an act does, and a button."""

    template_name = "logistics/staff/act.html"
    form_class: type[SeenForm] = SeenForm
    act = ""
    """How the services call it."""
    is_danger = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if said := self.pointless():
            messages.info(request, said)
            return redirect(self.page)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it under the lock of the window, so that what the page showed is compared with what is true now."""
        with transaction.atomic():
            locked_in_order(self.windows())
            # It was read before the lock was held.
            del self.application
            if said := self.pointless():
                messages.info(request, said)
                return redirect(self.page)
            return super().post(request, *args, **kwargs)

    def pointless(self) -> str:
        """Return why there is nothing to do here any more, as on a page gone back to; empty where there is."""
        return ""

    def windows(self) -> list[EventKind]:
        """Return the kinds whose queues this is about."""
        return [self.application.kind]

    @property
    def title(self) -> str:
        raise NotImplementedError

    @property
    def submit(self) -> str:
        """What the button says."""
        return self.title

    def effects(self) -> list[str]:
        """Say what it does."""
        return outlook(application=self.application, act=self.act, actor=self.actor)

    @property
    def seen(self) -> str:
        return seen_of(self.application, self.effects())

    def get_initial(self) -> dict[str, Any]:
        return {"seen": self.seen}

    def form_valid(self, form: Any) -> HttpResponse:
        if form.cleaned_data["seen"] not in ("", self.seen):
            carrying(form, seen=self.seen)
            said = _("This has changed since you opened the page. Read again what it does, then decide anew.")
            return self.refuse(form, Refused("changed_meanwhile", said))
        return super().form_valid(form)

    def done(self) -> HttpResponse:
        return redirect(self.page)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            application=self.application,
            title=self.title,
            submit=self.submit,
            losses=self.effects(),
            is_danger=self.is_danger,
            cancel_url=self.page,
            **kwargs,
        )


# --- accept or reject -------------------------------------------------------------------------------------------------


class Deciding(ApplicationAct):
    """A decision that the address names, to accept or to reject."""

    form_class = DecisionForm

    @property
    def decision(self) -> str:
        """Which of the two. Raises Http404 for anything else."""
        if self.kwargs["decision"] not in Decision.values:
            raise Http404("neither to accept nor to reject")
        return str(self.kwargs["decision"])

    @property
    def is_rejection(self) -> bool:
        return self.decision == Decision.REJECT

    @property
    def act(self) -> str:  # type: ignore[override]
        return self.decision

    def get_form_kwargs(self) -> dict[str, Any]:
        reason_help = _("The organiser is told, and it stands in the journal.")
        return super().get_form_kwargs() | {"is_required": self.is_rejection, "reason_help": reason_help}


class Prepare(Deciding):
    """A decision that has no effect until it is announced; afterwards the next application stands open."""

    @property
    def title(self) -> str:
        return _("Prepare to reject") if self.is_rejection else _("Prepare to accept")

    def get_initial(self) -> dict[str, Any]:
        is_same = self.application.prepared == self.decision
        return super().get_initial() | {"reason": self.application.prepared_reason if is_same else ""}

    def effects(self) -> list[str]:
        return [_("Nobody but the secretariat sees it until it is announced. Then:"), *super().effects()]

    def perform(self, form: DecisionForm) -> str:
        prepare_decision(
            application=self.application,
            decision=self.decision,
            actor=self.actor,
            reason=form.cleaned_data["reason"],
        )
        said = (
            _("Prepared to be rejected: %(title)s.") if self.is_rejection else _("Prepared to be accepted: %(title)s.")
        )
        return said % {"title": self.application.title}

    def done(self) -> HttpResponse:
        following = self.next_undecided()
        if following is None:
            return redirect(self.queue_of(self.application.kind))
        return redirect(self.address("staff-side-event", following.pk))


class TakeBackPrepared(ApplicationAct):
    """What was prepared is no longer."""

    @property
    def title(self) -> str:
        return _("Take back what is prepared")

    def effects(self) -> list[str]:
        return [_("The application stays in the state it is in; nothing was announced.")]

    def perform(self, form: SeenForm) -> str:
        withdraw_prepared(application=self.application, actor=self.actor)
        return _("Nothing is prepared for this application any more.")


class Decide(Deciding):
    """A decision that takes effect at once, for itself alone."""

    @property
    def title(self) -> str:
        return _("Reject at once") if self.is_rejection else _("Accept at once")

    @property
    def is_danger(self) -> bool:  # type: ignore[override]
        return self.is_rejection

    def effects(self) -> list[str]:
        return [*super().effects(), _("The organiser is told now, apart from the other decisions.")]

    def perform(self, form: DecisionForm) -> str:
        decide = reject_application if self.is_rejection else accept_application
        made = decide(application=self.application, actor=self.actor, reason=form.cleaned_data["reason"])
        return _("Now: %(state)s.") % {"state": made.get_state_display()}


class RequestCorrection(ApplicationAct):
    """Something is to be corrected; the place is kept meanwhile."""

    form_class = CorrectionForm
    act = "request_correction"

    @property
    def title(self) -> str:
        return _("Request a correction")

    def get_initial(self) -> dict[str, Any]:
        is_asked = self.application.state == State.CORRECTION_REQUESTED
        return super().get_initial() | {"text": self.application.correction if is_asked else ""}

    @property
    def seen(self) -> str:
        # The deadline begins when it is asked for: it is another with every minute that goes by.
        return seen_of(self.application, [])

    def perform(self, form: CorrectionForm) -> str:
        request_correction(application=self.application, text=form.cleaned_data["text"], actor=self.actor)
        return _("The organiser is asked for a correction.")


# --- the rest ---------------------------------------------------------------------------------------------------------


class WithReason(ApplicationAct):
    """An act that needs a reason, or may have one."""

    form_class = DecisionForm
    is_reason_required = True

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "is_required": self.is_reason_required,
            "reason_help": _("Who asked for it, and how. It stands in the journal, and the organiser is told."),
        }


class Reopen(WithReason):
    """What was over goes on, at its old receipt."""

    act = "reopen"

    @property
    def title(self) -> str:
        return _("Reopen")

    def perform(self, form: DecisionForm) -> str:
        made = reopen_application(application=self.application, actor=self.actor, reason=form.cleaned_data["reason"])
        return _("Now: %(state)s.") % {"state": made.get_state_display()}


class WithdrawForOrganiser(WithReason):
    """It no longer stands."""

    act = "withdraw"
    is_danger = True

    @property
    def title(self) -> str:
        return _("Withdraw for the organiser")

    def perform(self, form: DecisionForm) -> str:
        withdraw_application(application=self.application, actor=self.actor, reason=form.cleaned_data["reason"])
        return _("The application is withdrawn.")


class CarryOverForOrganiser(CarryingOver, WithReason):
    """What was rejected or is waiting goes on as another kind, as the organiser has told the secretariat."""

    @property
    def title(self) -> str:
        return _("Carry over for the organiser")

    def perform(self, form: DecisionForm) -> str:
        return self.carry(form.cleaned_data["reason"])


class ConfirmForOrganiser(ApplicationAct):
    """The place that became free is taken, as the organiser has told the secretariat."""

    act = "confirm"

    @property
    def title(self) -> str:
        return _("Confirm for the organiser")

    def perform(self, form: SeenForm) -> str:
        arrived_at = arrival_of(self.request)
        made = confirm_promotion(application=self.application, actor=self.actor, arrived_at=arrived_at)
        return _("Confirmed: place %(n)d is held.") % {"n": made.place}


class AnswerForOrganiser(ApplicationAct):
    """What was asked for is corrected."""

    act = "answer_correction"

    @property
    def title(self) -> str:
        return _("It is corrected")

    def perform(self, form: SeenForm) -> str:
        answer_correction(application=self.application, actor=self.actor, arrived_at=arrival_of(self.request))
        return _("The application is under review again.")


class Merge(ApplicationAct):
    """Two become one. First which, then what that does, then the deed."""

    form_class = MergeForm
    act = "merge"

    @property
    def title(self) -> str:
        return _("Merge with another application")

    @property
    def submit(self) -> str:
        return _("Merge the two") if self.other else _("Look at what it does")

    @property
    def others(self) -> list[Application]:
        same = self.applications().filter(kind=self.application.kind_id)
        return list(same.counted().exclude(pk=self.application.pk).order_by("receipt_number"))

    @property
    def other(self) -> Application | None:
        """The second one, once it is chosen."""
        asked = self.request.POST.get("other", "")
        return next((each for each in self.others if str(each.pk) == asked), None)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"others": self.others}

    def effects(self) -> list[str]:
        other = self.other
        if other is None:
            return [_("Kept are the earlier receipt, its main organiser and the stronger of the two states.")]
        return outlook(application=self.application, act=self.act, actor=self.actor, other=other)

    @property
    def seen(self) -> str:
        # With one that nobody has chosen yet, there is nothing to have seen.
        return seen_of(self.application, [str(self.other.pk), *self.effects()]) if self.other else ""

    def form_valid(self, form: Any) -> HttpResponse:
        if form.cleaned_data["seen"] != self.seen:
            # Not looked at yet, or another one chosen, or changed meanwhile: what it does is said first.
            carrying(form, seen=self.seen)
            return self.render_to_response(self.get_context_data(form=form))
        return super().form_valid(form)

    def perform(self, form: MergeForm) -> str:
        other = self.other
        if other is None:
            raise Http404("no such application")
        kept = merge_applications(
            first=self.application, second=other, actor=self.actor, reason=form.cleaned_data["reason"]
        )
        self.kwargs["pk"] = kept.pk
        return _("The two are merged, under receipt %(n)d.") % {"n": kept.receipt_number}
