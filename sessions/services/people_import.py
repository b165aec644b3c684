"""Focal points from a CSV file: read, previewed with every bad row named, invited all together or not at all."""

from dataclasses import dataclass
from functools import partial

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor
from cnd.errors import DomainError, Invalid
from cnd.models import User
from cnd.users import system_chain
from sessions.models import Delegation, Invitation, MeetingSession, Membership
from sessions.services.csv_rows import Fault, Line, Preview, read_preview
from sessions.services.invitations import check_person, invite, require_may_be_invited
from sessions.services.memberships import require_may_grant

COLUMNS = ("delegation", "name", "email", "language")
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True)
class PersonRow:
    """One good row, and what it will do."""

    line: int
    delegation: Delegation
    name: str
    email: str
    language: str
    is_known: bool
    """Invited already, or acting for the delegation already: left as it is."""
    has_account: bool
    """An account in use, which gets the delegation at once."""


def read_people(session: MeetingSession, text: str) -> Preview[PersonRow]:
    """Read a file with a header row; all of COLUMNS but `language` are needed."""
    return read_preview(text, columns=COLUMNS, needed=COLUMNS[:3], read_rows=partial(_read_rows, session))


def _read_rows(session: MeetingSession, lines: list[Line], preview: Preview[PersonRow]) -> None:
    delegations = {each.code: each for each in Delegation.objects.filter(session=session)}
    addresses = {line.cells["email"].lower() for line in lines}
    accounts = {user.email.lower(): user for user in User.objects.annotate(to=Lower("email")).filter(to__in=addresses)}
    pairs = {"delegation__session": session, "user__in": accounts.values()}
    known = set(Membership.objects.filter(**pairs).values_list("user_id", "delegation_id"))
    opened = Invitation.objects.filter(**pairs, accepted_at__isnull=True, revoked_at__isnull=True)
    known |= set(opened.values_list("user_id", "delegation_id"))
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        row, faults = line.cells, []
        code, email = row["delegation"].upper(), row["email"].lower()
        language = row.get("language", "").lower() or DEFAULT_LANGUAGE
        delegation, user = delegations.get(code), accounts.get(email)
        if delegation is None:
            said = _("No delegation has the code “%(code)s”.") % {"code": row["delegation"][:20]}
            faults.append(Fault(line.number, "delegation", said))
        try:
            check_person(name=row["name"], email=email, language=language)
        except Invalid as fault:
            faults += [Fault(line.number, name, text) for name, texts in fault.fields.items() for text in texts]
        try:
            if user is not None:
                require_may_be_invited(user)
        except DomainError as fault:
            faults.append(Fault(line.number, "email", str(fault)))
        if (code, email) in seen:
            said = _("The same person stands in line %(n)d for this delegation.") % {"n": seen[code, email]}
            faults.append(Fault(line.number, "", said))
        seen.setdefault((code, email), line.number)
        preview.faults += faults
        if delegation is not None and not faults:
            is_known = user is not None and (user.pk, delegation.pk) in known
            has_account = user is not None and user.is_active
            preview.rows.append(PersonRow(line.number, delegation, row["name"], email, language, is_known, has_account))


def import_people(*, session: MeetingSession, text: str, actor: Actor) -> int:
    """Invite everybody who is not yet, all or nothing; return how many were. Raises Invalid naming every bad row."""
    require_may_grant(actor)
    with journal.decision(system_chain(), action="import_people", subject="accounts", actor=actor):
        # The session is the parent: of a file sent twice at once, the second finds everybody invited.
        MeetingSession.objects.select_for_update(no_key=True).get(pk=session.pk)
        preview = read_people(session, text)
        if preview.faults:
            raise Invalid(
                "people_faults",
                _("Nobody was invited; these rows are wrong."),
                fields={"file": [str(fault) for fault in preview.faults]},
            )
        # Whoever locks several accounts takes them in one order.
        for row in sorted(preview.new_rows, key=lambda row: row.email):
            invite(delegation=row.delegation, name=row.name, email=row.email, language=row.language, actor=actor)
    return len(preview.new_rows)
