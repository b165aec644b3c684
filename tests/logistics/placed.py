"""Side events for the tests: accepted, placed in the draft and published, without the queue and the grid."""

import io
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image

from cnd import clock, journal
from cnd.actors import COMMAND
from logistics.models import Application, CoSponsor, EventKind, Placement, ProgrammeVersion, Room
from logistics.services import occupancy
from logistics.services.occupancy import Claim
from logistics.services.publication import publish_programme
from sessions.models import MeetingSession
from tests.sessions.scenes import state

VIENNA = ZoneInfo("Europe/Vienna")
DAY = datetime(2024, 3, 14, tzinfo=VIENNA)
TURNAROUND = timedelta(minutes=15)


def _png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (60, 30), "#dde6ee").save(written, "PNG")
    return written.getvalue()


PNG = _png()


def at(hour: int, minute: int = 0, *, day: int = 14) -> datetime:
    """Return a moment of the segment in Vienna."""
    return datetime(2024, 3, day, hour, minute, tzinfo=VIENNA)


def room(session: MeetingSession, code: str = "c1") -> Room:
    return Room.objects.select_related("session__chain", "held_for", "plan").get(session=session, code=code)


def accepted(session: MeetingSession, organiser: str = "AT", *, kind: str = "high-level", **facts: Any) -> Application:
    """Return an application that was received and accepted."""
    of_kind = EventKind.objects.get(session=session, code=kind)
    number = Application.objects.filter(kind=of_kind).count() + 1
    now = clock.now()
    person = facts.pop("speaker", None)
    speakers = journal.keep_personal(session.chain, {"speakers": [person]}) if person else None
    said = {
        "title": f"Event {number}",
        "abstract": "What was learnt.",
        "theme": "Alternative development",
        "form": "in_person",
        "attendance": 60,
        "length_min": 90,
        "state": Application.State.ACCEPTED,
        **facts,
    }
    return Application.objects.create(
        kind=of_kind,
        organiser=state(session, organiser),
        created_at=now,
        receipt_number=number,
        receipt_at=now,
        place=number,
        speakers=speakers,
        **said,
    )


def cosponsored(application: Application, *codes: str, other: str = "") -> Application:
    """Have delegations, and perhaps another body, stand behind an application."""
    session = application.kind.session
    for code in codes:
        delegation = state(session, code)
        CoSponsor.objects.create(application=application, delegation=delegation, kind=delegation.kind)
    if other:
        CoSponsor.objects.create(application=application, name=other, kind="ngo")
    return application


def place(application: Application, starts_at: datetime, code: str = "c1", *, minutes: int = 90) -> Placement:
    """Place an accepted event in the draft, or move it there; without a code it is online."""
    session = application.kind.session
    ends_at = starts_at + timedelta(minutes=minutes)
    in_room = Room.objects.get(session=session, code=code) if code else None
    occupancy.release(holder=application.holder, layers=[occupancy.Layer.DRAFT])
    if in_room is not None:
        claim = Claim(in_room.resource, starts_at, ends_at + TURNAROUND)
        occupancy.occupy(session=session, holder=application.holder, claims=[claim], layers=[occupancy.Layer.DRAFT])
    placed, _is_new = Placement.objects.update_or_create(
        application=application, defaults={"room": in_room, "starts_at": starts_at, "ends_at": ends_at}
    )
    return placed


def unplace(application: Application) -> None:
    """Take an event out of the draft."""
    occupancy.release(holder=application.holder, layers=[occupancy.Layer.DRAFT])
    Placement.objects.filter(application=application).delete()


def publish(session: MeetingSession, note: str = "") -> ProgrammeVersion:
    return publish_programme(session=session, note=note, actor=COMMAND)


def published_day(session: MeetingSession) -> list[Application]:
    """Return three published events: two in rooms on the first day, one online on the second."""
    first = accepted(
        session,
        "AT",
        title="Alternative development, ten years on",
        speaker={"name": "Ms Anna Example", "title": "Minister"},
    )
    cosponsored(first, "PE", other="A foundation")
    second = accepted(session, "KE", title="=Youth first", theme="International cooperation", form="hybrid")
    third = accepted(session, "CN", kind="regular", title="预防与治疗", form="virtual")
    place(first, at(13))
    place(second, at(15), "c2")
    place(third, at(9, day=15), "")
    publish(session, "The first programme.")
    return [first, second, third]
