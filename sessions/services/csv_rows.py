"""Rows of a CSV file that somebody sends, with every fault of its form named by line and column."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from django.utils.translation import gettext as _

from cnd.errors import Invalid

MOST_ROWS = 1000


@dataclass(frozen=True)
class Fault:
    """One fault of one row: the line of the file, the column where there is one, and what is wrong."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        where = _("line %(n)d") % {"n": self.line} + (f", {self.column}" if self.column else "")
        return f"{where}: {self.message}"


@dataclass(frozen=True)
class Line:
    """One row that is whole, and the line of the file where it begins."""

    number: int
    cells: dict[str, str]


class Row(Protocol):
    """One good row; `is_known` when what it says stands already."""

    @property
    def line(self) -> int: ...
    @property
    def is_known(self) -> bool: ...


AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass
class Preview(Generic[AnyRow]):
    """What a file would do."""

    rows: list[AnyRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def new_rows(self) -> list[AnyRow]:
        return [row for row in self.rows if not row.is_known]

    @property
    def known_rows(self) -> list[AnyRow]:
        return [row for row in self.rows if row.is_known]


def decode(content: bytes) -> str:
    """Return the text of an uploaded file. Raises Invalid when it is no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        message = _("The file is not UTF-8 text; save it as “CSV UTF-8”.")
        raise Invalid("not_utf8", message, fields={"file": [message]}) from fault


def read_lines(text: str, *, columns: Sequence[str], needed: Sequence[str]) -> tuple[list[Line], list[Fault]]:
    """Read a text with a header row, separated by comma, semicolon or tab; empty rows do not count.

    Where header or form are wrong, there are faults and no rows; a row of the wrong length is a fault and no row.
    """
    faults: list[Fault] = []
    text = text.lstrip("\ufeff")
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    rows: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            rows.append((begins, cells))
            # A cell may hold line breaks; what is named is where its row begins.
            begins = reader.line_num + 1
    except csv.Error as fault:
        return [], [Fault(begins, "", _("This is not a CSV file (%(why)s).") % {"why": fault})]
    header = [name.strip().lower() for name in rows[0][1]] if rows else []
    faults += [Fault(1, name, _("The header has no such column.")) for name in needed if name not in header]
    known = {"known": ", ".join(columns)}
    faults += [
        Fault(1, name, _("Unknown column; known are %(known)s.") % known) for name in header if name not in columns
    ]
    if len(header) != len(set(header)):
        faults.append(Fault(1, "", _("A column stands twice in the header.")))
    if len(rows) > MOST_ROWS + 1:
        faults.append(Fault(1, "", _("More than %(n)d rows.") % {"n": MOST_ROWS}))
    if faults:
        return [], faults
    lines = []
    for number, cells in rows[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            count = {"n": len(cells), "m": len(header)}
            faults.append(Fault(number, "", _("%(n)d cells, where the header has %(m)d.") % count))
            continue
        if "\x00" in "".join(cells):
            faults.append(Fault(number, "", _("A character that no text may hold.")))
        lines.append(Line(number, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    return lines, faults


def read_preview(
    text: str,
    *,
    columns: Sequence[str],
    needed: Sequence[str],
    read_rows: Callable[[list[Line], Preview[AnyRow]], None],
) -> Preview[AnyRow]:
    """Read a text with a header row; `read_rows` adds the good rows and the faults of what the cells say."""
    preview: Preview[AnyRow] = Preview()
    lines, faults = read_lines(text, columns=columns, needed=needed)
    read_rows(lines, preview)
    bad = {fault.line for fault in faults}
    preview.rows = [row for row in preview.rows if row.line not in bad]
    # As somebody mends the file: from its top to its end.
    preview.faults = sorted([*faults, *preview.faults], key=lambda fault: fault.line)
    return preview
