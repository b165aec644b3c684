"""The published list of speakers: any version of it, searched and filtered, and how it came about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cnd.canonical import canonical
from sessions.domain.speakers import SpeakersList
from sessions.forms.public import ListFilter
from sessions.models import Drawing, Level, ListEvent, ListVersion, RegionalGroup
from sessions.services.list_events import as_fact
from sessions.views.public import SessionPage, planned_draw, state_of
from sessions.views.staff_list_reading import Names, told

HAS_LIST = {Drawing.State.DRAWN, Drawing.State.ANNULLED}
LARGEST_NUMBER = 2**31 - 1
PER_PAGE = 300
"""Places and those who wait, together: the list of a session with every Member State is one page, to be printed."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """One row of the list as it is shown; a gap has no name."""

    row: Row
    name: str
    group: RegionalGroup | None
    is_next: bool


@dataclass(frozen=True)
class Part:
    """A run of rows of one kind, under one heading."""

    key: tuple[str, Any, str]
    title: str
    is_continued: bool
    places: list[Place]


@dataclass(frozen=True)
class Step:
    """One version of the list and what made it."""

    version: ListVersion
    sentences: list[str]


def next_place(rows: Sequence[Row]) -> int | None:
    """Return the place of whoever is called next, or None at the end."""
    last_spoken = max((row["place"] for row in rows if row["spoken"]), default=0)
    return next((row["place"] for row in rows if row["delegation"] and row["place"] > last_spoken), None)


def title_of(statement: str, meeting: int | None, level: str) -> str:
    """Name a part of the list."""
    if statement == "group":
        return _("Statements on behalf of regional groups")
    if statement == "other":
        return _("Observers and organisations")
    label = str(Level(level).label)
    return _("Meeting %(n)d: %(level)s") % {"n": meeting, "level": label} if meeting else label


def parts_of(rows: Sequence[Row], names: Names, shown: Mapping[str, bool]) -> list[Part]:
    """Return the rows that are shown, in their order, under a heading for each run of one kind."""
    upcoming = next_place(rows)
    parts: list[Part] = []
    seen: set[tuple[str, Any, str]] = set()
    for key, run in groupby(rows, key=_kind_of):
        places = [
            Place(
                row,
                names.delegation(row["delegation"]) if row["delegation"] else "",
                names.groups.get(row["group"]),
                row["place"] == upcoming,
            )
            for row in run
            if shown[row["place"]]
        ]
        if places:
            parts.append(Part(key, title_of(*key), key in seen, places))
        seen.add(key)
    return parts


def _kind_of(row: Row) -> tuple[str, Any, str]:
    is_national = row["statement"] == "national"
    return row["statement"], row["meeting"], row["level"] if is_national else ""


def steps_of(drawing: Drawing, events: Sequence[ListEvent], pending: int, names: Names) -> list[list[str]]:
    """Say for each version what made it: the first the draw and the `pending` events, each later one an event."""
    assert drawing.bundle is not None
    speakers = SpeakersList(drawing.bundle["announcement"], drawing.bundle["result"])
    steps = [[_("The lots were drawn.")]]
    for number, event in enumerate(events, start=1):
        before = dict(speakers.holders)
        speakers.apply(as_fact(event))
        said = [told(event, names)]
        for slot, holder in speakers.holders.items():
            if holder != before[slot] and holder:
                said.append(_("%(name)s took slot %(slot)d.") % {"name": names.delegation(holder), "slot": slot})
            elif holder != before[slot]:
                said.append(_("Slot %(slot)d is vacant.") % {"slot": slot})
        if number <= pending:
            steps[0] += said
        else:
            steps.append(said)
    return steps


class Speakers(SessionPage):
    """The latest version, or the one that the address or `?version=` names; `?attempt=` names a drawing."""

    template_name = "sessions/public/speakers.html"

    def wanted(self, name: str) -> int | None:
        """Return a number that the address names. Raises Http404 for what is none."""
        given = str(self.kwargs.get(name, self.request.GET.get(name, "")))
        if not given:
            return None
        if not given.isascii() or not given.isdigit() or not 0 < int(given[:12]) <= LARGEST_NUMBER:
            raise Http404(f"no such {name}")
        return int(given)

    @cached_property
    def drawings(self) -> list[Drawing]:
        """Every drawing, the latest first, without announcement and proof, which may be large."""
        if self.debate is None:
            return []
        return list(self.debate.drawings.order_by("-attempt").defer("announcement", "bundle"))

    @cached_property
    def drawing(self) -> Drawing | None:
        """The drawing whose list is shown: the one that stands, or the one asked for."""
        attempt = self.wanted("attempt")
        for drawing in self.drawings:
            is_asked = attempt == drawing.attempt and drawing.state in HAS_LIST
            if is_asked or (attempt is None and drawing.state == Drawing.State.DRAWN):
                return drawing
        if attempt is not None or self.wanted("version"):
            raise Http404("no such list")
        return None

    @cached_property
    def version(self) -> ListVersion | None:
        if self.drawing is None:
            return None
        number = self.wanted("version")
        versions = self.drawing.list_versions.order_by("number")
        version = versions.filter(number=number).first() if number else versions.last()
        if version is None:
            raise Http404("no such version")
        return version

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs) | {"drawing": self.drawing, "version": self.version}
        context["earlier_lists"] = [
            each for each in self.drawings if each.state == Drawing.State.ANNULLED and each != self.drawing
        ]
        if self.drawing is None or self.version is None:
            return context | self._before_the_draw()
        return context | self._listed(self.drawing, self.version)

    def _before_the_draw(self) -> dict[str, Any]:
        announced = next((each for each in self.drawings if each.state == Drawing.State.ANNOUNCED), None)
        context: dict[str, Any] = {"announced": announced, "draw_at": planned_draw(self.meeting_session)}
        if announced:
            context["draw_at"] = self.meeting_session.chain.to_session(announced.draw_at)
            context["announced_state"] = state_of(announced)
        return context

    def _listed(self, drawing: Drawing, version: ListVersion) -> dict[str, Any]:
        names = Names.of(self.meeting_session)
        rows, waiting = version.content["speakers"], version.content["waiting"]
        form = ListFilter(self.request.GET, groups=names.groups.values())
        listed = [row for row in rows if form.shows(row, names)]
        late = {event["delegation"] for event in version.content["events"] if event["kind"] == "late"}
        queued = self._queued(waiting, form, names, late)
        page = Paginator([*listed, *queued], PER_PAGE).get_page(self.request.GET.get("page"))
        places = {each["place"] for each in page if "place" in each}
        steps = self._steps(drawing, names)
        return {
            "form": form,
            "page_obj": page,
            "parts": parts_of(rows, names, {row["place"]: row["place"] in places for row in rows}),
            "count": len(listed),
            "total": len(rows),
            "spoken": sum(row["spoken"] for row in rows),
            "gaps": sum(row["delegation"] is None for row in rows),
            "waiting": [
                {"group": names.groups[code], "entries": list(entries)}
                for code, entries in groupby((each for each in page if "position" in each), itemgetter("group"))
            ],
            "waiting_total": sum(len(each["delegations"]) for each in waiting),
            "steps": list(reversed(steps)),
            "step": next((step for step in steps if step.version == version), None),
            "latest": steps[-1].version,
            "is_latest": version == steps[-1].version,
        }

    @staticmethod
    def _queued(waiting: Sequence[Row], form: ListFilter, names: Names, late: set[str]) -> list[Row]:
        """Return those who wait and are shown, group by group."""
        return [
            {
                "group": each["group"],
                "position": position,
                "code": code,
                "name": names.delegation(code),
                "is_late": code in late,
            }
            for each in waiting
            for position, code in enumerate(each["delegations"], start=1)
            if form.shows({"delegation": code, "group": each["group"], "level": "", "slot": None}, names)
        ]

    @staticmethod
    def _steps(drawing: Drawing, names: Names) -> list[Step]:
        events = list(drawing.events.filter(cancelled_at__isnull=True).order_by("number"))
        versions = list(drawing.list_versions.order_by("number").defer("content"))
        # The first one holds what was pending at the draw; deferred, so that no other version's content is read.
        told_of = steps_of(drawing, events, len(versions[0].content["events"]), names)
        # Not strict: between the two queries somebody may have spoken.
        return [Step(version, said) for version, said in zip(versions, told_of, strict=False)]


class SpeakersFile(Speakers):
    """A version byte by byte as it was hashed."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.drawing is None or self.version is None:
            raise Http404("no list yet")
        response = HttpResponse(canonical(self.version.content), content_type="application/json")
        name = f"{self.meeting_session.code}-list-{self.drawing.attempt}-{self.version.number}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
