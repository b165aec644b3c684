"""The draft of the programme: where and when accepted events stand, until it is published (RULES 5).

Rooms and lanes are taken in the layer `draft` alone. The lock is the programme's; after that of the kind, before rooms.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from cnd import journal
from cnd.actors import Actor, require_secretariat
from cnd.clock import rfc3339
from cnd.errors import Invalid, Refused
from cnd.instants import day_text
from cnd.journal import Draft
from cnd.models import ResourceVersion
from cnd.versions import require_version
from logistics.domain.conflicts import first_free
from logistics.models import Application, Cell, EventKind, Placement, Programme, Room
from logistics.services.applications import when_leaving
from logistics.services.holders import told
from logistics.services.occupancy import Claim, Occupied, in_the_way, occupy, release
from logistics.services.rooms import hours_of
from sessions.models import MeetingSession
from sessions.services.rules import RuleBook, rule_book

DRAFT = (Cell.Layer.DRAFT,)
RESOURCE = "programme-draft"
Form = Application.Form


def locked_programme(session: MeetingSession) -> Programme:
    """Take the lock under which the draft is moved and published."""
    # Two statements: one would lock session and chain too, against the order parent, children, chain.
    programme, _is_new = Programme.objects.get_or_create(session=session)
    Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    return Programme.objects.select_related("session__chain").get(pk=programme.pk)


def days_of(book: RuleBook, kind: EventKind) -> tuple[date, date]:
    """Return the first and the last day on which events of a kind may be held."""
    return book.date(kind.scope, "first_day"), book.date(kind.scope, "last_day")


def turnaround_of(book: RuleBook) -> timedelta:
    """Return for how long a room is kept free after an event."""
    return book.duration("rooms", "turnaround")


def place_event(
    *,
    application: Application,
    starts_at: datetime,
    actor: Actor,
    room: Room | None = None,
    length: timedelta | None = None,
    is_pinned: bool | None = None,
    expected_version: int | None = None,
) -> Placement:
    """Put an accepted event where and when it is to stand in the draft, or move it; the same again changes nothing.

    `length` is as applied for unless another is given. Raises NotPermitted; Invalid for a time or a room that cannot
    be; Occupied where another has it; Refused for an event that is not accepted; Outdated.
    """
    require_secretariat(actor)
    with _decision(application, "place_event", actor) as draft:
        programme = _locked(application, expected_version)
        application = _accepted(application)
        book = rule_book(programme.session)
        length = length or timedelta(minutes=application.length_min or 0)
        ends_at = starts_at + length
        _require_fit(programme.session, book, application, room, starts_at, ends_at)
        placement = Placement.objects.filter(application=application).select_related("room").first()
        before = facts_of(placement)
        if placement is None:
            placement = Placement(application=application)
        placement.room, placement.starts_at, placement.ends_at = room, starts_at, ends_at
        if is_pinned is not None:
            placement.is_pinned = is_pinned
        if facts_of(placement) == before:
            return placement
        _take(programme.session, book, application, placement)
        placement.save()
        _noted(draft, application, before, facts_of(placement))
    return placement


def remove_event(*, application: Application, actor: Actor, expected_version: int | None = None) -> None:
    """Take an event out of the draft; one that does not stand in it stays so. Raises NotPermitted, Outdated."""
    require_secretariat(actor)
    with _decision(application, "remove_event", actor) as draft:
        _locked(application, expected_version)
        drop_placement(application=application, draft=draft)


def drop_placement(*, application: Application, draft: Draft) -> None:
    """Take an event that gives up its place out of the draft, inside the decision by which it does."""
    placement = Placement.objects.filter(application=application).select_related("room").first()
    if placement is None:
        return
    locked_programme(application.kind.session)
    before = facts_of(placement)
    placement.delete()
    release(holder=application.holder, layers=DRAFT)
    _noted(draft, application, before, None)


def pin_event(
    *, application: Application, is_pinned: bool, actor: Actor, expected_version: int | None = None
) -> Placement:
    """Have the solver leave an event where it stands, or move it again. Raises NotPermitted, Refused, Outdated."""
    require_secretariat(actor)
    with _decision(application, "pin_event" if is_pinned else "unpin_event", actor) as draft:
        _locked(application, expected_version)
        placement = _placed(application)
        before = facts_of(placement)
        if placement.is_pinned == is_pinned:
            return placement
        placement.is_pinned = is_pinned
        placement.save(update_fields=["is_pinned"])
        _noted(draft, application, before, facts_of(placement))
    return placement


def swap_events(
    *, one: Application, other: Application, actor: Actor, expected_version: int | None = None
) -> tuple[Placement, Placement]:
    """Have two events of the draft change rooms and beginnings, in one go. Raises as `place_event` does."""
    require_secretariat(actor)
    with _decision(one, "swap_events", actor) as draft:
        programme = _locked(one, expected_version)
        book = rule_book(programme.session)
        first, second = _placed(one), _placed(other)
        befores = facts_of(first), facts_of(second)
        places = (first.room, first.starts_at), (second.room, second.starts_at)
        lengths = first.ends_at - first.starts_at, second.ends_at - second.starts_at
        for application in (one, other):
            release(holder=application.holder, layers=DRAFT)
        for placement, (room, starts_at), length in zip((first, second), reversed(places), lengths, strict=True):
            placement.room, placement.starts_at, placement.ends_at = room, starts_at, starts_at + length
            _require_fit(programme.session, book, placement.application, room, starts_at, starts_at + length)
            _take(programme.session, book, placement.application, placement)
            placement.save()
        _noted(draft, one, befores[0], facts_of(first))
        _noted(draft, other, befores[1], facts_of(second))
    return first, second


def set_draft(
    *, session: MeetingSession, wanted: Mapping[int, tuple[Room | None, datetime, datetime]], draft: Draft
) -> None:
    """Have accepted events (by primary key) stand as wanted, all in one go, inside the decision that has them so.

    Those not named stay. Under the programme's lock. Raises as `place_event` does.
    """
    book = rule_book(session)
    applications = {
        each.pk: each
        for each in Application.objects.filter(pk__in=wanted, kind__session=session).select_related("kind")
    }
    standing = {
        each.application_id: each
        for each in Placement.objects.filter(application__in=applications).select_related("room")
    }
    Cell.objects.filter(holder__in=[each.holder for each in applications.values()], layer__in=DRAFT).delete()
    for pk, (room, starts_at, ends_at) in sorted(wanted.items()):
        application = _accepted(applications[pk])
        _require_fit(session, book, application, room, starts_at, ends_at)
        placement = standing.get(pk)
        before = facts_of(placement)
        placement = placement or Placement(application=application)
        placement.room, placement.starts_at, placement.ends_at = room, starts_at, ends_at
        _take(session, book, application, placement)
        placement.save()
        _noted(draft, application, before, facts_of(placement))


def register() -> None:
    """Have an event that is accepted no more leave the draft."""
    when_leaving("programme", lambda application, draft: drop_placement(application=application, draft=draft))


# --- what they have in common -----------------------------------------------------------------------------------------


def facts_of(placement: Placement | None) -> dict[str, Any] | None:
    """Return what the journal says of a placement."""
    if placement is None:
        return None
    return {
        "room": placement.room.code if placement.room else None,
        "starts_at": rfc3339(placement.starts_at),
        "ends_at": rfc3339(placement.ends_at),
        "pinned": placement.is_pinned,
    }


def _decision(application: Application, action: str, actor: Actor) -> Any:
    chain = application.kind.session.chain
    return journal.decision(chain, action=action, subject=f"application:{application.reference}", actor=actor)


def _noted(draft: Draft, application: Application, before: Any, after: Any) -> None:
    draft.change(f"placement:{application.reference}", before, after)
    draft.touch(RESOURCE, audience=ResourceVersion.STAFF)


def _locked(application: Application, expected_version: int | None) -> Programme:
    programme = locked_programme(application.kind.session)
    require_version(programme.session.chain, RESOURCE, ResourceVersion.STAFF, expected_version)
    return programme


def _accepted(application: Application) -> Application:
    fresh = Application.objects.select_related("kind__session__chain", "organiser").get(pk=application.pk)
    if fresh.state != Application.State.ACCEPTED:
        raise Refused("not_accepted", _("Only an accepted event stands in the programme: %(title)s") % _named(fresh))
    return fresh


def _placed(application: Application) -> Placement:
    found = Placement.objects.select_related("room", "application__kind").filter(application=application).first()
    if found is None:
        raise Refused("not_placed", _("It does not stand in the draft: %(title)s") % _named(application))
    return found


def _named(application: Application) -> dict[str, str]:
    return {"title": application.title or application.reference}


def _require_fit(
    session: MeetingSession,
    book: RuleBook,
    application: Application,
    room: Room | None,
    starts_at: datetime,
    ends_at: datetime,
) -> None:
    """Raise Invalid, naming every fault, for what can never be: another's room, a day that is none, a closed room."""
    faults: dict[str, list[str]] = {}

    def fault(name: str, said: str) -> None:
        faults.setdefault(name, []).append(said)

    if room is None and application.form != Form.VIRTUAL:
        fault("room", _("It is held in a room: choose one."))
    if room is not None:
        if application.form == Form.VIRTUAL:
            fault("room", _("It is virtual: it needs no room."))
        if room.session_id != session.pk or room.retired_at is not None or not room.is_for_events:
            fault("room", _("This room is not for side events."))
    if ends_at <= starts_at:
        fault("starts_at", _("It ends before it begins."))
    first, last = days_of(book, application.kind)
    begins, ends = starts_at.astimezone(session.zone), ends_at.astimezone(session.zone)
    if not first <= begins.date() <= last:
        days = {"first": day_text(first, session.time_zone), "last": day_text(last, session.time_zone)}
        fault("starts_at", _("Events of this kind are held from %(first)s to %(last)s.") % days)
    opens, closes = hours_of(room, book)
    if begins.date() != ends.date() or begins.time() < opens or ends.time() > closes:
        hours = {"opens": opens.strftime("%H:%M"), "closes": closes.strftime("%H:%M")}
        fault("starts_at", _("It is open from %(opens)s to %(closes)s.") % hours)
    if ends_at - starts_at > book.duration(application.kind.scope, "length_max"):
        fault("length", _("It is longer than the rules let."))
    if faults:
        raise Invalid("placement_unfit", _("It cannot stand there."), fields=faults)


