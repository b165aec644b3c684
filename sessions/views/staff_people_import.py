"""Focal points invited from a file."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions.forms.people import PeopleConfirmForm
from sessions.models import Delegation, MeetingSession
from sessions.services.csv_rows import Preview
from sessions.services.people_import import COLUMNS, PersonRow, import_people, read_people
from sessions.views.staff_import import CsvExample, StaffImport


class PeopleImport(StaffImport):
    template_name = "sessions/staff/people_import.html"
    rows_template = "sessions/staff/_people_rows.html"
    confirm_class = PeopleConfirmForm
    title = gettext_lazy("Invite from a file")
    success_page = "people"

    @property
    def of(self) -> MeetingSession:
        return self.meeting_session

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(languages=[code for code, _name in settings.LANGUAGES], **kwargs)

    def read(self, text: str) -> Preview[PersonRow]:
        return read_people(self.meeting_session, text)

    def take(self, confirm: PeopleConfirmForm) -> int:
        text = confirm.cleaned_data["previewed"]
        return import_people(session=self.meeting_session, text=text, actor=self.actor)

    def told(self, count: int) -> str:
        if not count:
            return _("Nobody was invited: everybody in the file was already.")
        return ngettext("%(n)d person was invited.", "%(n)d persons were invited.", count) % {"n": count}


class PeopleExample(CsvExample):
    name = "people"
    columns = COLUMNS

    def rows(self) -> Iterator[list[str]]:
        codes = Delegation.objects.filter(session=self.meeting_session).values_list("code", flat=True)[:3]
        for number, (code, language) in enumerate(zip(codes, ["en", "fr", "es"], strict=False), 1):
            yield [code, f"Jane Doe {number}", f"jane.doe{number}@example.org", language]
