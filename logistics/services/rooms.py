"""The inventory of rooms: added, changed, blocked, held for one delegation, taken out (RULES 6).

Nothing that stands in a room is ever lost by what is done to the room: it is refused, naming what is in the way.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cnd import clock, journal
from cnd.actors import Actor, require_secretariat
from cnd.errors import Invalid, NotFound, Refused
from logistics.domain.cells import CELL
from logistics.domain.hours import is_on_the_grid, is_within, open_on
from logistics.models import Block, Room
from logistics.services import occupancy
from logistics.services.holders import told
from logistics.services.notices import rooms as notices
from logistics.services.occupancy import Claim, Taken, check, occupy, release, taken
from logistics.services.sent_files import JPEG, PNG, checked_file
from sessions.models import Delegation, MeetingSession
from sessions.services.rules import RuleBook, rule_book

FIELDS = (
    "names",
    "building",
    "floor",
    "capacity",
    "layout",
    "equipment",
    "is_accessible",
    "is_for_events",
    "is_for_bilaterals",
    "opens",
    "closes",
    "position",
)
EVENTS, BOOKINGS = "event:", "booking:"
PICTURES = frozenset({PNG, JPEG})
LONGEST_BLOCK = timedelta(days=31)
FAR = timedelta(days=366)


# --- reading ----------------------------------------------------------------------------------------------------------


def hours_of(room: Room | None, book: RuleBook) -> tuple[time, time]:
    """Return when a room opens and closes, in the meeting's zone: its own hours, else those of the rule book."""
    opens, closes = book.time("rooms", "day_opens"), book.time("rooms", "day_closes")
    return (room.opens or opens, room.closes or closes) if room else (opens, closes)


def opening_of(room: Room, day: date, book: RuleBook) -> tuple[datetime, datetime]:
    """Return the half-open interval in which a room is open on a day, aware."""
    return open_on(day, *hours_of(room, book), room.session.zone)


def standing_in(room: Room, *prefixes: str) -> list[Taken]:
    """Return what stands in a room from now on, in either layer, by time; of these kinds of holders, or of any."""
    now = room.session.chain.now()
    begins = now - (now - datetime(1970, 1, 1, tzinfo=now.tzinfo)) % CELL
    found = taken([room.resource], begins, begins + FAR)
    return [each for each in found if each.holder.startswith(prefixes or (EVENTS, BOOKINGS))]


def effects_of_change(room: Room, facts: Mapping[str, Any]) -> list[str]:
    """Say what would no longer fit if a room had these facts: it stays where it is, and somebody has to look."""
    book, zone = rule_book(room.session), room.session.zone
    opens = facts["opens"] or book.time("rooms", "day_opens")
    closes = facts["closes"] or book.time("rooms", "day_closes")
    outside = [each for each in standing_in(room) if not is_within(each.starts_at, each.ends_at, opens, closes, zone)]
    said = [_("Outside the new hours: %(what)s.") % {"what": each} for each in told(room.session, outside)]
    missing = {*room.equipment} - {*facts["equipment"]}
    for placement in room.placements.select_related("application__kind"):
        event = placement.application
        what = {"event": f"{event.reference} “{event.title}”"}
        if (event.attendance or 0) > facts["capacity"]:
            more = what | {"people": event.attendance, "seats": facts["capacity"]}
            said.append(_("%(event)s expects %(people)d people; there would be %(seats)d seats.") % more)
        for each in sorted(missing.intersection(event.equipment)):
            said.append(_("%(event)s needs %(what)s, which the room would not have.") % (what | {"what": each}))
        if event.needs_accessible and not facts["is_accessible"]:
            said.append(_("%(event)s needs step-free access.") % what)
    return said


# --- the inventory ----------------------------------------------------------------------------------------------------


def facts(room: Room) -> dict[str, Any]:
    """Return what the journal says of a room."""
    return {
        **{name: getattr(room, name) for name in FIELDS},
        "opens": room.opens.isoformat() if room.opens else None,
        "closes": room.closes.isoformat() if room.closes else None,
        "held_for": room.held_for.code if room.held_for else None,
        "plan": room.plan.sha256 if room.plan else None,
        "is_retired": room.retired_at is not None,
    }


def locked(room: Room) -> Room:
    """Take the lock under which everything of one room is decided."""
    Room.objects.select_for_update(no_key=True).get(pk=room.pk)
    return Room.objects.select_related("session__chain", "held_for", "plan").get(pk=room.pk)


