"""Prepared decisions are announced together, after a second look at each of them."""

import hashlib
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cnd.canonical import canonical
from cnd.errors import Refused
from logistics.models import Application, EventKind
from logistics.services.decisions import announce_decisions
from logistics.services.windows import locked
from logistics.views.application_reading import KindStanding
from logistics.views.staff_applications import StaffSideEvents
from sessions.forms.delegation import SeenForm
from sessions.views.staff_base import StaffForm, carrying

State, Decision = Application.State, Application.Decision


class Announce(StaffSideEvents, StaffForm):
    """Everything that is prepared in a kind, and a button; what was prepared since is looked at first."""

    template_name = "logistics/staff/announce.html"
    form_class = SeenForm

    @cached_property
    def kind(self) -> EventKind:
        return self.kind_named(self.kwargs["kind"])

    @cached_property
    def prepared(self) -> list[Application]:
        found = self.applications().filter(kind=self.kind).exclude(prepared="")
        return list(found.order_by("receipt_number"))

    @property
    def seen(self) -> str:
        shown = [[each.pk, each.state, each.prepared, each.prepared_reason] for each in self.prepared]
        return hashlib.sha256(canonical(shown)).hexdigest()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Compare what the page showed with what is true now, under the lock of the window."""
        with transaction.atomic():
            locked(self.kind)
            if not self.prepared:
                messages.info(request, _("Nothing is prepared that is not announced."))
                return self.done()
            return super().post(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"seen": self.seen}

    def form_valid(self, form: Any) -> HttpResponse:
        if form.cleaned_data["seen"] != self.seen:
            carrying(form, seen=self.seen)
            said = _("What is prepared has changed since you opened the page. Look at it again.")
            return self.refuse(form, Refused("changed_meanwhile", said))
        return super().form_valid(form)

    def perform(self, form: SeenForm) -> str:
        decided = announce_decisions(kind=self.kind, actor=self.actor)
        said = ngettext("One decision is announced.", "%(n)d decisions are announced.", len(decided))
        return said % {"n": len(decided)}

    def done(self) -> HttpResponse:
        return redirect(self.queue_of(self.kind))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rejected = sum(each.prepared == Decision.REJECT for each in self.prepared)
        return super().get_context_data(
            kind=self.kind,
            rows=self.prepared,
            accepted=len(self.prepared) - rejected,
            rejected=rejected,
            losses=self._effects(),
            **kwargs,
        )

    def _effects(self) -> list[str]:
        standing = KindStanding.of(self.kind, self.book)
        freed = sum(each.prepared == Decision.REJECT and each.place is not None for each in self.prepared)
        said = [_("Every organiser is told at once, and the public register shows state and organiser.")]
        if freed:
            given_up = ngettext("One place is given up.", "%(n)d places are given up.", freed) % {"n": freed}
            refused = {each.pk for each in self.prepared if each.prepared == Decision.REJECT}
            promoted = 0 if standing.is_frozen else min(freed, len(set(standing.queue) - refused))
            heirs = ngettext("The first who waits is promoted.", "The first %(n)d who wait are promoted.", promoted) % {
                "n": promoted
            }
            said.append(f"{given_up} {heirs if promoted else _('Nobody is promoted.')}")
        return said