def lane_of(kind: EventKind, number: int) -> str:
    """Name one of the lanes of a kind: as many as may be held at once."""
    return f"lane:{kind.pk}/{number}"


def _take(session: MeetingSession, book: RuleBook, application: Application, placement: Placement) -> None:
    """Take room and lane in the draft, in place of what the event had there. Raises Occupied saying by what."""
    holder = application.holder
    release(holder=holder, layers=DRAFT)
    claims = []
    if placement.room is not None:
        claims.append(Claim(placement.room.resource, placement.starts_at, placement.ends_at + turnaround_of(book)))
    try:
        occupy(session=session, holder=holder, claims=claims + _lane(book, application, placement), layers=DRAFT)
    except Occupied as refusal:
        # Only the secretariat moves events, and may know who it is.
        said = "; ".join(told(session, refusal.taken)) or _("Somebody was faster.")
        raise Occupied(refusal.taken, _("It is taken: %(what)s") % {"what": said}) from None


def _lane(book: RuleBook, application: Application, placement: Placement) -> list[Claim]:
    """Return the claim on the first free lane of the kind; none where as many as the rooms allow may be at once."""
    count = book.limit(application.kind.scope, "at_once")
    if count is None:
        return []
    claims = [
        Claim(lane_of(application.kind, number), placement.starts_at, placement.ends_at) for number in range(count)
    ]
    others = in_the_way(claims=claims, layers=DRAFT, but=application.holder)
    taken = {int(each.resource.rpartition("/")[2]) for each in others}
    # All taken: the first is tried all the same, and its refusal says by whom.
    return [claims[first_free(taken, count) or 0]]
