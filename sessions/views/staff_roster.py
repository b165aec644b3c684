"""The roster: who is inscribed, entered one by one or from a file."""

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cnd.arrival import arrival_of
from sessions.forms.csv_file import PreviewedForm
from sessions.forms.roster import ImportConfirmForm, InscribeForm, RosterFilter
from sessions.models import Delegation, Drawing, GeneralDebate, Inscription, RegionalGroup
from sessions.services.csv_rows import Preview
from sessions.services.inscriptions import inscribe, inscription_window
from sessions.services.list_events import standing_drawing
from sessions.services.roster_import import COLUMNS, RosterRow, import_roster, read_roster
from sessions.views.staff_base import StaffForm, StaffMixin, StaffPage
from sessions.views.staff_home import window_state
from sessions.views.staff_import import CsvExample, StaffImport

PER_PAGE = 100


class WindowMixin(StaffMixin):
    """A page that depends on whether inscriptions are open."""

    def window(self) -> dict[str, Any]:
        return window_state(self.meeting_session, *inscription_window(self.debate))


class Roster(WindowMixin, StaffPage):
    template_name = "sessions/staff/roster.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        debate = self.debate
        groups = list(RegionalGroup.objects.filter(session=self.meeting_session))
        form = RosterFilter(self.request.GET, session=self.meeting_session, groups=groups)
        inscriptions = form.applied(
            debate.inscriptions.select_related("delegation", "group", "speaker").order_by("receipt_number")
        )
        page = Paginator(inscriptions, PER_PAGE).get_page(self.request.GET.get("page"))
        drawing = standing_drawing(debate)
        slots = {}
        if drawing is not None and drawing.state == Drawing.State.DRAWN:
            slots = {slot.delegation_id: slot for slot in debate.slots.filter(delegation__isnull=False)}
        rows = [
            {
                "inscription": each,
                "slot": slots.get(each.delegation_id) if each.statement == Inscription.Statement.NATIONAL else None,
            }
            for each in page.object_list
        ]
        return super().get_context_data(
            form=form,
            page_obj=page,
            rows=rows,
            drawing=drawing,
            window=self.window(),
            standing=debate.inscriptions.standing().count(),
            **kwargs,
        )


class RosterAdd(WindowMixin, StaffForm):
    template_name = "sessions/staff/roster_add.html"
    form_class = InscribeForm
    success_page = "roster"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"debate": self.debate, "is_open": self.window()["is_open"]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(window=self.window(), drawing=standing_drawing(self.debate), **kwargs)

    def perform(self, form: InscribeForm) -> str:
        given = form.cleaned_data
        delegation = form.delegations[given.pop("delegation")]
        made = inscribe(
            debate=self.debate,
            delegation=delegation,
            actor=self.actor,
            arrived_at=arrival_of(self.request),
            **given,
        )
        return _("%(name)s is inscribed, under receipt %(receipt)d.") % {
            "name": delegation.name,
            "receipt": made.receipt_number,
        }


class RosterImport(WindowMixin, StaffImport):
    template_name = "sessions/staff/roster_import.html"
    rows_template = "sessions/staff/_import_rows.html"
    confirm_class = ImportConfirmForm
    title = gettext_lazy("Import a roster")
    success_page = "roster"

    @property
    def of(self) -> GeneralDebate:
        return self.debate

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(window=self.window(), drawing=standing_drawing(self.debate), **kwargs)

    def confirm_form(self, **kwargs: Any) -> PreviewedForm:
        return super().confirm_form(is_open=self.window()["is_open"], **kwargs)

    def read(self, text: str) -> Preview[RosterRow]:
        return read_roster(self.debate, text)

    def take(self, confirm: ImportConfirmForm) -> int:
        given = confirm.cleaned_data
        return import_roster(debate=self.debate, text=given["previewed"], actor=self.actor, reason=given["reason"])

    def told(self, count: int) -> str:
        if not count:
            return _("Nothing was imported: every row was there already.")
        return ngettext("%(n)d inscription was imported.", "%(n)d inscriptions were imported.", count) % {"n": count}


class RosterExample(CsvExample):
    name = "roster"
    columns = COLUMNS

    def rows(self) -> Iterator[list[str]]:
        states = Delegation.objects.filter(session=self.meeting_session, kind=Delegation.Kind.MEMBER_STATE)
        others = Delegation.objects.filter(session=self.meeting_session, group__isnull=True)
        for code, statement, level in zip(
            [*states.values_list("code", flat=True)[:3], *others.values_list("code", flat=True)[:1]],
            ["national", "national", "group", "other"],
            ["ministerial", "above_ministerial", "ministerial", "below_ministerial"],
            strict=False,
        ):
            yield [code, statement, level, "Jane Doe", "Minister of Health"]
