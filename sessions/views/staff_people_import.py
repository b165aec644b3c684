"""Focal points invited from a file: it is read and shown; nothing is written until the second step."""

import csv
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cnd.errors import DomainError, Invalid
from sessions.forms.people import PeopleConfirmForm
from sessions.forms.roster import ImportForm
from sessions.models import Delegation
from sessions.services.csv_rows import decode
from sessions.services.people_import import COLUMNS, import_people, read_people
from sessions.views.staff_base import StaffForm, StaffMixin, tell_refusal


class PeopleImport(StaffForm):
    template_name = "sessions/staff/people_import.html"
    form_class = ImportForm
    success_page = "people"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._confirmed() if "previewed" in request.POST else super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(languages=[code for code, _name in settings.LANGUAGES], **kwargs)

    def form_valid(self, form: ImportForm) -> HttpResponse:
        file, text = form.cleaned_data["file"], form.cleaned_data["text"]
        if file:
            try:
                text = decode(file.read())
            except Invalid as fault:
                return self.refuse(form, fault)
        return self._preview(text, form=form)

    def _preview(self, text: str, *, form: ImportForm, confirm: PeopleConfirmForm | None = None) -> HttpResponse:
        preview = read_people(self.meeting_session, text)
        sealed = {"previewed": PeopleConfirmForm.sealed(self.meeting_session, text)}
        context = self.get_context_data(
            form=form,
            preview=preview,
            known=[row for row in preview.rows if row.is_known],
            confirm=confirm or PeopleConfirmForm(session=self.meeting_session, initial=sealed),
        )
        wrong = bool(preview.faults) or (confirm is not None and bool(confirm.errors))
        return self.render_to_response(context, status=422 if wrong else 200)

    def _confirmed(self) -> HttpResponse:
        confirm = PeopleConfirmForm(session=self.meeting_session, data=self.request.POST)
        if not confirm.is_valid():
            form = ImportForm({})
            form.full_clean()
            form.errors.clear()
            for error in confirm.errors["previewed"]:
                form.add_error(None, error)
            return self.render_to_response(self.get_context_data(form=form), status=422)
        text = confirm.cleaned_data["previewed"]
        try:
            count = import_people(session=self.meeting_session, text=text, actor=self.actor)
        except DomainError as fault:
            # The faults of a file that was good when it was previewed stand in its preview, made anew.
            if "file" not in fault.fields:
                tell_refusal(confirm, fault)
            return self._preview(text, form=ImportForm(), confirm=confirm)
        said = ngettext("%(n)d person was invited.", "%(n)d persons were invited.", count) % {"n": count}
        if count:
            messages.success(self.request, said)
        else:
            messages.info(self.request, _("Nobody was invited: everybody in the file was already."))
        return self.done()


class PeopleExample(StaffMixin):
    """A file to start from, with codes of this very session."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="people-{self.meeting_session.code}.csv"'
        # Spreadsheets take a file without this mark for something else than UTF-8.
        response.write("\ufeff")
        writer = csv.writer(response)
        writer.writerow(COLUMNS)
        codes = Delegation.objects.filter(session=self.meeting_session).values_list("code", flat=True)[:3]
        for number, (code, language) in enumerate(zip(codes, ["en", "fr", "es"], strict=False), 1):
            writer.writerow([code, f"Jane Doe {number}", f"jane.doe{number}@example.org", language])
        return response
