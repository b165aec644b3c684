"""The published programme as it is read: rows of a version with the names of today, in the reader's language.

Erased or renamed things are looked up where they are kept, so that a version itself never changes.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from cnd.clock import parse_rfc3339
from logistics.domain.programme import Row
from logistics.models import Application, EventKind, ProgrammeVersion, Room
from logistics.services.busy import Busy, register_busy
from logistics.services.door import Entry, register_occupants
from logistics.services.occupancy import EVENTS
from sessions.models import Delegation, MeetingSession

SOURCE = "side-events"


@dataclass(frozen=True)
class Party:
    """An organiser or a co-sponsor; a body that is no delegation of the session has no code."""

    code: str
    name: str


@dataclass(frozen=True)
class Published:
    """One event as a version of the programme has it."""

    row: Row
    zone: ZoneInfo
    kind_name: str
    organiser: Party
    cosponsors: list[Party]
    room: Room | None

    @property
    def reference(self) -> str:
        return str(self.row["event"])

    @property
    def title(self) -> str:
        return str(self.row["title"])

    @property
    def form_label(self) -> str:
        return str(dict(Application.Form.choices).get(self.row["form"], self.row["form"]))

    @cached_property
    def starts_at(self) -> datetime:
        return parse_rfc3339(self.row["starts_at"])

    @cached_property
    def ends_at(self) -> datetime:
        return parse_rfc3339(self.row["ends_at"])

    @property
    def day(self) -> date:
        """The day on which it begins, where the meeting is held."""
        return self.starts_at.astimezone(self.zone).date()

    @property
    def place(self) -> str:
        """Where it is held, in words."""
        return self.room.name if self.room else str(self.row["room"] or _("Online"))


@dataclass(frozen=True)
class Wanted:
    """Which events somebody asks for; what is empty asks for nothing in particular."""

    day: date | None = None
    room: str = ""
    theme: str = ""
    form: str = ""
    kind: str = ""
    organiser: str = ""

    def shows(self, event: Published) -> bool:
        """Tell whether an event is among those asked for. Codes count in capitals or not."""
        asked = ("room", "theme", "form", "kind", "organiser")
        return (self.day is None or event.day == self.day) and all(
            not getattr(self, name) or str(event.row[name] or "").casefold() == getattr(self, name).casefold()
            for name in asked
        )


class Directory:
    """The names of a session's delegations, rooms and kinds of events: one query each, when first asked for."""

    def __init__(self, session: MeetingSession) -> None:
        self.session = session

    @cached_property
    def delegations(self) -> dict[str, Delegation]:
        return {each.code: each for each in self.session.delegations.only("code", "names", "session")}

    @cached_property
    def rooms(self) -> dict[str, Room]:
        # Retired ones too: a version of old still says where it was.
        return {each.code: each for each in self.session.rooms.all()}

    @cached_property
    def kinds(self) -> dict[str, EventKind]:
        return {each.code: each for each in self.session.event_kinds.all()}

    def party(self, code: str | None, name: str = "") -> Party:
        """Name a delegation, or another body by the name it has."""
        found = self.delegations.get(code or "")
        return Party(code or "", found.name if found else name or code or "")

    def place(self, code: str | None) -> str:
        """Name a room; no room means online."""
        found = self.rooms.get(code or "")
        return found.name if found else code or _("Online")

    def event(self, row: Row) -> Published:
        kind = self.kinds.get(row["kind"])
        return Published(
            row=row,
            zone=self.session.zone,
            kind_name=kind.name if kind else str(row["kind"]),
            organiser=self.party(row["organiser"]),
            cosponsors=[self.party(each["delegation"], each["name"]) for each in row["cosponsors"]],
            room=self.rooms.get(row["room"] or ""),
        )


def latest_version(session: MeetingSession) -> ProgrammeVersion | None:
    """Return what is published now; None before the first publication."""
    return ProgrammeVersion.objects.filter(programme__session=session).order_by("-number").first()