def add_room(*, session: MeetingSession, code: str, facts: Mapping[str, Any], actor: Actor) -> Room:
    """Add a room with these FIELDS to the inventory. Raises NotPermitted, Invalid for what does not fit."""
    require_secretariat(actor)
    room = Room(session=session, code=code)
    _take(room, facts)
    with journal.decision(session.chain, action="add_room", subject=f"room:{code}", actor=actor) as draft:
        if Room.objects.filter(session=session, code=code).exists():
            message = _("There is a room with this code already, perhaps a retired one.")
            raise Invalid("code_taken", message, fields={"code": [message]})
        room.save()
        _noted(draft, room, None)
    return room


def change_room(*, room: Room, facts: Mapping[str, Any], actor: Actor) -> Room:
    """Give a room these FIELDS. Raises NotPermitted, Invalid; Refused where a use would end that is made of it."""

    def change(room: Room) -> None:
        ends = [EVENTS] * (room.is_for_events and not facts.get("is_for_events", True))
        ends += [BOOKINGS] * (room.is_for_bilaterals and not facts.get("is_for_bilaterals", True))
        if ends:
            _require_empty(room, *ends)
        _take(room, facts)

    return _changed(room, "change_room", actor, change)


def retire_room(*, room: Room, actor: Actor, reason: str = "") -> Room:
    """Take a room out of the inventory; what it was stays readable. Raises Refused where anything stands in it."""

    def retire(room: Room) -> None:
        if room.retired_at is None:
            _require_empty(room)
            room.retired_at = clock.now()

    return _changed(room, "retire_room", actor, retire, reason)


def restore_room(*, room: Room, actor: Actor) -> Room:
    """Take a retired room back into the inventory."""

    def restore(room: Room) -> None:
        room.retired_at = None

    return _changed(room, "restore_room", actor, restore)


def hold_room(*, room: Room, delegation: Delegation, actor: Actor) -> Room:
    """Hold a room for one delegation, for nobody else. Raises Refused where anything stands in it, or it is held."""
    if delegation.session_id != room.session_id:
        raise NotFound("no_such_delegation", _("This delegation does not take part in this session."))

    def hold(room: Room) -> None:
        if room.held_for_id == delegation.pk:
            return
        if room.held_for is not None:
            raise Refused("held", _("This room is held for %(name)s.") % {"name": room.held_for.name})
        _require_in_use(room)
        _require_empty(room)
        room.held_for, room.is_for_events, room.is_for_bilaterals = delegation, False, False
        notices.tell_held(room, delegation)

    return _changed(room, "hold_room", actor, hold)


def release_room(*, room: Room, actor: Actor, reason: str = "") -> Room:
    """Hold a room no longer. What it is for from then on is another decision."""

    def give_back(room: Room) -> None:
        if room.held_for is not None:
            notices.tell_released(room, room.held_for)
            room.held_for = None

    return _changed(room, "release_room", actor, give_back, reason)


def attach_plan(*, room: Room, name: str, content: bytes, actor: Actor) -> Room:
    """Show a picture or plan of a room, PNG or JPEG. Raises NotPermitted, Invalid."""

    def attach(room: Room) -> None:
        most = rule_book(room.session).integer("rooms", "plan_bytes_max")
        sent = checked_file(session=room.session, name=name, content=content, allowed=PICTURES, most_bytes=most)
        if room.plan is None or room.plan.sha256 != sent.sha256:
            sent.save()
            room.plan = sent

    return _changed(room, "attach_plan", actor, attach)


def remove_plan(*, room: Room, actor: Actor) -> Room:
    """Show no picture of a room any more."""

    def remove(room: Room) -> None:
        room.plan = None

    return _changed(room, "remove_plan", actor, remove)


def _changed(room: Room, action: str, actor: Actor, change: Callable[[Room], None], reason: str = "") -> Room:
    """Do something to a room under its lock; what changes nothing leaves no trace."""
    require_secretariat(actor)
    with journal.decision(
        room.session.chain, action=action, subject=f"room:{room.code}", actor=actor, reason=reason
    ) as draft:
        room = locked(room)
        before = facts(room)
        change(room)
        room.save()
        _noted(draft, room, before)
    return room


def _noted(draft: journal.Draft, room: Room, before: dict[str, Any] | None) -> None:
    after = facts(room)
    draft.change(f"room:{room.code}", before, after)
    if before != after:
        draft.touch("rooms", "availability")


def _require_in_use(room: Room) -> None:
    if room.retired_at is not None:
        raise Refused("retired", _("This room was taken out of the inventory."))


