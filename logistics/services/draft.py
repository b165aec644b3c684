"""The draft of the programme as staff see it: what stands where and what is not as it should be."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.utils.translation import gettext as _

from cnd.clock import parse_rfc3339
from cnd.instants import day_text, hour_text
from logistics.domain.cells import moment_of
from logistics.domain.conflicts import Conflict, Given, Wanted, Window, clashes_of, conflicts_of, overlap
from logistics.models import Application, Block, Cell, EventKind, Placement, Room
from logistics.services.busy import busy_times
from logistics.services.occupancy import taken
from logistics.services.placements import days_of
from logistics.services.rooms import hours_of
from sessions.models import Delegation, Meeting, MeetingSession
from sessions.services.rules import rule_book


@dataclass(frozen=True)
class Other:
    """What else takes the time of a room: a blocked time or a booking."""

    starts_at: datetime
    ends_at: datetime
    said: str


@dataclass
class Standing:
    """An accepted event with where it stands, if anywhere, and what is not as it should be, in words."""

    application: Application
    placement: Placement | None = None
    warnings: list[str] = field(default_factory=list)


class Draft:
    """One reading of the draft. The number of queries does not depend on how many events there are."""

    def __init__(self, session: MeetingSession) -> None:
        self.session = session
        self.book = rule_book(session)
        self.kinds = list(EventKind.objects.filter(session=session))
        accepted = Application.objects.filter(kind__session=session, state=Application.State.ACCEPTED)
        rows = accepted.select_related("kind", "organiser").prefetch_related("cosponsors__delegation")
        placed = {
            each.application_id: each
            for each in Placement.objects.filter(application__kind__session=session).select_related("room")
        }
        self.events = [
            Standing(each, placed.get(each.pk)) for each in rows.order_by("kind__position", "receipt_number")
        ]
        self._warn()

    @cached_property
    def rooms(self) -> list[Room]:
        """The rooms for side events, and any that is none any more while something stands in it."""
        used = {each.placement.room_id for each in self.events if each.placement}
        of_session = Room.objects.filter(session=self.session)
        return [room for room in of_session if (room.is_for_events and room.retired_at is None) or room.pk in used]

    @property
    def unplaced(self) -> list[Standing]:
        return [each for each in self.events if each.placement is None]

    @cached_property
    def days(self) -> list[date]:
        """Every day on which an event of any kind may be held."""
        found: set[date] = set()
        for kind in self.kinds:
            first, last = days_of(self.book, kind)
            found.update(first + timedelta(days=number) for number in range((last - first).days + 1))
        return sorted(found)

    def hours(self) -> tuple[time, time]:
        """Return when the first room opens and the last one closes."""
        hours = [hours_of(room, self.book) for room in self.rooms] or [hours_of(None, self.book)]
        return min(opens for opens, _closes in hours), max(closes for _opens, closes in hours)

    def bounds(self, day: date) -> Window:
        """Return the moments between which a day of the draft lies."""
        opens, closes = self.hours()
        zone = self.session.zone
        return datetime.combine(day, opens, zone), datetime.combine(day, closes, zone)

    def on(self, day: date) -> list[Standing]:
        """Return what stands on a day, by time and room."""
        zone = self.session.zone
        found = [
            each for each in self.events if each.placement and each.placement.starts_at.astimezone(zone).date() == day
        ]
        return sorted(found, key=lambda each: (each.placement.starts_at, each.application.pk) if each.placement else ())

    def others(self, day: date) -> dict[int, list[Other]]:
        """Return what else takes the rooms on a day, by room."""
        begins, ends = self.bounds(day)
        of_room = {room.resource: room.pk for room in self.rooms}
        found = [
            each
            for each in taken(list(of_room), begins, ends, layers=(Cell.Layer.DRAFT,))
            if not each.holder.startswith("event:")
        ]
        keys = [int(each.holder.partition(":")[2]) for each in found if each.holder.startswith("block:")]
        reasons = dict(Block.objects.filter(pk__in=keys).values_list("pk", "reason"))
        others: dict[int, list[Other]] = defaultdict(list)
        for each in found:
            kind, _colon, key = each.holder.partition(":")
            said = _("Blocked: %(reason)s") % {"reason": reasons.get(int(key), "")} if kind == "block" else _("Booked")
            others[of_room[each.resource]].append(Other(each.starts_at, each.ends_at, said))
        return others

    # --- what is not as it should be ---

    def check(self, application: Application, placement: Placement) -> list[str]:
        """Return in words what would not be as it should be if an event stood there."""
        trial = [Standing(each.application, each.placement) for each in self.events if each.application != application]
        trial.append(Standing(application, placement))
        found = self._conflicts(trial, only=application.pk)
        return self._worded(found.get(application.pk, []))

    def _warn(self) -> None:
        found = self._conflicts(self.events)
        for each in self.events:
            each.warnings = self._worded(found.get(each.application.pk, []))

    def _conflicts(self, events: Iterable[Standing], *, only: int | None = None) -> dict[int, list[Conflict]]:
        placed = {
            each.application.pk: (wanted_of(each.application), given_of(each.placement))
            for each in events
            if each.placement
        }
        self._named = {each.application.pk: each.application for each in events}
        found: dict[int, list[Conflict]] = defaultdict(list)
        for pk, (wanted, given) in placed.items():
            if only in (None, pk):
                found[pk] += conflicts_of(wanted, given)
        for pk, clashes in clashes_of(placed).items():
            found[pk] += clashes
        self._meetings(placed, found)
        self._elsewhere(placed, found)
        return found

    def _meetings(self, placed: dict[int, tuple[Wanted, Given]], found: dict[int, list[Conflict]]) -> None:
        apart = {kind.pk for kind in self.kinds if not self.book.boolean(kind.scope, "during_meetings")}
        concerned = [pk for pk in placed if self._named[pk].kind_id in apart]
        if not concerned:
            return
        meetings = list(Meeting.objects.filter(segment__session=self.session).values_list("opens_at", "closes_at"))
        for pk in concerned:
            given = placed[pk][1]
            if any(overlap((given.starts_at, given.ends_at), each) for each in meetings):
                found[pk].append(Conflict("during_a_meeting"))

    def _elsewhere(self, placed: dict[int, tuple[Wanted, Given]], found: dict[int, list[Conflict]]) -> None:
        if not placed:
            return
        people = {code for wanted, _given in placed.values() for code in wanted.people}
        delegations = Delegation.objects.filter(session=self.session, code__in=people)
        begins = min(given.starts_at for _wanted, given in placed.values())
        ends = max(given.ends_at for _wanted, given in placed.values())
        of_pk = {each.pk: each for each in delegations}
        # What is published of these very events is about to be moved: it is no clash.
        for busy in busy_times(self.session, delegations, begins, ends, without=("side-events",)):
            delegation = of_pk[busy.delegation_id]
            for pk, (wanted, given) in placed.items():
                window = (given.starts_at, given.ends_at)
                if delegation.code in wanted.people and overlap(window, (busy.starts_at, busy.ends_at)):
                    found[pk].append(Conflict("elsewhere", {"who": delegation.name, "what": busy.what}))

    def _worded(self, conflicts: Iterable[Conflict]) -> list[str]:
        return list(dict.fromkeys(self._said(each) for each in conflicts))

    def _said(self, conflict: Conflict) -> str:
        facts = conflict.facts
        match conflict.code:
            case "too_small":
                return _("%(attendance)d people are expected, the room seats %(capacity)d.") % facts
            case "equipment_missing":
                return _("The room lacks: %(what)s.") % {"what": ", ".join(facts["equipment"])}
            case "not_accessible":
                return _("The room has no step-free access, which is needed.")
            case "impossible_time":
                return _("The organiser said that this time is impossible.")
            case "not_as_wished":
                return _("It is none of the times that the organiser wished.")
            case "too_short":
                return _("It is shorter than applied for.")
            case "during_a_meeting":
                return _("It coincides with a meeting of the session.")
            case "elsewhere":
                return _("%(who)s is elsewhere at that time: %(what)s.") % facts
            case "in_two_places":
                other = self._named[facts["event"]]
                return _("%(who)s is at “%(title)s” at the same time.") % {
                    "who": ", ".join(facts["people"]),
                    "title": other.title,
                }
        raise ValueError(conflict.code)


def windows_of(value: Iterable[Iterable[str]]) -> list[Window]:
    """Read stored times, pairs of instants in RFC 3339."""
    return [(parse_rfc3339(begins), parse_rfc3339(ends)) for begins, ends in value]


def people_of(application: Application) -> frozenset[str]:
    """Return the codes of organiser and co-sponsors that are delegations of the session."""
    own = {each.delegation.code for each in application.cosponsors.all() if each.delegation}
    return frozenset(own | {application.organiser.code})


def wanted_of(application: Application) -> Wanted:
    """Return what an event asks for."""
    return Wanted(
        length=timedelta(minutes=application.length_min or 0),
        attendance=0 if application.form == Application.Form.VIRTUAL else application.attendance or 0,
        equipment=frozenset(application.equipment),
        needs_accessible=application.needs_accessible,
        wished=windows_of(application.wished_times),
        impossible=windows_of(application.impossible_times),
        people=people_of(application),
    )


def given_of(placement: Placement) -> Given:
    """Return what an event gets where it stands."""
    room = placement.room
    return Given(
        starts_at=placement.starts_at,
        ends_at=placement.ends_at,
        capacity=room.capacity if room else None,
        equipment=frozenset(room.equipment) if room else frozenset(),
        is_accessible=room.is_accessible if room else True,
    )


def said_of(session: MeetingSession, placement: Placement) -> str:
    """Say where and when an event stands."""
    words = {
        "room": placement.room.name if placement.room else _("online"),
        "day": day_text(placement.starts_at, session.time_zone),
        "from": hour_text(placement.starts_at, session.time_zone),
        "until": hour_text(placement.ends_at, session.time_zone),
    }
    return _("%(day)s, %(from)s–%(until)s, %(room)s") % words


def step_of(moment: datetime, begins: datetime) -> int:
    """Return how many five-minute steps a moment lies behind the beginning of a day of the grid."""
    return int((moment - begins) / (moment_of(1) - moment_of(0)))
