"""What anybody can read of the applications: the kinds with their windows and rules, and the register of receipts."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.urls import NoReverseMatch, reverse

from logistics.forms.applications import RegisterFilter
from logistics.models import Application
from logistics.views.application_reading import KindStanding, kinds_of
from sessions.models import MeetingSession
from sessions.services.rules import rule_book
from sessions.views.public import SessionPage

PER_PAGE = 50


def public_kinds(session: MeetingSession) -> list[dict[str, Any]]:
    """Return what anybody may know of each kind: rules, window, and how many hold a place or wait."""
    kinds, book = kinds_of(session), rule_book(session)
    received = dict(
        Application.objects.filter(kind__session=session)
        .received()
        .order_by()
        .values_list("kind")
        .annotate(count=Count("pk"))
    )
    shown = []
    for kind in kinds:
        standing = KindStanding.of(kind, book)
        shown.append(
            {
                "kind": kind,
                "window": standing.window,
                "limits": standing.limits,
                "places": standing.places,
                "held": standing.held,
                "waiting": standing.waiting,
                "received": received.get(kind.pk, 0),
                "first_day": standing.terms.first_day,
                "last_day": standing.terms.last_day,
            }
        )
    return shown


class SideEvents(SessionPage):
    """What can be applied for, until when, and by which rules."""

    template_name = "logistics/public/side_events.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            kinds=public_kinds(self.meeting_session),
            programme_url=address_of("logistics:programme", self.meeting_session),
            **kwargs,
        )


class Register(SessionPage):
    """The public register: whoever has a receipt finds it here, and can check in which order all came."""

    template_name = "logistics/public/register.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        session = self.meeting_session
        kinds, book = kinds_of(session), rule_book(session)
        form = RegisterFilter(self.request.GET, kinds=kinds)
        chosen = [each for each in kinds if form.cleaned_data.get("kind") in ("", None, each.code)]
        standings = {each.pk: KindStanding.of(each, book) for each in chosen}
        received = (
            Application.objects.filter(kind__in=chosen)
            .received()
            .select_related("kind", "organiser")
            .order_by("kind__position", "kind__code", "receipt_number")
            .defer("abstract", "technical_needs")
        )
        page = Paginator(received, PER_PAGE).get_page(self.request.GET.get("page"))
        rows = [self._row(each, standings[each.kind_id]) for each in page.object_list]
        return super().get_context_data(
            form=form, page_obj=page, rows=rows, receipts_url=address_of("api-receipts", session), **kwargs
        )

    @staticmethod
    def _row(application: Application, standing: KindStanding) -> dict[str, Any]:
        is_shown = application.decided_at is not None or standing.terms.shows_organiser_at_receipt
        return {
            "application": application,
            "organiser": application.organiser.name if is_shown else "",
            "position": standing.position(application),
        }


def address_of(name: str, session: MeetingSession) -> str:
    """Return the address of a page of a session, empty where there is none of that name."""
    try:
        return reverse(name, args=[session.code])
    except NoReverseMatch:
        return ""