def _require_empty(room: Room, *prefixes: str) -> None:
    found = standing_in(room, *prefixes)
    if found:
        _refuse(room, found)


def _refuse(room: Room, found: Iterable[Taken]) -> None:
    names = told(room.session, found)
    raise Refused("occupied", _("In the way: %(what)s.") % {"what": "; ".join(names)}, details={"in_the_way": names})


def _take(room: Room, given: Mapping[str, Any]) -> None:
    unknown = {*given} - {*FIELDS}
    if unknown:
        raise TypeError(f"a room has no {', '.join(sorted(unknown))}")
    for name, value in given.items():
        setattr(room, name, value)
    faults: dict[str, list[str]] = {}
    if not room.names.get("en"):
        faults["names"] = [_("A room needs an English name.")]
    if room.capacity is not None and room.capacity < 1:
        faults["capacity"] = [_("A room has at least one seat.")]
    known = rule_book(room.session).list("rooms", "equipment")
    if strange := [each for each in room.equipment if each not in known]:
        faults["equipment"] = [_("Not in the rule rooms.equipment: %(what)s.") % {"what": ", ".join(strange)}]
    for name in ("opens", "closes"):
        hour = getattr(room, name)
        if hour is not None and not is_on_the_grid(hour):
            faults[name] = [_("Hours are multiples of five minutes.")]
    opens, closes = hours_of(room, rule_book(room.session))
    if closes <= opens:
        faults["closes"] = [_("A room closes after it opens.")]
    if room.held_for_id and (room.is_for_events or room.is_for_bilaterals):
        faults["is_for_events"] = [_("A room that is held for a delegation is for nobody else.")]
    if not faults:
        try:
            room.full_clean(validate_unique=False, validate_constraints=False)
        except ValidationError as fault:
            faults = fault.message_dict
    if faults:
        first = next(iter(faults.values()))[0]
        raise Invalid("room_not_valid", first, fields=faults)


# --- blocked times ----------------------------------------------------------------------------------------------------


def block_time(*, room: Room, starts_at: datetime, ends_at: datetime, reason: str, actor: Actor) -> Block:
    """Keep a room from being used, half-open, with a reason. The same again changes nothing.

    Raises NotPermitted, Invalid for no multiples of five minutes, Refused naming what is in the way.
    """
    require_secretariat(actor)
    reason = reason.strip()
    if not reason:
        message = _("Say why the room cannot be used.")
        raise Invalid("reason_missing", message, fields={"reason": [message]})
    if ends_at - starts_at > LONGEST_BLOCK:
        most = {"days": LONGEST_BLOCK.days}
        message = _("At most %(days)d days at once; a room that is gone for longer is retired.") % most
        raise Invalid("too_long", message, fields={"ends_at": [message]})
    with journal.decision(
        room.session.chain, action="block_room", subject=f"room:{room.code}", actor=actor, reason=reason
    ) as draft:
        room = locked(room)
        same = room.blocks.filter(starts_at=starts_at, ends_at=ends_at, reason=reason, lifted_at__isnull=True).first()
        if same is not None:
            return same
        claim = Claim(room.resource, starts_at, ends_at)
        check(claim)
        block = Block.objects.create(room=room, starts_at=starts_at, ends_at=ends_at, reason=reason)
        try:
            occupy(session=room.session, holder=block.holder, claims=[claim])
        except occupancy.Occupied as fault:
            _refuse(room, fault.taken)
        _noted_block(draft, block, None)
    return block


def lift_block(*, block: Block, actor: Actor) -> Block:
    """Let a blocked time be used again; the block stays readable. A second call changes nothing."""
    require_secretariat(actor)
    room = block.room
    with journal.decision(room.session.chain, action="lift_block", subject=f"room:{room.code}", actor=actor) as draft:
        locked(room)
        block = Block.objects.select_related("room").get(pk=block.pk)
        if block.lifted_at is None:
            before = _block_facts(block)
            block.lifted_at = clock.now()
            block.save(update_fields=["lifted_at"])
            release(holder=block.holder)
            _noted_block(draft, block, before)
    return block


def _block_facts(block: Block) -> dict[str, Any]:
    return {
        "starts_at": clock.rfc3339(block.starts_at),
        "ends_at": clock.rfc3339(block.ends_at),
        "reason": block.reason,
        "lifted": block.lifted_at is not None,
    }


def _noted_block(draft: journal.Draft, block: Block, before: dict[str, Any] | None) -> None:
    draft.change(block.holder, before, _block_facts(block))
    draft.touch("rooms", "availability")
