"""What a version of the programme changed, in words: for the changelog, its feed, and a look before publishing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cnd.clock import parse_rfc3339
from cnd.instants import hour_text, instant_text
from logistics.domain.programme import Row
from logistics.models import Application
from logistics.services.published import Directory, Published

NAMES = {
    "title": gettext_lazy("Title"),
    "abstract": gettext_lazy("Abstract"),
    "theme": gettext_lazy("Theme"),
    "form": gettext_lazy("Form"),
    "kind": gettext_lazy("Kind"),
    "organiser": gettext_lazy("Organiser"),
    "cosponsors": gettext_lazy("Co-sponsors"),
}


@dataclass(frozen=True)
class Part:
    """One part of an event that is another now."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """What happened to one event; `kind` is added, moved, changed or removed."""

    kind: str
    event: Published
    parts: list[Part] = field(default_factory=list)

    @property
    def when(self) -> str:
        """When and where it is held; where it was, of a removed one."""
        return stand(self.event.row, self.event.zone.key, self.event.place)

    @property
    def sentence(self) -> str:
        """The change in one line."""
        said = {"title": self.event.title, "when": self.when, "parts": ""}
        if self.kind == "added":
            return _("New: “%(title)s”, %(when)s.") % said
        if self.kind == "removed":
            return _("Taken out: “%(title)s”, which was to be held %(when)s.") % said
        if self.kind == "moved":
            return _("Moved: “%(title)s”, now %(when)s; before: %(before)s.") % (
                said | {"before": self.parts[0].before}
            )
        names = ", ".join(each.name for each in self.parts)
        return _("Changed: “%(title)s” (%(parts)s).") % (said | {"parts": names})


def stand(placed: Mapping[str, Any], zone: str, place: str) -> str:
    """Say when and where something is held."""
    begins, ends = parse_rfc3339(placed["starts_at"]), parse_rfc3339(placed["ends_at"])
    return f"{instant_text(begins, zone, place=False)}–{hour_text(ends, zone)}, {place}"


def changes_of(directory: Directory, difference: Mapping[str, list[Any]], rows: Iterable[Row]) -> list[Change]:
    """Return a difference in words: what is new, what moved, what else changed, what is gone."""
    events = {row["event"]: directory.event(row) for row in rows}
    zone = directory.session.time_zone
    changes = [Change("added", events[reference]) for reference in difference["added"]]
    for each in difference["moved"]:
        texts = [stand(each[side], zone, directory.place(each[side]["room"])) for side in ("before", "after")]
        changes.append(Change("moved", events[each["event"]], [Part(_("Time and room"), *texts)]))
    for each in difference["changed"]:
        parts = [
            Part(str(NAMES.get(name, name)), *(_said(directory, name, sides[side]) for side in ("before", "after")))
            for name, sides in each["fields"].items()
        ]
        changes.append(Change("changed", events[each["event"]], parts))
    return changes + [Change("removed", directory.event(row)) for row in difference["removed"]]


def _said(directory: Directory, name: str, value: Any) -> str:
    if name == "organiser":
        return directory.party(value).name
    if name == "cosponsors":
        return ", ".join(directory.party(each["delegation"], each["name"]).name for each in value) or "–"
    if name == "form":
        return str(dict(Application.Form.choices).get(value, value))
    if name == "kind" and value in directory.kinds:
        return directory.kinds[value].name
    return str(value) or "–"
