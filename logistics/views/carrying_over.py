"""Carrying an application over: what it does and what comes of it, for the organiser and for the secretariat."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from cnd.actors import Actor
from cnd.arrival import arrival_of
from logistics.models import Application, EventKind
from logistics.services.carrying import CARRIED, carried_over, carry_over, target_of


class CarryingOver:
    """What the two pages share; the act itself, and who may do it, are those of the page that this is mixed into."""

    act = "carry_over"
    request: HttpRequest
    kwargs: dict[str, Any]

    if TYPE_CHECKING:
        application: Application

        @property
        def actor(self) -> Actor: ...

    def windows(self) -> list[EventKind]:
        """Return the kinds whose queues this is about."""
        kind = self.application.kind
        target = target_of(kind)
        return [kind, *([target] if target else [])]

    def pointless(self) -> str:
        """Return why there is nothing to carry over; empty where there is."""
        made = carried_over(self.application)
        if made is not None and made.discarded_at is None:
            return _("It was carried over already, as %(reference)s.") % {"reference": made.reference}
        return "" if self.application.state in CARRIED else _("Only what was rejected or is waiting is carried over.")

    def carry(self, reason: str = "") -> str:
        """Carry it over, and say as what; one goes on with what was made of it."""
        made = carry_over(
            application=self.application, actor=self.actor, reason=reason, arrived_at=arrival_of(self.request)
        )
        self.kwargs["pk"] = made.pk
        if made.receipt_number is None:
            return _("It is a draft of “%(kind)s” now; nothing is submitted yet.") % {"kind": made.kind.name}
        words = {"kind": made.kind.name, "n": made.receipt_number}
        return _("It is received as “%(kind)s”, under receipt %(n)d.") % words
