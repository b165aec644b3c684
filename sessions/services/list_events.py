"""The recorded events of a list of speakers, and the versions published with them (RULES 2, "slot and place").

Everything here runs inside another service's decision, under the lock of the debate.
"""

import logging
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from cnd import clock
from cnd.canonical import sha256_of
from cnd.errors import Refused
from cnd.journal import Draft
from sessions.domain.speakers import CannotApply, SpeakersList, replay
from sessions.models import Delegation, Drawing, GeneralDebate, ListEvent, ListVersion, RegionalGroup, Slot
from sessions.services.notices.drawings import tell_places_changed

logger = logging.getLogger(__name__)

LIST_FORMAT = "cnd-list/1"


def standing_drawing(debate: GeneralDebate) -> Drawing | None:
    """Return the drawing on which the list rests or will rest: announced or drawn."""
    return debate.drawings.filter(state__in=[Drawing.State.ANNOUNCED, Drawing.State.DRAWN]).first()


def as_fact(event: ListEvent) -> dict[str, Any]:
    """Return an event as a published list carries it."""
    return {"number": event.number, "at": clock.rfc3339(event.session_at), "kind": event.kind, **event.facts}


def record_event(debate: GeneralDebate, kind: str, facts: dict[str, Any], draft: Draft) -> ListEvent | None:
    """Record what happened, if a drawing was announced; after the draw publish the list that follows.

    Before the draw the event is pending, and is applied right after it. Raises Refused when it does not fit the list.
    """
    drawing = standing_drawing(debate)
    if drawing is None:
        return None
    at = clock.now()
    event = ListEvent(
        drawing=drawing,
        number=drawing.events.count() + 1,
        kind=kind,
        facts=facts,
        at=at,
        session_at=debate.session.chain.to_session(at),
    )
    event.save()
    draft.change(f"draws/{drawing.attempt}/events/{event.number}", None, as_fact(event))
    draft.touch(drawing.resource)
    if drawing.state == Drawing.State.DRAWN:
        version, given = publish_list(drawing, draft)
        drawing.debate = debate
        tell_places_changed(drawing, event, version, given)
    return event


def cancel_event(drawing: Drawing, kind: str, facts: dict[str, Any], draft: Draft) -> bool:
    """Take the last pending event of these facts back. False when the draw has already used it.

    An inscription withdrawn before this drawing was announced has no event in it, and none can be taken back either:
    the announced roster does not hold it.
    """
    if drawing.state != Drawing.State.ANNOUNCED:
        return False
    pending = drawing.events.filter(kind=kind, cancelled_at__isnull=True).order_by("-number")
    event = next((each for each in pending if each.facts == facts), None)
    if event is None:
        return False
    event.cancelled_at = clock.now()
    event.save(update_fields=["cancelled_at"])
    draft.change(f"draws/{drawing.attempt}/events/{event.number}", as_fact(event), None)
    draft.touch(drawing.resource)
    return True


def current_list(drawing: Drawing, *, forgiving: bool = False) -> SpeakersList:
    """Replay all events over the result of a drawing.

    Raises CannotApply; with `forgiving`, which the draw alone uses, an event that does not fit is taken back with a
    line in the log, since nothing may keep a sealed drawing from being drawn.
    """
    assert drawing.bundle is not None
    announcement, result = drawing.bundle["announcement"], drawing.bundle["result"]
    events = list(drawing.events.filter(cancelled_at__isnull=True).order_by("number"))
    if not forgiving:
        return replay(announcement, result, map(as_fact, events))
    speakers = SpeakersList(announcement, result)
    for event in events:
        try:
            speakers.apply(as_fact(event))
        except CannotApply as fault:
            logger.error("event %s of drawing %s was left out: %s", event.number, drawing.pk, fault)
            event.cancelled_at = clock.now()
            event.save(update_fields=["cancelled_at"])
    return speakers


def publish_list(drawing: Drawing, draft: Draft, *, forgiving: bool = False) -> tuple[ListVersion, list[str]]:
    """Publish the next version of the list and bring every slot to it; return it, and who has another slot now.

    Raises Refused when an event does not fit.
    """
    try:
        speakers = current_list(drawing, forgiving=forgiving)
    except CannotApply as fault:
        raise Refused("event_does_not_fit", _("This is not possible now: %(why)s.") % {"why": fault}) from fault
    at = clock.now()
    session_at = drawing.debate.session.chain.to_session(at)
    number = drawing.list_versions.count() + 1
    events = drawing.events.filter(cancelled_at__isnull=True).order_by("number")
    content = {
        "format": LIST_FORMAT,
        "session": drawing.debate.session.code,
        "attempt": drawing.attempt,
        "proof_sha256": drawing.bundle_sha256,
        "rehearsal": drawing.is_rehearsal,
        "version": number,
        "at": clock.rfc3339(session_at),
        "events": [as_fact(event) for event in events],
        "speakers": speakers.rows(),
        "waiting": speakers.waiting_rows(),
    }
    version = ListVersion.objects.create(
        drawing=drawing, number=number, at=at, session_at=session_at, content=content, sha256=sha256_of(content)
    )
    given, are_slots_new = _sync_slots(drawing.debate, speakers, at)
    draft.change(f"draws/{drawing.attempt}/list", number - 1 or None, {"version": number, "sha256": version.sha256})
    draft.touch("speakers", *(["slots"] if are_slots_new else []))
    draft.publish()
    return version, given


def _sync_slots(debate: GeneralDebate, speakers: SpeakersList, at: datetime) -> tuple[list[str], bool]:
    """Bring every slot to the list; return the codes of those who were given a slot by it, and if any slot changed."""
    groups = dict(RegionalGroup.objects.filter(session=debate.session_id).values_list("code", "pk"))
    delegations = dict(Delegation.objects.filter(session=debate.session_id).values_list("code", "pk"))
    places = {line.slot: (place, line) for place, line in enumerate(speakers.lines, start=1) if line.slot}
    changed, emptied, given = [], [], []
    for slot in debate.slots.all():
        code = speakers.holders[slot.number]
        place, line = places.get(slot.number, (None, None))
        held = Slot.Status.SPOKEN if line and line.spoken else Slot.Status.ASSIGNED
        wanted = {
            "status": held if code else Slot.Status.VACANT,
            "group_id": groups[speakers.group_of_slot[slot.number]],
            "delegation_id": delegations[code] if code else None,
            "level": line.level if code and line else "",
            "place": place,
        }
        if all(getattr(slot, name) == value for name, value in wanted.items()):
            continue
        if slot.delegation_id is not None:
            emptied.append(slot.pk)
        if code and slot.delegation_id != delegations[code]:
            given.append(code)
        for name, value in wanted.items():
            setattr(slot, name, value)
        slot.updated_at = at
        changed.append(slot)
    # Whoever changes slots must leave the old one before taking the new one: the constraint is checked row by row.
    Slot.objects.filter(pk__in=emptied).update(delegation=None, status=Slot.Status.VACANT)
    fields = ["status", "group", "delegation", "level", "place", "updated_at"]
    # Far quicker than bulk_update(): one row of values a slot in the place of one CASE a slot and field.
    Slot.objects.bulk_create(changed, update_conflicts=True, unique_fields=["id"], update_fields=fields)
    return given, bool(changed)
