"""What the solver is given of a session, and its proposal in words."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cnd.clock import rfc3339
from logistics.domain.placement import Event, Placement, Problem, Proposal, Reason, Room, Unmet, Why, Window, Wish
from logistics.models import Application, Cell
from logistics.models import Room as RoomRow
from logistics.services.busy import busy_times
from logistics.services.draft import Draft, Standing, people_of, windows_of
from logistics.services.occupancy import taken
from logistics.services.placements import days_of, turnaround_of
from logistics.services.rooms import hours_of
from sessions.models import Delegation, Meeting

STEP = timedelta(minutes=5)


def problem_of(draft: Draft) -> Problem:
    """Return what is to be placed, in order of receipt, with all that is known of rooms and people."""
    session, book = draft.session, draft.book
    bounds = tuple(_utc(draft.bounds(day)) for day in draft.days)
    rooms = [room for room in draft.rooms if room.is_for_events and room.retired_at is None]
    lanes = {kind.code: book.limit(kind.scope, "at_once") for kind in draft.kinds}
    meetings = list(Meeting.objects.filter(segment__session=session).values_list("opens_at", "closes_at"))
    never: dict[int, tuple[Window, ...]] = {}
    for kind in draft.kinds:
        first, last = days_of(book, kind)
        closed = [window for day, window in zip(draft.days, bounds, strict=True) if not first <= day <= last]
        never[kind.pk] = (*closed, *([] if book.boolean(kind.scope, "during_meetings") else meetings))
    events = tuple(_event(each, never[each.application.kind_id], lanes) for each in draft.events)
    people = Delegation.objects.filter(session=session, code__in={code for each in events for code in each.people})
    codes = {each.pk: each.code for each in people}
    busy: dict[str, list[Window]] = {}
    for each in busy_times(session, people, bounds[0][0], bounds[-1][1], without=("side-events",)):
        busy.setdefault(codes[each.delegation_id], []).append((each.starts_at, each.ends_at))
    others = taken([room.resource for room in rooms], bounds[0][0], bounds[-1][1], layers=(Cell.Layer.DRAFT,))
    return Problem(
        events=events,
        rooms=tuple(
            Room(
                key=room.code,
                capacity=room.capacity,
                equipment=frozenset(room.equipment),
                accessible=room.is_accessible,
                open=tuple(_open(draft, room, day) for day in draft.days),
                taken=tuple(
                    (each.starts_at, each.ends_at)
                    for each in others
                    if each.resource == room.resource and not each.holder.startswith("event:")
                ),
            )
            for room in rooms
        ),
        days=bounds,
        turnaround=turnaround_of(book),
        lanes={code: count for code, count in lanes.items() if count},
        busy={code: tuple(windows) for code, windows in busy.items()},
    )


def _utc(window: Window) -> Window:
    # Hours are counted in UTC, so that no change of the clock makes a day longer or shorter than it is.
    return window[0].astimezone(UTC), window[1].astimezone(UTC)


def _open(draft: Draft, room: RoomRow, day: Any) -> Window:
    opens, closes = hours_of(room, draft.book)
    zone = draft.session.zone
    return _utc((datetime.combine(day, opens, zone), datetime.combine(day, closes, zone)))


def _event(standing: Standing, never: tuple[Window, ...], lanes: Mapping[str, int | None]) -> Event:
    application, placed = standing.application, standing.placement
    current = None
    if placed is not None:
        room = placed.room.code if placed.room else None
        current = Placement(room, placed.starts_at, placed.ends_at)
    length = current.ends_at - current.starts_at if current else timedelta(minutes=application.length_min or 0)
    is_virtual = application.form == Application.Form.VIRTUAL
    return Event(
        key=application.reference,
        length=-(-length // STEP) * STEP,
        needs_room=not is_virtual,
        attendance=0 if is_virtual else application.attendance or 0,
        equipment=frozenset() if is_virtual else frozenset(application.equipment),
        needs_accessible=application.needs_accessible and not is_virtual,
        people=people_of(application),
        wished=tuple(windows_of(application.wished_times)),
        impossible=(*windows_of(application.impossible_times), *never),
        current=current,
        pinned=current if placed is not None and placed.is_pinned else None,
        lane=application.kind.code if lanes[application.kind.code] else None,
    )


# --- the proposal as it is kept ---------------------------------------------------------------------------------------


def stored(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as JSON values."""
    return {
        "placements": {
            key: {"room": each.room, "starts_at": rfc3339(each.starts_at), "ends_at": rfc3339(each.ends_at)}
            for key, each in proposal.placements.items()
        },
        "unplaced": {key: [_reason(each) for each in reasons] for key, reasons in proposal.unplaced.items()},
        "unmet": [_unmet(each) for each in proposal.unmet],
        "ended": proposal.ended.value,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"why": reason.why.value, "facts": dict(reason.facts)}


