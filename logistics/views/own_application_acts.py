"""What a delegation does with an application of its own, each with what it does said before it is confirmed."""

import hashlib
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _

from cnd.arrival import arrival_of
from cnd.canonical import canonical
from cnd.clock import rfc3339
from cnd.errors import Refused
from logistics.models import Application, EventKind
from logistics.services.applications import counts
from logistics.services.drafts import discard_draft
from logistics.services.outlooks import outlook
from logistics.services.queue import answer_correction, confirm_promotion, withdraw_application
from logistics.services.windows import locked_in_order
from logistics.views.carrying_over import CarryingOver
from logistics.views.own_applications import OwnApplicationPage
from sessions.forms.delegation import SeenForm
from sessions.views.delegation_actions import OwnAction
from sessions.views.staff_base import carrying

State = Application.State


def seen_of(application: Application, effects: list[str]) -> str:
    """Return what a page shows of the state of things, in short."""
    due_at = rfc3339(application.due_at) if application.due_at else None
    shown = [application.state, application.place, due_at, application.prepared, application.correction, effects]
    return hashlib.sha256(canonical(shown)).hexdigest()


class OwnApplicationAct(OwnAction, OwnApplicationPage):
    """An act upon one application: what it does, and a button."""

    template_name = "logistics/delegation/action.html"
    form_class = SeenForm
    act = ""
    """How the services call it."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Compare what the page showed with what is true now, under the lock, before anything is done."""
        with transaction.atomic():
            self.prepare()
            locked_in_order(self.windows())
            # It was read before the lock was held.
            del self.application
            if said := self.pointless():
                messages.info(request, said)
                return redirect(self.own_page)
            return super().post(request, *args, **kwargs)

    def prepare(self) -> None:
        super().prepare()
        assert self.application.pk

    def windows(self) -> list[EventKind]:
        """Return the kinds whose queues this is about."""
        return [self.application.kind]

    def effects(self) -> list[str]:
        """Say what it does."""
        return outlook(application=self.application, act=self.act, actor=self.actor)

    @property
    def seen(self) -> str:
        with translation.override("en"):  # the reader may have another language by the time they send it
            return seen_of(self.application, self.effects())

    def initial(self) -> dict[str, Any]:
        return {"seen": self.seen}

    def compare(self, form: Any) -> None:
        if form.cleaned_data["seen"] not in ("", self.seen):
            carrying(form, seen=self.seen)
            raise Refused(
                "changed_meanwhile", _("What this does has changed since you opened the page: read it again.")
            )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(name=self.title, losses=self.effects(), **kwargs)

    @property
    def own_page(self) -> str:
        return self.address("own-side-event", self.kwargs["pk"])


class ConfirmPromotion(OwnApplicationAct):
    """The place that became free is taken."""

    act = "confirm"

    def pointless(self) -> str:
        if self.application.state == State.PROMOTED:
            return ""
        if self.application.state in (State.UNDER_REVIEW, State.ACCEPTED):
            return _("The place is confirmed already.")
        return _("There is no place to confirm.")

    def words(self) -> dict[str, Any]:
        return {"title": _("Confirm the place"), "submit": _("Confirm")}

    def perform(self, form: Form) -> str:
        made = confirm_promotion(application=self.application, actor=self.actor, arrived_at=arrival_of(self.request))
        return _("Confirmed: place %(n)d is held.") % {"n": made.place}


class AnswerCorrection(OwnApplicationAct):
    """What was asked for is corrected."""

    act = "answer_correction"

    def pointless(self) -> str:
        if self.application.state == State.CORRECTION_REQUESTED:
            return ""
        return _("No correction is asked for.")

    def words(self) -> dict[str, Any]:
        return {
            "title": _("Say that it is corrected"),
            "submit": _("It is corrected"),
            "intro": _("Asked for: %(what)s") % {"what": self.application.correction},
        }

    def perform(self, form: Form) -> str:
        answer_correction(application=self.application, actor=self.actor, arrived_at=arrival_of(self.request))
        return _("The secretariat is told; the application is under review again.")


class WithdrawOwn(OwnApplicationAct):
    """It no longer stands."""

    act = "withdraw"
    is_danger = True

    def pointless(self) -> str:
        return "" if counts(self.application) else _("This application does not stand any more.")

    def words(self) -> dict[str, Any]:
        return {"title": _("Withdraw this application"), "submit": _("Withdraw")}

    def perform(self, form: Form) -> str:
        withdraw_application(application=self.application, actor=self.actor)
        return _("The application is withdrawn.")


class CarryOver(CarryingOver, OwnApplicationAct):
    """A rejected or waiting one goes on as another kind."""

    def words(self) -> dict[str, Any]:
        return {"title": _("Carry it over"), "submit": _("Carry it over")}

    def perform(self, form: Form) -> str:
        return self.carry()


class DiscardOwn(OwnApplicationAct):
    """A draft that nobody wants any more."""

    act = "discard"
    is_danger = True

    def pointless(self) -> str:
        return "" if self.application.state == State.DRAFT else _("This was received; it can be withdrawn.")

    def words(self) -> dict[str, Any]:
        return {"title": _("Discard this draft"), "submit": _("Discard")}

    def perform(self, form: Form) -> str:
        self.application = discard_draft(application=self.application, actor=self.actor)
        return _("The draft is discarded.")

    @property
    def own_page(self) -> str:
        # The draft itself is gone from the delegation's pages.
        is_gone = self.request.method == "POST" and self.application.discarded_at is not None
        return self.address("own-side-events") if is_gone else super().own_page
