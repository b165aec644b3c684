"""A delegation's own applications: where each stands, one with all that belongs to it, its receipt and its flyer."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.arrival import arrival_of
from cnd.errors import DomainError, NotPermitted
from logistics.given_flyers import given
from logistics.models import Application, EventKind
from logistics.services.applications import counts, version_of_application, visible_to
from logistics.services.carrying import can_be_carried_over
from logistics.services.content import missing_in
from logistics.services.drafts import require_may_organise
from logistics.services.outlooks import outlook
from logistics.services.submission import submit_application
from logistics.services.windows import Terms, terms_of
from logistics.views.application_reading import KindStanding, history_of, kinds_of, lacking, parts_of
from logistics.views.flyers import FlyerChange, flyer_form
from sessions.models import Delegation
from sessions.services.rules import RuleBook, rule_book
from sessions.views.delegation import OwnPage

State = Application.State


class OwnSideEvents(OwnPage):
    """A page about the side events of one's own delegation."""

    @property
    def own(self) -> Delegation:
        """The delegation that the address names. Raises Http404 for anybody else's."""
        return cast(Delegation, self.delegation)

    @cached_property
    def book(self) -> RuleBook:
        return rule_book(self.meeting_session)

    def address(self, name: str, *args: Any) -> str:
        """Return the address of another page of the delegation's side events."""
        return reverse(f"logistics:{name}", args=[self.meeting_session.code, self.own.code, *args])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"delegation": self.own, **kwargs})


class OwnApplications(OwnSideEvents):
    """All of them, kind by kind."""

    template_name = "logistics/delegation/applications.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        applications: dict[int, list[Application]] = {}
        found = visible_to(self.meeting_session, self.actor).filter(organiser=self.own)
        for each in found.order_by("receipt_number", "pk"):
            applications.setdefault(each.kind_id, []).append(each)
        kinds = [self._part(kind, applications.get(kind.pk, [])) for kind in kinds_of(self.meeting_session)]
        return super().get_context_data(kinds=kinds, **kwargs)

    def _part(self, kind: EventKind, applications: list[Application]) -> dict[str, Any]:
        standing = KindStanding.of(kind, self.book)
        why_not = why_not_begun(standing, self.own)
        return {
            "kind": kind,
            "window": standing.window,
            "limits": standing.limits,
            "may_begin": not why_not,
            "why_not": why_not,
            "rows": [{"application": each, "said": standing.said(each)} for each in applications],
        }


def why_not_begun(standing: KindStanding, organiser: Delegation) -> str:
    """Say why there is no sense in beginning an application of this kind; empty where there is."""
    try:
        require_may_organise(standing.terms, organiser)
    except NotPermitted as fault:
        return str(fault)
    return _("The window is closed.") if standing.window["state"] == "closed" else ""


class OwnApplicationPage(OwnSideEvents):
    """A page about one application of one's own."""

    @cached_property
    def application(self) -> Application:
        """The one that the address names. Raises Http404 for what is another delegation's, as for none at all."""
        found = visible_to(self.meeting_session, self.actor).filter(organiser=self.own, pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404("no such application, or none of yours")
        return cast(Application, found)

    @cached_property
    def terms(self) -> Terms:
        return terms_of(self.application.kind, self.book)

    @cached_property
    def standing(self) -> KindStanding:
        return KindStanding.of(self.application.kind, self.book)

    @property
    def title(self) -> str:
        return self.application.title or _("Without a title")

    @property
    def own_page(self) -> str:
        return self.address("own-side-event", self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**{"application": self.application, "own_page": self.own_page, **kwargs})


class OwnApplication(OwnApplicationPage):
    """One application: what must be done by when, what it says, what happened to it."""

    template_name = "logistics/delegation/application.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        application, terms = self.application, self.terms
        stands, is_draft = counts(application), application.state == State.DRAFT
        is_flyer_small = "flyer" in terms.small_edits or application.state == State.CORRECTION_REQUESTED
        context = {
            "title": self.title,
            "parts": parts_of(application),
            "history": history_of(application),
            "window": self.standing.window,
            "places": self.standing.places,
            "position": self.standing.position(application),
            "said": self.standing.said(application),
            "may_edit": is_draft or stands,
            "may_withdraw": stands,
            "may_send_flyer": is_draft or (stands and is_flyer_small),
            "may_carry_over": can_be_carried_over(application, terms, self.book),
            "flyer_form": flyer_form(application, terms, self.actor),
            **(draft_context(application, terms) if is_draft else {}),
        }
        return super().get_context_data(**(context | kwargs))


def draft_context(application: Application, terms: Terms) -> dict[str, Any]:
    """Return what the panel of a draft shows: what is missing, and what submitting would do."""
    missing = lacking(missing_in(application.kind, application, terms=terms))
    return {
        "missing": missing,
        "effects": [] if missing else outlook(application=application, act="submit"),
        "version": version_of_application(application),
    }


def version_given(request: HttpRequest) -> int | None:
    """Return which version the page showed that was sent."""
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None


class SubmitOwn(OwnApplication):
    """The moment that counts: one small request, whose arrival was written down before anything else."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        application = self.application
        try:
            made = submit_application(
                application=application,
                actor=self.actor,
                arrived_at=arrival_of(request),
                expected_version=version_given(request),
            )
        except DomainError as fault:
            return self.render_to_response(self.get_context_data(fault=fault), status=fault.status)
        if application.receipt_number is None:
            messages.success(request, _("Received, under receipt %(n)d.") % {"n": made.receipt_number})
        else:
            messages.info(request, _("This was received already, under receipt %(n)d.") % {"n": made.receipt_number})
        return redirect(self.address("own-side-event-receipt", made.pk))


class OwnReceipt(OwnApplicationPage):
    """The receipt alone, to be printed and kept."""

    template_name = "logistics/delegation/receipt.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if self.application.receipt_number is None:
            raise Http404("not received yet")
        return super().get_context_data(
            title=_("Receipt %(n)d") % {"n": self.application.receipt_number},
            said=self.standing.said(self.application),
            address=self.request.build_absolute_uri(),
            **kwargs,
        )


class OwnFlyer(OwnApplicationPage):
    """The flyer, as it was sent."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return given(self.application)


class ChangeOwnFlyer(FlyerChange, OwnApplication):
    """Attach a flyer, or take it away."""

    http_method_names = ["post", "options"]

    @property
    def page_of_application(self) -> str:
        return self.own_page
