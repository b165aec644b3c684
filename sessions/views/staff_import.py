"""Importing from a CSV file: it is read and shown; nothing is written until the second step."""

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise

from cnd.errors import DomainError, Invalid
from sessions.forms.csv_file import CsvFileForm, PreviewedForm
from sessions.services.csv_rows import Preview, decode
from sessions.views.staff_base import StaffForm, StaffMixin, tell_refusal


class StaffImport(StaffForm):
    """A file that is read, previewed, and taken as it was previewed."""

    form_class = CsvFileForm
    confirm_class: type[PreviewedForm]
    title: str | Promise
    rows_template = ""

    @property
    def of(self) -> Model:
        """Return what the file is imported into."""
        raise NotImplementedError

    def read(self, text: str) -> Preview[Any]:
        """Call the service that says what a file would do."""
        raise NotImplementedError

    def take(self, confirm: Any) -> int:
        """Call the service that imports what was confirmed, and return how many rows were."""
        raise NotImplementedError

    def told(self, count: int) -> str:
        """Return the sentence that tells how many rows were imported, or why none was."""
        raise NotImplementedError

    def confirm_form(self, **kwargs: Any) -> PreviewedForm:
        """Make the form of the second step."""
        return self.confirm_class(of=self.of, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._confirmed() if "previewed" in request.POST else super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back_url = reverse(f"sessions:{self.success_page}", args=[self.kwargs["code"]])
        return super().get_context_data(title=self.title, back_url=back_url, rows_template=self.rows_template, **kwargs)

    def form_valid(self, form: CsvFileForm) -> HttpResponse:
        file, text = form.cleaned_data["file"], form.cleaned_data["text"]
        if file:
            try:
                text = decode(file.read())
            except Invalid as fault:
                return self.refuse(form, fault)
        return self._preview(text, form=form)

    def _preview(self, text: str, *, form: CsvFileForm, confirm: PreviewedForm | None = None) -> HttpResponse:
        preview = self.read(text)
        sealed = self.confirm_class.sealed(self.of, text)
        context = self.get_context_data(
            form=form,
            preview=preview,
            known=preview.known_rows,
            confirm=confirm or self.confirm_form(initial={"previewed": sealed}),
        )
        wrong = bool(preview.faults) or (confirm is not None and bool(confirm.errors))
        return self.render_to_response(context, status=422 if wrong else 200)

    def _confirmed(self) -> HttpResponse:
        confirm = self.confirm_form(data=self.request.POST)
        if "previewed" in confirm.errors:
            form = CsvFileForm({})
            form.full_clean()
            form.errors.clear()
            for error in confirm.errors["previewed"]:
                form.add_error(None, error)
            return self.render_to_response(self.get_context_data(form=form), status=422)
        text = confirm.cleaned_data["previewed"]
        if not confirm.is_valid():
            return self._preview(text, form=CsvFileForm(), confirm=confirm)
        try:
            count = self.take(confirm)
        except DomainError as fault:
            # The faults of a file that was good when it was previewed stand in its preview, made anew.
            if "file" not in fault.fields:
                tell_refusal(confirm, fault)
            return self._preview(text, form=CsvFileForm(), confirm=confirm)
        (messages.success if count else messages.info)(self.request, self.told(count))
        return self.done()


class CsvExample(StaffMixin):
    """A file to start from, with codes of this very session."""

    name = ""
    columns: Sequence[str]

    def rows(self) -> Iterable[Sequence[str]]:
        """Return some rows that could be imported."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self.name}-{self.meeting_session.code}.csv"'
        # Spreadsheets take a file without this mark for something else than UTF-8.
        response.write("\ufeff")
        writer = csv.writer(response)
        writer.writerow(self.columns)
        writer.writerows(self.rows())
        return response
