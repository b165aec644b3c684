"""The roster from a CSV file: read, previewed with every bad row named, taken whole or not at all."""

import csv
import io
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid
from sessions.models import Delegation, GeneralDebate, Inscription, Level
from sessions.services.inscriptions import inscribe, locked

COLUMNS = ("delegation", "statement", "level", "speaker_name", "speaker_title")
MOST_ROWS = 1000
Statement = Inscription.Statement


@dataclass(frozen=True)
class RosterRow:
    """One good row; `is_known` when the very same inscription stands already."""

    line: int
    delegation: Delegation
    statement: str
    level: str
    speaker_name: str
    speaker_title: str
    is_known: bool


@dataclass(frozen=True)
class RosterFault:
    """One fault of one row: the line of the file, the column where there is one, and what is wrong."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        where = _("line %(n)d") % {"n": self.line} + (f", {self.column}" if self.column else "")
        return f"{where}: {self.message}"


@dataclass
class RosterPreview:
    """What a file would do."""

    rows: list[RosterRow] = field(default_factory=list)
    faults: list[RosterFault] = field(default_factory=list)

    @property
    def new_rows(self) -> list[RosterRow]:
        return [row for row in self.rows if not row.is_known]


def decode(content: bytes) -> str:
    """Return the text of an uploaded file. Raises Invalid when it is no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        message = _("The file is not UTF-8 text; save it as “CSV UTF-8”.")
        raise Invalid("not_utf8", message, fields={"file": [message]}) from fault


def read_roster(debate: GeneralDebate, text: str) -> RosterPreview:
    """Read a file with a header row; `delegation` and `level` are needed, separated by comma, semicolon or tab."""
    preview = RosterPreview()
    text = text.lstrip("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            lines.append((begins, cells))
            # A cell may hold line breaks; what is named is where its row begins.
            begins = reader.line_num + 1
    except csv.Error as fault:
        preview.faults.append(RosterFault(begins, "", _("This is not a CSV file (%(why)s).") % {"why": fault}))
        return preview
    header = [name.strip().lower() for name in lines[0][1]] if lines else []
    for name in ("delegation", "level"):
        if name not in header:
            preview.faults.append(RosterFault(1, name, _("The header has no such column.")))
    for name in header:
        if name not in COLUMNS:
            known = ", ".join(COLUMNS)
            preview.faults.append(RosterFault(1, name, _("Unknown column; known are %(known)s.") % {"known": known}))
    if len(header) != len(set(header)):
        preview.faults.append(RosterFault(1, "", _("A column stands twice in the header.")))
    if len(lines) > MOST_ROWS + 1:
        preview.faults.append(RosterFault(1, "", _("More than %(n)d rows.") % {"n": MOST_ROWS}))
    if not preview.faults:
        _read_rows(debate, header, lines, preview)
    return preview


def _read_rows(
    debate: GeneralDebate, header: list[str], lines: list[tuple[int, list[str]]], preview: RosterPreview
) -> None:
    delegations = {
        each.code: each for each in Delegation.objects.filter(session=debate.session_id).select_related("group")
    }
    standing = {
        (each.delegation_id, each.statement): each for each in debate.inscriptions.standing().select_related("speaker")
    }
    of_group = {each.group_id: each for each in standing.values() if each.statement == Statement.GROUP}
    levels = {str(label).lower(): value for value, label in Level.choices} | {value: value for value in Level.values}
    seen: dict[tuple[str, str], int] = {}
    for number, cells in lines[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        faults_before = len(preview.faults)

        def fault(column: str, message: str, line: int = number) -> None:
            preview.faults.append(RosterFault(line, column, message))

        if len(cells) != len(header):
            fault("", _("%(n)d cells, where the header has %(m)d.") % {"n": len(cells), "m": len(header)})
            continue
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        if "\x00" in "".join(cells):
            fault("", _("A character that no text may hold."))
        delegation = delegations.get(row["delegation"].upper())
        if delegation is None:
            fault("delegation", _("No delegation has the code “%(code)s”.") % {"code": row["delegation"][:20]})
        level = levels.get(row["level"].lower(), "")
        if not level:
            wanted = ", ".join(Level.values)
            fault("level", _("“%(level)s” is none of %(wanted)s.") % {"level": row["level"][:40], "wanted": wanted})
        for name in ("speaker_name", "speaker_title"):
            if len(row.get(name, "")) > 200:
                fault(name, _("Longer than 200 characters."))
        if delegation is None:
            continue
        own = Statement.NATIONAL if delegation.kind == Delegation.Kind.MEMBER_STATE else Statement.OTHER
        statement = row.get("statement", "").lower() or own.value
        if statement not in {own, Statement.GROUP} or (statement == Statement.GROUP and own == Statement.OTHER):
            fault("statement", _("%(name)s cannot make this kind of statement.") % {"name": delegation.name})
        key = delegation.group.code if statement == Statement.GROUP and delegation.group else delegation.code
        if (key, statement) in seen:
            fault("", _("The same statement stands in line %(n)d.") % {"n": seen[key, statement]})
        seen[key, statement] = number
        known = standing.get((delegation.pk, statement))
        if known and level and known.level != level:
            fault("level", _("Inscribed already, at another level; change it on the roster."))
        if statement == Statement.GROUP and delegation.group:
            chair, spoken_for = delegation.group.chair_id, of_group.get(delegation.group_id)
            if chair not in (None, delegation.pk) or (spoken_for and spoken_for.delegation_id != delegation.pk):
                fault("statement", _("Another delegation chairs this group."))
        if len(preview.faults) == faults_before:
            name, title = row.get("speaker_name", ""), row.get("speaker_title", "")
            preview.rows.append(RosterRow(number, delegation, statement, level, name, title, known is not None))


def import_roster(*, debate: GeneralDebate, text: str, actor: Actor, reason: str = "") -> int:
    """Inscribe every row that is not there yet, in row order, all or nothing; return how many were.

    Raises Invalid naming every bad row; whatever `inscribe` raises, for instance outside the window without a reason.
    """
    require_secretariat(actor)
    with journal.decision(debate.session.chain, action="import_roster", subject="roster", actor=actor, reason=reason):
        debate = locked(debate)
        preview = read_roster(debate, text)
        if preview.faults:
            raise Invalid(
                "roster_faults",
                _("Nothing was imported; these rows are wrong."),
                fields={"file": [str(fault) for fault in preview.faults]},
            )
        for row in preview.new_rows:
            inscribe(
                debate=debate,
                delegation=row.delegation,
                level=row.level,
                statement=row.statement,
                speaker_name=row.speaker_name,
                speaker_title=row.speaker_title,
                actor=actor,
                reason=reason,
            )
    return len(preview.new_rows)
