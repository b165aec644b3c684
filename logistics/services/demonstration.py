"""What the demonstration shows of what surrounds the meeting: applications, decisions, a programme, meetings.

Everything is invented, done by the services that people use, at the times when it would have been done.
"""

import tomllib
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from cnd.actors import COMMAND, actor_for
from cnd.models import User
from logistics.models import Application, EventKind, Room
from logistics.services import decisions
from logistics.services.booking_answers import confirm_booking
from logistics.services.booking_rules import grid_of
from logistics.services.bookings import request_booking
from logistics.services.drafts import begin_draft
from logistics.services.placements import place_event
from logistics.services.publication import publish_programme
from logistics.services.queue import confirm_promotion
from logistics.services.submission import submit_application
from logistics.services.windows import terms_of
from sessions.models import Delegation, MeetingSession
from sessions.services.demonstration import CLOCK_AT, Stage, Try, register_stage

VIENNA = ZoneInfo("Europe/Vienna")
HIGH_LEVEL_OPENS = datetime(2024, 1, 4, tzinfo=VIENNA)
REGULAR_OPENS = datetime(2024, 1, 15, tzinfo=VIENNA)
DECIDED = datetime(2024, 1, 29, 10, tzinfo=VIENNA)
APPLICATIONS = Path(__file__).resolve().parent.parent / "data" / "demo_applications.toml"
MEETING_ROOM = "b1"
State, Form = Application.State, Application.Form

TRY_THE_QUEUE = Try(
    "officer",
    "decide what waits in the queue of side events, and announce it:",
    lambda code: reverse("logistics:staff-side-events", args=[code]),
)
TRY_THE_MEETINGS = Try(
    "austria",
    "answer the meeting that France asks for, then ask for one:",
    lambda code: reverse("logistics:meetings", args=[code, "AT"]),
)


def register() -> None:
    """Have the demonstration show it."""
    register_stage(Stage("high-level side events", HIGH_LEVEL_OPENS, lambda session: _apply(session, "high-level")))
    register_stage(Stage("side events", REGULAR_OPENS, lambda session: _apply(session, "regular")))
    register_stage(Stage("decisions", DECIDED, _decide, TRY_THE_QUEUE))
    register_stage(Stage("programme", CLOCK_AT, _make_programme))
    register_stage(Stage("meetings", CLOCK_AT, _book, TRY_THE_MEETINGS))


def _filed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(APPLICATIONS.read_text("utf-8"))["applications"]
    return found


def _received(session: MeetingSession) -> list[tuple[dict[str, Any], Application]]:
    """Return what the file says of each application, and the application as it stands."""
    standing = Application.objects.filter(kind__session=session).select_related("kind__session__chain", "organiser")
    by_title = {each.title: each for each in standing}
    return [(filed, by_title[filed["title"]]) for filed in _filed()]


def _apply(session: MeetingSession, code: str) -> None:
    kind = EventKind.objects.select_related("session__chain").get(session=session, code=code)
    themes = terms_of(kind).themes
    delegations = {each.code: each for each in Delegation.objects.filter(session=session)}
    for filed in _filed():
        if filed["kind"] == code:
            organiser = delegations[filed["organiser"]]
            draft = begin_draft(
                kind=kind, organiser=organiser, actor=COMMAND, content=_content(filed, themes, delegations)
            )
            submit_application(application=draft, actor=COMMAND)


def _content(filed: dict[str, Any], themes: tuple[str, ...], delegations: dict[str, Delegation]) -> dict[str, Any]:
    state = delegations[filed["organiser"]].name
    return {
        "title": filed["title"],
        "abstract": filed["abstract"],
        "theme": themes[filed["theme"] - 1],
        "form": filed.get("form", Form.IN_PERSON.value),
        "attendance": filed["attendance"],
        "length_min": 90,
        "equipment": ["projector", "microphones"],
        "contact": {"name": f"Example Contact of {state}", "email": f"{filed['organiser'].lower()}@example.invalid"},
        "speakers": [{"name": f"Example Speaker of {state}", "title": "Minister"}],
        "cosponsors": [_cosponsor(name, delegations) for name in filed["cosponsors"]],
    }


def _cosponsor(name: str, delegations: dict[str, Delegation]) -> dict[str, str]:
    if name in delegations:
        return {"delegation": name}
    return {"name": name, "kind": "un_entity" if name in {"UNODC", "WHO"} else "ngo"}


def _decide(session: MeetingSession) -> None:
    """Decide what is decided in January: what becomes free is offered, and confirmed."""
    for filed, application in _received(session):
        checklist = terms_of(application.kind).checklist
        is_accepted = filed.get("decision") == "accept"
        for item in checklist if is_accepted else checklist[: filed.get("checked", 0)]:
            decisions.check_guideline(application=application, item=item, is_met=True, actor=COMMAND)
        if is_accepted:
            decisions.accept_application(application=application, actor=COMMAND)
        elif filed.get("decision") == "reject":
            decisions.reject_application(application=application, actor=COMMAND, reason=filed["reason"])
    for _filed_as, application in _received(session):
        if application.state == State.PROMOTED:
            confirm_promotion(application=application, actor=COMMAND)


def _make_programme(session: MeetingSession) -> None:
    """Place most of what is accepted, publish it, and leave staff a correction and a prepared decision."""
    rooms = {room.code: room for room in Room.objects.filter(session=session)}
    for filed, application in _received(session):
        if "stands" in filed:
            code, starts_at = filed["stands"]
            place_event(
                application=application,
                room=rooms[code],
                starts_at=starts_at.replace(tzinfo=session.zone),
                is_pinned=filed.get("pinned", False),
                actor=COMMAND,
            )
        elif filed.get("decision") == "correct":
            decisions.request_correction(application=application, text=filed["reason"], actor=COMMAND)
        elif filed.get("decision") == "prepare":
            decisions.prepare_decision(application=application, decision=Application.Decision.ACCEPT, actor=COMMAND)
    publish_programme(session=session, note="First version of the programme of side events.", actor=COMMAND)


def _book(session: MeetingSession) -> None:
    """Have one meeting asked for, one agreed, and one confirmed."""
    day = grid_of(session).first_day
    room = Room.objects.select_related("session__chain").get(session=session, code=MEETING_ROOM)
    states = {each.code: each for each in Delegation.objects.filter(session=session)}

    def ask(hour: int, minute: int, one: str, other: str, purpose: str) -> Any:
        return request_booking(
            session=session,
            room=room,
            starts_at=datetime.combine(day, time(hour, minute), session.zone),
            requester=states[one],
            counterpart=states[other],
            purpose=purpose,
            people=6,
            actor=COMMAND,
        )

    ask(9, 45, "FR", "AT", "Cooperation on prevention in schools")
    confirm_booking(booking=ask(10, 30, "BR", "KE", "Training of forensic laboratories"), actor=COMMAND)
    agreed = ask(12, 0, "TH", "KE", "Alternative development")
    confirm_booking(booking=agreed, actor=actor_for(User.objects.get(username="kenya")))
