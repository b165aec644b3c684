"""The roster from a CSV file: read, previewed with every bad row named, taken whole or not at all."""

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid
from sessions.models import Delegation, GeneralDebate, Inscription, Level
from sessions.services.csv_rows import Fault, Line, Preview, read_preview
from sessions.services.inscriptions import inscribe, locked

COLUMNS = ("delegation", "statement", "level", "speaker_name", "speaker_title")
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


def read_roster(debate: GeneralDebate, text: str) -> Preview[RosterRow]:
    """Read a file with a header row; `delegation` and `level` are needed, separated by comma, semicolon or tab."""
    return read_preview(text, columns=COLUMNS, needed=("delegation", "level"), read_rows=partial(_read_rows, debate))


def _read_rows(debate: GeneralDebate, lines: list[Line], preview: Preview[RosterRow]) -> None:
    delegations = {
        each.code: each for each in Delegation.objects.filter(session=debate.session_id).select_related("group")
    }
    standing = {
        (each.delegation_id, each.statement): each for each in debate.inscriptions.standing().select_related("speaker")
    }
    of_group = {each.group_id: each for each in standing.values() if each.statement == Statement.GROUP}
    levels = {str(label).lower(): value for value, label in Level.choices} | {value: value for value in Level.values}
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        number, row = line.number, line.cells
        faults_before = len(preview.faults)

        def fault(column: str, message: str, line: int = number) -> None:
            preview.faults.append(Fault(line, column, message))

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