def _unmet(unmet: Unmet) -> dict[str, Any]:
    return {"event": unmet.event, "wish": unmet.wish.value, "why": [_reason(each) for each in unmet.why]}


# --- and in words -----------------------------------------------------------------------------------------------------


class Words:
    """The reasons of a proposal in the reader's language."""

    def __init__(self, titles: Mapping[str, str], rooms: Mapping[str, str]) -> None:
        self._titles = titles
        self._rooms = rooms

    def wish(self, wish: str) -> str:
        """Say what an event does not have."""
        return {
            Wish.TIME: _("not at a time that was wished"),
            Wish.PEOPLE: _("somebody in two places at once"),
            Wish.FREE: _("somebody expected elsewhere"),
            Wish.ROOM: _("not a room as it needs"),
        }[Wish(wish)]

    def reasons(self, reasons: Iterable[Mapping[str, Any]]) -> list[str]:
        """Say why, one sentence a reason."""
        return [self._said(Why(each["why"]), each["facts"]) for each in reasons]

    def _said(self, why: Why, facts: Mapping[str, Any]) -> str:
        words = {
            "room": self._rooms.get(facts.get("room", ""), facts.get("room")),
            "rooms": self._listed(facts.get("rooms", []), self._rooms),
            "events": self._listed(facts.get("events", []), self._titles),
            "event": self._titles.get(facts.get("event", ""), facts.get("event")),
            "people": ", ".join(facts.get("people", [])),
            "equipment": self._equipment(facts.get("equipment", "")),
            **{name: facts.get(name) for name in ("attendance", "largest", "capacity", "minutes", "at_once")},
        }
        return self._sentence(why) % words

    @staticmethod
    def _listed(keys: Iterable[str], names: Mapping[str, str]) -> str:
        return ", ".join(names.get(key, key) for key in keys)

    @staticmethod
    def _equipment(value: str | list[str]) -> str:
        return value if isinstance(value, str) else ", ".join(value)

    @staticmethod
    def _sentence(why: Why) -> str:
        return {
            Why.NO_ROOM_BIG_ENOUGH: _("%(attendance)s people are expected, the largest room seats %(largest)s."),
            Why.NO_ROOM_WITH: _("No room that is large enough has: %(equipment)s."),
            Why.NO_ROOM_ACCESSIBLE: _("No room that is large enough has step-free access."),
            Why.NO_ROOM_WITH_ALL: _("No single room has all that it needs."),
            Why.ROOM_TOO_SMALL: _("%(attendance)s people are expected, %(room)s seats %(capacity)s."),
            Why.ROOM_WITHOUT: _("%(room)s lacks: %(equipment)s."),
            Why.ROOM_NOT_ACCESSIBLE: _("%(room)s has no step-free access."),
            Why.TOO_LONG: _("No time is as long as its %(minutes)s minutes."),
            Why.ONLY_IMPOSSIBLE_TIMES: _("Every time left is one that is impossible for it."),
            Why.ROOMS_CLOSED: _("Closed or taken by others at that time: %(rooms)s."),
            Why.LANE_FULL: _("No more than %(at_once)s at once, and then there is: %(events)s."),
            Why.ROOMS_FULL: _("Taken at that time: %(rooms)s, by %(events)s."),
            Why.CLASH: _("%(people)s is at “%(event)s” then."),
            Why.BUSY: _("%(people)s is expected elsewhere then."),
            Why.OUTWEIGHED: _("It would have cost others more."),
            Why.NOT_REACHED: _("The search ended before it was reached."),
        }[why]