def events_of(
    session: MeetingSession, version: ProgrammeVersion | None, directory: Directory | None = None
) -> list[Published]:
    """Return the events of a version, by time and room; none before the first one."""
    directory = directory or Directory(session)
    return [directory.event(row) for row in version.content["events"]] if version else []


def published_events(session: MeetingSession) -> list[Published]:
    """Return what is published now, by time and room."""
    return events_of(session, latest_version(session))


def published_event(session: MeetingSession, reference: str) -> Published | None:
    """Return one event as it is published now."""
    version = latest_version(session)
    row = next((row for row in version.content["events"] if row["event"] == reference), None) if version else None
    return Directory(session).event(row) if row else None


def application_of(session: MeetingSession, reference: str) -> Application | None:
    """Return the application behind a reference such as `high-level-4`."""
    code, _dash, number = reference.rpartition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    found = Application.objects.filter(kind__session=session, kind__code=code, receipt_number=int(number))
    return found.select_related("kind", "organiser", "speakers", "flyer").first()


def events_in_room(session: MeetingSession, room: Room, starts_at: datetime, ends_at: datetime) -> list[Published]:
    """Return the published events of a room within an interval, by time."""
    return [
        each
        for each in published_events(session)
        if each.row["room"] == room.code and each.starts_at < ends_at and each.ends_at > starts_at
    ]


def entries_of_events(session: MeetingSession, room: Room, starts_at: datetime, ends_at: datetime) -> Iterator[Entry]:
    """Yield what the display at a room's door shows of the published events."""
    for each in events_in_room(session, room, starts_at, ends_at):
        yield Entry(each.starts_at, each.ends_at, each.title, each.organiser.name, f"{EVENTS}{each.reference}")


# --- who is elsewhere -------------------------------------------------------------------------------------------------


def busy_by_events(
    session: MeetingSession, delegation_ids: Collection[int], starts_at: datetime, ends_at: datetime
) -> Iterator[Busy]:
    """Yield when organisers and co-sponsors are at their published events: two queries."""
    version = latest_version(session)
    if version is None:
        return
    wanted = dict(session.delegations.filter(pk__in=delegation_ids).values_list("code", "pk"))
    for row in version.content["events"]:
        begins, ends = parse_rfc3339(row["starts_at"]), parse_rfc3339(row["ends_at"])
        if begins >= ends_at or ends <= starts_at:
            continue
        for code in parties_of(row):
            if code in wanted:
                yield Busy(wanted[code], begins, ends, SOURCE, _("Side event: %(title)s") % {"title": row["title"]})


def parties_of(row: Row) -> list[str]:
    """Return the codes of the delegations that stand behind an event, the main organiser first, each once."""
    codes = [row["organiser"], *(each["delegation"] for each in row["cosponsors"] if each["delegation"])]
    return list(dict.fromkeys(codes))


def by_day(events: Iterable[Published]) -> list[tuple[date, list[Published]]]:
    """Return events, in their order, under the days on which they begin."""
    days: dict[date, list[Published]] = {}
    for event in events:
        days.setdefault(event.day, []).append(event)
    return sorted(days.items())


def by_room(events: Sequence[Published]) -> list[tuple[Room | None, str, list[Published]]]:
    """Return events under the rooms in which they are held, in the order of the inventory; those online last."""
    rooms: dict[str, list[Published]] = {}
    for event in events:
        rooms.setdefault(event.row["room"] or "", []).append(event)
    found = [(each[0].room, each[0].place, each) for each in rooms.values()]
    return sorted(found, key=lambda each: (each[0] is None, each[0].position if each[0] else 0, each[1]))


def register() -> None:
    """Have published events be known as busy times, and shown at the doors."""
    register_busy(SOURCE, busy_by_events)
    register_occupants(EVENTS, entries_of_events)
