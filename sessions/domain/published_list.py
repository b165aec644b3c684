"""What a published list of speakers says of one delegation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A place on the list, with its slot if it has one; or a position on a group's waiting list."""

    statement: str
    place: int
    of: int
    slot: int | None = None
    group: str = ""
    """Whose waiting list it is."""


def entries_of(content: Mapping[str, Any], delegation: str) -> list[Entry]:
    """Return where a delegation stands in a list, the first place first; nothing when it is not in it."""
    rows = content["speakers"]
    found = [
        Entry(row["statement"], row["place"], len(rows), row["slot"]) for row in rows if row["delegation"] == delegation
    ]
    for queue in content["waiting"]:
        if delegation in queue["delegations"]:
            position = queue["delegations"].index(delegation) + 1
            found.append(Entry("national", position, len(queue["delegations"]), group=queue["group"]))
    return found
