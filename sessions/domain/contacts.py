"""Whom to ask: the secretariat's contacts as the rule book keeps them, one a line."""

import re
from dataclasses import dataclass

_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{4,}")


@dataclass(frozen=True)
class Contact:
    """One place of the secretariat that answers."""

    name: str
    telephone: str = ""
    mail: str = ""
    note: str = ""
    """Hours, room, whatever else was written."""

    @property
    def dialled(self) -> str:
        """The telephone number as a device dials it."""
        return re.sub(r"[^0-9+]", "", self.telephone)


def contact_of(line: str) -> Contact:
    """Read a line such as "List of speakers; +43 1 0000 0101; speakers@example.org; Monday to Friday".

    The first part is the name. What looks like a telephone number or an address is taken for one, in any order.
    """
    name, *parts = (part.strip() for part in line.split(";"))
    telephone, mail, notes = "", "", []
    for part in filter(None, parts):
        if not mail and re.fullmatch(r"[^\s@]+@[^\s@]+", part):
            mail = part
        elif not telephone and _TELEPHONE.fullmatch(part):
            telephone = part
        else:
            notes.append(part)
    return Contact(name, telephone, mail, "; ".join(notes))
