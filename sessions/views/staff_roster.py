"""The roster: who is inscribed, entered one by one or from a file."""

import csv
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cnd.arrival import arrival_of
from cnd.errors import DomainError, Invalid
from sessions.forms.roster import ImportConfirmForm, ImportForm, InscribeForm, RosterFilter
from sessions.models import Delegation, Drawing, Inscription, RegionalGroup
from sessions.services.csv_rows import decode
from sessions.services.inscriptions import inscribe, inscription_window
from sessions.services.list_events import standing_drawing
from sessions.services.roster_import import COLUMNS, import_roster, read_roster
from sessions.views.staff_base import StaffForm, StaffMixin, StaffPage, tell_refusal
from sessions.views.staff_home import window_state

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


class RosterImport(WindowMixin, StaffForm):
    """A file is read and shown; nothing is written until the second step."""

    template_name = "sessions/staff/roster_import.html"
    form_class = ImportForm
    success_page = "roster"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._confirmed() if "previewed" in request.POST else super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            window=self.window(), columns=COLUMNS, drawing=standing_drawing(self.debate), **kwargs
        )

    def form_valid(self, form: ImportForm) -> HttpResponse:
        file, text = form.cleaned_data["file"], form.cleaned_data["text"]
        if file:
            try:
                text = decode(file.read())
            except Invalid as fault:
                return self.refuse(form, fault)
        return self._preview(text, form=form)

    def _preview(self, text: str, *, form: ImportForm, confirm: ImportConfirmForm | None = None) -> HttpResponse:
        preview = read_roster(self.debate, text)
        sealed = ImportConfirmForm.sealed(self.debate, text)
        context = self.get_context_data(
            form=form,
            preview=preview,
            known=[row for row in preview.rows if row.is_known],
            confirm=confirm or self._confirm_form(initial={"previewed": sealed}),
        )
        wrong = bool(preview.faults) or (confirm is not None and bool(confirm.errors))
        return self.render_to_response(context, status=422 if wrong else 200)

    def _confirm_form(self, **kwargs: Any) -> ImportConfirmForm:
        return ImportConfirmForm(debate=self.debate, is_open=self.window()["is_open"], **kwargs)

    def _confirmed(self) -> HttpResponse:
        confirm = self._confirm_form(data=self.request.POST)
        try:
            text = confirm.fields["previewed"].clean(self.request.POST["previewed"])
            confirm.cleaned_data = {"previewed": text}
            text = confirm.clean_previewed()
        except ValidationError as fault:
            form = ImportForm({})
            form.full_clean()
            form.errors.clear()
            form.add_error(None, fault)
            return self.render_to_response(self.get_context_data(form=form), status=422)
        if not confirm.is_valid():
            return self._preview(text, form=ImportForm(), confirm=confirm)
        try:
            count = import_roster(
                debate=self.debate, text=text, actor=self.actor, reason=confirm.cleaned_data["reason"]
            )
        except DomainError as fault:
            # The faults of a file that was good when it was previewed stand in its preview, made anew.
            if "file" not in fault.fields:
                tell_refusal(confirm, fault)
            return self._preview(text, form=ImportForm(), confirm=confirm)
        return self._imported(count)

    def _imported(self, count: int) -> HttpResponse:
        said = ngettext("%(n)d inscription was imported.", "%(n)d inscriptions were imported.", count) % {"n": count}
        if count:
            messages.success(self.request, said)
        else:
            messages.info(self.request, _("Nothing was imported: every row was there already."))
        return self.done()


class RosterExample(StaffMixin):
    """A file to start from, with codes of this very session."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="roster-{self.meeting_session.code}.csv"'
        # Spreadsheets take a file without this mark for something else than UTF-8.
        response.write("\ufeff")
        writer = csv.writer(response)
        writer.writerow(COLUMNS)
        states = Delegation.objects.filter(session=self.meeting_session, kind=Delegation.Kind.MEMBER_STATE)
        others = Delegation.objects.filter(session=self.meeting_session, group__isnull=True)
        for code, statement, level in zip(
            [*states.values_list("code", flat=True)[:3], *others.values_list("code", flat=True)[:1]],
            ["national", "national", "group", "other"],
            ["ministerial", "above_ministerial", "ministerial", "below_ministerial"],
            strict=False,
        ):
            writer.writerow([code, statement, level, "Jane Doe", "Minister of Health"])
        return response
