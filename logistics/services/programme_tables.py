"""The programme as a table of texts, and as the files that spreadsheet programs open: CSV and XLSX."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from cnd.instants import city_name
from logistics.models import ProgrammeVersion
from logistics.services.published import Published
from sessions.models import MeetingSession

_FORMULA = re.compile(r"^[=+\-@\t\r]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
WIDTHS = (14, 12, 8, 8, 26, 24, 60, 40, 14, 30, 40, 80)
WRAPPED = (7, 8, 11, 12)


def columns(session: MeetingSession) -> list[str]:
    """Return the headings, in the active language."""
    city = city_name(session.time_zone)
    return [
        _("Reference"),
        _("Day"),
        _("Begins (%(city)s)") % {"city": city},
        _("Ends (%(city)s)") % {"city": city},
        _("Room"),
        _("Kind"),
        _("Title"),
        _("Theme"),
        _("Form"),
        _("Organiser"),
        _("Co-sponsors"),
        _("Abstract"),
    ]


def _local(moment: datetime, event: Published) -> datetime:
    return moment.astimezone(event.zone)


def cells(event: Published) -> list[str]:
    """Return one event as texts, in the order of the columns."""
    begins, ends = _local(event.starts_at, event), _local(event.ends_at, event)
    return [
        event.reference,
        begins.strftime("%Y-%m-%d"),
        begins.strftime("%H:%M"),
        ends.strftime("%H:%M"),
        event.place,
        event.kind_name,
        event.title,
        event.row["theme"],
        event.form_label,
        event.organiser.name,
        "; ".join(each.name for each in event.cosponsors),
        event.row["abstract"],
    ]


def harmless(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula when it opens a CSV file."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_csv(session: MeetingSession, events: Sequence[Published]) -> bytes:
    """Return the events as RFC 4180 has it, with the mark by which spreadsheet programs know UTF-8."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(columns(session))
    writer.writerows([harmless(text) for text in cells(event)] for event in events)
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(session: MeetingSession, version: ProgrammeVersion | None, events: Sequence[Published]) -> bytes:
    """Return the events as a workbook of one sheet. All cells are texts: nothing in them is ever computed."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = _UNPRINTABLE.sub("", re.sub(r"[\[\]:*?/\\]", " ", _("Side events")))[:31]
    sheet.sheet_view.rightToLeft = get_language_bidi()
    sheet.freeze_panes = "A2"
    for number, texts in enumerate([columns(session), *(cells(event) for event in events)], start=1):
        for column, text in enumerate(texts, start=1):
            cell = sheet.cell(row=number, column=column)
            cell.value = _UNPRINTABLE.sub("", text)
            # Else a title that begins with "=" would be a formula.
            cell.data_type = "s"
            cell.alignment = Alignment(vertical="top", wrap_text=column in WRAPPED)
            if number == 1:
                cell.font = Font(bold=True)
    for column, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.auto_filter.ref = sheet.dimensions
    book.properties.title = session.title
    book.properties.creator = ""
    if version is not None:
        book.properties.created = book.properties.modified = version.at.replace(tzinfo=None)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
