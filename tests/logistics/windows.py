"""Windows for applications in the tests: sessions at their opening, complete drafts, received applications."""

from datetime import UTC, datetime
from typing import Any

from cnd.actors import COMMAND
from logistics.models import Application, EventKind
from logistics.services.drafts import begin_draft
from logistics.services.submission import submit_application
from sessions.models import Delegation, MeetingSession
from tests.sessions.scenes import VIENNA, as_focal_point, make_session, state

OPENING = datetime(2024, 1, 4, tzinfo=VIENNA)
CLOSING = datetime(2024, 1, 12, tzinfo=VIENNA)
IN_WINDOW = datetime(2024, 1, 8, 9, tzinfo=VIENNA)
REGULAR_OPENING = datetime(2024, 1, 15, tzinfo=VIENNA)
REVIEW = datetime(2024, 1, 29, 9, tzinfo=VIENNA)
FREEZE = datetime(2024, 3, 1, 18, tzinfo=VIENNA)
WISHED = (datetime(2024, 3, 14, 12, tzinfo=UTC), datetime(2024, 3, 14, 14, tzinfo=UTC))

CONTENT: dict[str, Any] = {
    "title": "Prevention that works",
    "abstract": "What ten years of prevention in schools have shown.",
    "theme": "Demand reduction and related measures",
    "form": "in_person",
    "attendance": 80,
    "length_min": 90,
    "equipment": ["projector"],
    "wished_times": [WISHED],
    "contact": {"name": "Anna Example", "email": "anna@mission.example", "phone": "+43 1 0000"},
    "speakers": [{"name": "Berta Example", "title": "Minister"}],
    "cosponsors": [{"delegation": "KE"}, {"name": "Youth Network", "kind": "ngo"}],
}


def windowed(at: datetime = IN_WINDOW) -> MeetingSession:
    """Load CND67 with its clock at a moment of January 2024."""
    return make_session(at)


def kind_of(session: MeetingSession, code: str = "high-level") -> EventKind:
    return EventKind.objects.select_related("session__chain").get(session=session, code=code)


def drafted(session: MeetingSession, code: str = "AT", *, kind: str = "high-level", **content: Any) -> Application:
    """Return a complete draft of a delegation, but for what is given otherwise."""
    return begin_draft(
        kind=kind_of(session, kind),
        organiser=state(session, code),
        actor=COMMAND,
        content=without_own(CONTENT | content, code),
    )


def without_own(content: dict[str, Any], code: str) -> dict[str, Any]:
    cosponsors = [each for each in content["cosponsors"] if each.get("delegation") != code]
    return content | {"cosponsors": cosponsors}


def received(session: MeetingSession, code: str = "AT", *, kind: str = "high-level", **content: Any) -> Application:
    """Return an application that a delegation has submitted."""
    draft = drafted(session, code, kind=kind, **content)
    return submit_application(application=draft, actor=as_focal_point(session, code))


def others(session: MeetingSession, count: int, *, kind: str = "high-level") -> list[Application]:
    """Have as many Member States apply, none of them Austria, Kenya or Romania; return their applications."""
    states = Delegation.objects.filter(session=session, kind="member_state").exclude(code__in=["AT", "KE", "RO"])
    made = []
    for delegation in states.order_by("code")[:count]:
        draft = drafted(session, delegation.code, kind=kind)
        made.append(submit_application(application=draft, actor=COMMAND))
    return made


def again(application: Application) -> Application:
    """Read an application anew."""
    return Application.objects.select_related("kind__session__chain", "organiser").get(pk=application.pk)
