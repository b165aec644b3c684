"""The programme as it is published: rows of plain values, and what tells one version from the next.

Rows name codes and references, never persons. What an event is and where it stands are two things: it is moved, or it
is changed, or both.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = dict[str, Any]
FORMAT = "cnd-programme/1"
PLACED = ("starts_at", "ends_at", "room")
"""Where an event stands; all else is what it is."""
LAST_CHANGED = "version"
"""The version of the programme in which a row became what it is. It tells nothing of the event itself."""


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return rows as they are published: by time, then room, then reference."""
    return sorted(rows, key=lambda row: (row["starts_at"], row["ends_at"], row["room"] or "", row["event"]))


def placed(row: Mapping[str, Any]) -> Row:
    """Return where and when an event stands."""
    return {name: row[name] for name in PLACED}


def described(row: Mapping[str, Any]) -> Row:
    """Return what an event is, wherever it stands."""
    return {name: value for name, value in row.items() if name not in PLACED and name != LAST_CHANGED}


def difference(before: Iterable[Row], after: Iterable[Row]) -> dict[str, list[Any]]:
    """Return what is new in `after`: added, moved, changed and removed, each in the order of the programme."""
    old = {row["event"]: row for row in before}
    new = {row["event"]: row for row in after}
    both = [(old[row["event"]], row) for row in in_order(new.values()) if row["event"] in old]
    return {
        "added": [row["event"] for row in in_order(new.values()) if row["event"] not in old],
        "moved": [
            {"event": now["event"], "before": placed(was), "after": placed(now)}
            for was, now in both
            if placed(was) != placed(now)
        ],
        "changed": [
            {"event": now["event"], "fields": fields}
            for was, now in both
            if (fields := _changes(described(was), described(now)))
        ],
        # Whole rows: nothing else of this version says what they were.
        "removed": [row for row in in_order(old.values()) if row["event"] not in new],
    }


def _changes(was: Row, now: Row) -> dict[str, dict[str, Any]]:
    return {
        name: {"before": was.get(name), "after": now.get(name)}
        for name in sorted({*was, *now})
        if was.get(name) != now.get(name)
    }


def is_new(found: Mapping[str, Sequence[Any]]) -> bool:
    """Tell whether a difference says anything at all."""
    return any(found.values())


def numbered(before: Iterable[Row], after: Iterable[Row], number: int) -> list[Row]:
    """Return the rows of `after` in order, each with the version in which it became what it is."""
    old = {row["event"]: row for row in before}
    rows: list[Row] = []
    for row in in_order(after):
        was = old.get(row["event"])
        is_same = was is not None and placed(was) == placed(row) and described(was) == described(row)
        rows.append({**row, LAST_CHANGED: was[LAST_CHANGED] if was is not None and is_same else number})
    return rows


def content_of(
    *,
    session: str,
    number: int,
    at: str,
    note: str,
    is_rehearsal: bool,
    previous: Mapping[str, Any] | None,
    rows: Iterable[Row],
) -> dict[str, Any]:
    """Return the content of a version, of JSON values alone; `previous` is the content of the one before."""
    before: list[Row] = previous["events"] if previous else []
    after = list(rows)
    return {
        "format": FORMAT,
        "session": session,
        "version": number,
        "at": at,
        "rehearsal": is_rehearsal,
        "note": note,
        "difference": difference(before, after),
        "events": numbered(before, after, number),
    }
