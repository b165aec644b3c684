"""The queue of applications in the order of receipt, and one application with all that belongs to it."""

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.arrival import arrival_of
from cnd.errors import DomainError
from logistics.forms.applications import QueueFilter
from logistics.given_flyers import given
from logistics.models import Application, EventKind
from logistics.services.applications import counts, visible_to
from logistics.services.carrying import can_be_carried_over, carried_over
from logistics.services.decisions import ACCEPTED_FROM, REJECTED_FROM, check_guideline
from logistics.services.submission import submit_application
from logistics.services.windows import Terms
from logistics.views.application_acts import acts_of
from logistics.views.application_reading import KindStanding, history_of, kinds_of, parts_of
from logistics.views.flyers import FlyerChange, flyer_form
from logistics.views.own_applications import draft_context, version_given
from sessions.services.rules import RuleBook, rule_book
from sessions.views.staff_base import StaffMixin, StaffPage

State = Application.State
PER_PAGE = 50


class StaffSideEvents(StaffMixin):
    """A page of the secretariat about side events."""

    @cached_property
    def book(self) -> RuleBook:
        return rule_book(self.meeting_session)

    @cached_property
    def kinds(self) -> list[EventKind]:
        return kinds_of(self.meeting_session)

    def kind_named(self, code: str) -> EventKind:
        """Return a kind of this session. Raises Http404 for what is none."""
        found = next((each for each in self.kinds if each.code == code), None)
        if found is None:
            raise Http404("no such kind of side event")
        return found

    def address(self, name: str, *args: Any) -> str:
        return reverse(f"logistics:{name}", args=[self.meeting_session.code, *args])

    def queue_of(self, kind: EventKind) -> str:
        """Return the address of the queue of a kind."""
        return f"{self.address('staff-side-events')}?kind={kind.code}"

    def applications(self) -> Any:
        return visible_to(self.meeting_session, self.actor)


class Queue(StaffSideEvents, StaffPage):
    """All applications of one kind in the order of receipt, with what is to be done about each."""

    template_name = "logistics/staff/queue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("kind", "")
        kind = next((each for each in self.kinds if each.code == asked), self.kinds[0] if self.kinds else None)
        if kind is None:
            return super().get_context_data(kind=None, **kwargs)
        standing = KindStanding.of(kind, self.book)
        form = QueueFilter(self.request.GET, session=self.meeting_session, themes=standing.terms.themes)
        of_kind = self.applications().filter(kind=kind)
        page = Paginator(form.applied(of_kind), PER_PAGE).get_page(self.request.GET.get("page"))
        numbers = of_kind.order_by().aggregate(
            count_prepared=Count("pk", filter=~Q(prepared="")),
            count_unchecked=Count("pk", filter=Q(state=State.UNDER_REVIEW, prepared="")),
        )
        return super().get_context_data(
            kinds=self.kinds,
            kind=kind,
            window=standing.window,
            places=standing.places,
            held=standing.held,
            free=standing.free,
            waiting=standing.waiting,
            is_frozen=standing.is_frozen,
            freeze_at=standing.terms.limits.freeze_at,
            form=form,
            page_obj=page,
            rows=[self._row(each, standing) for each in page.object_list],
            **numbers,
            **kwargs,
        )

    @staticmethod
    def _row(application: Application, standing: KindStanding) -> dict[str, Any]:
        checklist = standing.terms.checklist
        prepared = {
            Application.Decision.ACCEPT: _("to be accepted"),
            Application.Decision.REJECT: _("to be rejected"),
        }
        return {
            "application": application,
            "position": standing.position(application),
            "checked": sum(application.checks.get(each) is not None for each in checklist),
            "failed": sum(application.checks.get(each) is False for each in checklist),
            "guidelines": len(checklist),
            "prepared": prepared.get(Application.Decision(application.prepared)) if application.prepared else "",
            "may_accept": application.state in ACCEPTED_FROM,
            "may_reject": application.state in REJECTED_FROM,
            "may_correct": application.state in (State.UNDER_REVIEW, State.CORRECTION_REQUESTED),
        }


class StaffApplicationPage(StaffSideEvents):
    """A page about one application."""

    @cached_property
    def application(self) -> Application:
        """The one that the address names. Raises Http404 for one of another session, as for none at all."""
        found = self.applications().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404("no such application")
        return cast(Application, found)

    @property
    def page(self) -> str:
        return self.address("staff-side-event", self.kwargs["pk"])

    @cached_property
    def standing(self) -> KindStanding:
        return KindStanding.of(self.application.kind, self.book)

    @property
    def terms(self) -> Terms:
        return self.standing.terms

    def next_undecided(self) -> Application | None:
        """Return the next application behind this one that is to be decided, else the first of all."""
        undecided = self.applications().filter(kind=self.application.kind_id, state=State.UNDER_REVIEW, prepared="")
        others = undecided.exclude(pk=self.application.pk).order_by("receipt_number")
        behind = others.filter(receipt_number__gt=self.application.receipt_number or 0).first()
        return behind or others.first()


class Case(StaffApplicationPage, StaffPage):
    """What it says, the guidelines, what happened to it, and what can be done."""

    template_name = "logistics/staff/case.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        application, standing = self.application, self.standing
        following = self.next_undecided()
        same = self.applications().filter(kind=application.kind_id, organiser=application.organiser_id)
        context = {
            "application": application,
            "parts": parts_of(application),
            "history": history_of(application),
            "said": standing.said(application),
            "window": standing.window,
            "places": standing.places,
            "position": standing.position(application),
            "checklist": [
                {"guideline": each, "is_met": application.checks.get(each)} for each in standing.terms.checklist
            ],
            "acts": acts_of(
                application,
                self.address,
                may_carry_over=can_be_carried_over(application, standing.terms, self.book),
            ),
            "may_send_flyer": counts(application) or application.state == State.DRAFT,
            "flyer_form": flyer_form(application, standing.terms, self.actor),
            "next_url": self.address("staff-side-event", following.pk) if following else "",
            "carried_as": carried_over(application) if application.receipt_number else None,
            "others": same.exclude(pk=application.pk).order_by("receipt_number", "pk"),
            **(draft_context(application, standing.terms) if application.state == State.DRAFT else {}),
        }
        return super().get_context_data(**(context | kwargs))


class Check(StaffApplicationPage):
    """Note whether a guideline is met; nothing for taking that back."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_met = {"yes": True, "no": False}.get(request.POST.get("met", ""))
        item = request.POST.get("guideline", "")
        try:
            check_guideline(application=self.application, item=item, is_met=is_met, actor=self.actor)
        except DomainError as fault:
            messages.error(request, str(fault))
        return redirect(f"{self.page}#checklist")


class SubmitForOrganiser(Case):
    """The secretariat submits a draft for its organiser; the window is as open as for anybody."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        was = self.application.receipt_number
        try:
            made = submit_application(
                application=self.application,
                actor=self.actor,
                arrived_at=arrival_of(request),
                expected_version=version_given(request),
            )
        except DomainError as fault:
            return self.render_to_response(self.get_context_data(fault=fault), status=fault.status)
        said = (
            _("Received, under receipt %(n)d.") if was is None else _("This was received already, under receipt %(n)d.")
        )
        messages.success(request, said % {"n": made.receipt_number})
        return redirect(self.page)


class StaffFlyer(StaffApplicationPage):
    """The flyer, as it was sent."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return given(self.application)


class ChangeFlyerForOrganiser(FlyerChange, Case):
    """The secretariat attaches a flyer that it was sent otherwise, or takes one away."""

    http_method_names = ["post", "options"]

    @property
    def page_of_application(self) -> str:
        return self.page
