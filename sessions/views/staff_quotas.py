"""The quotas of the regional groups: proposed by the rule, confirmed or overridden by staff."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.errors import Refused
from sessions.forms.quotas import QuotasForm
from sessions.models import RegionalGroup
from sessions.services.list_events import standing_drawing
from sessions.services.quotas import confirm_quotas, confirmed_quotas, inscribed_by_group, proposed_quotas
from sessions.services.rules import rule_book
from sessions.views.staff_base import StaffForm, carrying


class Quotas(StaffForm):
    template_name = "sessions/staff/quotas.html"
    form_class = QuotasForm
    success_page = "quotas"

    @cached_property
    def groups(self) -> list[RegionalGroup]:
        return list(RegionalGroup.objects.filter(session=self.meeting_session))

    @cached_property
    def confirmed(self) -> dict[str, int]:
        return confirmed_quotas(self.debate)

    @cached_property
    def proposal(self) -> dict[str, int]:
        return proposed_quotas(self.debate)

    @cached_property
    def slots(self) -> int:
        return rule_book(self.meeting_session).integer("debate", "slots")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.htmx:  # type: ignore[attr-defined]
            return self._sum_so_far(request)
        return super().get(request, *args, **kwargs)

    def _sum_so_far(self, request: HttpRequest) -> HttpResponse:
        form = QuotasForm(request.GET, groups=self.groups, confirmed={})
        self.template_name = "sessions/staff/_quota_sum.html"
        return self.render_to_response(
            {"sum": form.sum_so_far(), "slots": self.slots, "missing": self.slots - form.sum_so_far()}
        )

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"groups": self.groups, "confirmed": self.confirmed}

    def get_initial(self) -> dict[str, Any]:
        return {f"quota-{code}": number for code, number in (self.confirmed or self.proposal).items()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or self.get_form()
        inscribed = inscribed_by_group(self.debate)
        typed = form.sum_so_far() if form.is_bound else sum((self.confirmed or self.proposal).values())
        return super().get_context_data(
            form=form,
            rows=[
                {
                    "group": group,
                    "inscribed": inscribed[group.code],
                    "proposal": self.proposal[group.code],
                    "confirmed": self.confirmed.get(group.code),
                    "field": form[f"quota-{group.code}"],
                }
                for group in self.groups
            ],
            inscribed=sum(inscribed.values()),
            slots=self.slots,
            sum=typed,
            missing=self.slots - typed,
            has_quotas=sum(self.confirmed.values()) == self.slots,
            is_as_proposed=self.confirmed == self.proposal,
            drawing=standing_drawing(self.debate),
            **kwargs,
        )

    def perform(self, form: QuotasForm) -> str:
        with self.lock() as debate:
            if form.cleaned_data["seen"] != form.mark(confirmed_quotas(debate)):
                raise Refused(
                    "changed_meanwhile",
                    _("Somebody else has confirmed quotas while you were looking; the table shows them. Look again."),
                )
            confirm_quotas(debate=debate, quotas=form.quotas(), actor=self.actor, reason=form.cleaned_data["reason"])
        return _("The quotas are confirmed.")

    def refuse(self, form: Any, fault: Any) -> HttpResponse:
        if fault.code == "changed_meanwhile":
            # What was typed stays; what it is compared with from now on is what is true.
            carrying(form, seen=form.mark(self.confirmed))
        return super().refuse(form, fault)
