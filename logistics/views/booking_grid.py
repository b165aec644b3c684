"""The slot grid changed by staff: first what is in the way, then a decision about each, all in one step."""

from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from cnd.errors import DomainError
from logistics.domain.slots import Grid
from logistics.forms.bookings import GridForm
from logistics.models import Booking
from logistics.services.booking_rules import GRID_TYPES, SCOPE, grid_of
from logistics.services.grid_change import bookings_in_the_way, change_grid
from logistics.views.bookings import BookingsMixin
from logistics.views.meeting_reading import shown
from sessions.domain.rule_values import to_json
from sessions.services.rules import rule_book
from sessions.views.staff_base import StaffForm


class ChangeGrid(BookingsMixin, StaffForm):
    """Days, hours, length and pause of the slots."""

    template_name = "logistics/bookings/grid.html"
    success_page = "bookings"

    def get_form(self, form_class: Any = None) -> GridForm:
        breaks = [str(each) for each in rule_book(self.meeting_session).list(SCOPE, "breaks")]
        return GridForm(**self.get_form_kwargs(), grid=self.rules.grid, breaks=breaks)

    @cached_property
    def in_the_way(self) -> list[Booking]:
        return []

    def form_valid(self, form: Any) -> HttpResponse:
        """Ask about what is in the way before anything is changed, and anew whenever that is something else."""
        values = form.values()
        if not values:
            form.add_error(None, _("Nothing is changed by this."))
            return self.form_invalid(form)
        try:
            keys = [each.pk for each in bookings_in_the_way(session=self.meeting_session, values=values)]
            grid = grid_of(
                self.meeting_session, **{key: to_json(GRID_TYPES[key], each) for key, each in values.items()}
            )
        except DomainError as fault:
            return self.refuse(form, fault)
        form = self._asking(form, keys, grid)
        if self.request.POST.get("do") != "change":
            return self.render_to_response(self.get_context_data(form=form, asked=True))
        if not form.is_valid():
            return self.form_invalid(form)
        dispositions = form.dispositions(self.in_the_way)
        if not form.cleaned_data["reason"]:
            form.add_error("reason", _("A rule is corrected with a reason, which is published."))
        if form.errors:
            return self.form_invalid(form)
        self._decided = (values, dispositions)
        return super().form_valid(form)

    def _asking(self, form: GridForm, keys: list[int], grid: Grid) -> GridForm:
        self.in_the_way = list(self.bookings().filter(pk__in=keys).in_order())
        asking = self.get_form()
        asking.ask_about(self.in_the_way, grid=grid, rooms=self.rooms, tz=self.meeting_session.time_zone)
        asking.is_valid() if self.request.POST.get("do") == "change" else None
        return asking

    def perform(self, form: Any) -> str:
        values, dispositions = self._decided
        change_grid(
            session=self.meeting_session,
            values=values,
            dispositions=dispositions,
            reason=form.cleaned_data["reason"],
            actor=self.actor,
        )
        return _("The slot grid is changed.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs["form"] if "form" in kwargs else self.get_form()
        rows = [
            {"meeting": shown(each, self.reader), "fields": form.fields_about(each)}
            for each in self.in_the_way
            if f"do-{each.pk}" in form.fields
        ]
        is_asked = self.request.POST.get("do") == "change"
        return super().get_context_data(**{"asked": is_asked, **kwargs, "form": form}, in_the_way=rows)
