"""What two delegations are told of their meeting, and the invitations that calendar programs take."""

from typing import Any

import pytest
from icalendar import Calendar

from cnd.clock import rfc3339
from cnd.models import Cause, Notice
from cnd.outbox.kinds import kind_of
from cnd.outbox.mail import as_mail
from logistics.models import Booking
from logistics.services.booking_answers import (
    accept_proposal,
    confirm_booking,
    decline_booking,
    propose_time,
    refuse_proposal,
)
from logistics.services.booking_calendars import calendar_of_delegation, calendar_of_room, uid_of
from logistics.services.booking_moves import cancel_booking, move_booking
from logistics.services.bookings import approve_booking, edit_booking
from sessions.models import MeetingSession
from tests.logistics.bilaterals import asked, at, booking_session, met, room, waits
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, as_officer, focal_point, officer, state
from tests.sessions.told import causes, readers, words

pytestmark = pytest.mark.django_db

loaded = kept(lambda: booking_session().pk)
SECRET = "The gas pipeline"


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    found = MeetingSession.objects.get(pk=loaded)
    for code in ("AT", "BR", "KE"):
        focal_point(found, code)
    officer()
    return found


def told(session: MeetingSession, booking: Booking) -> list[tuple[str, str]]:
    return [(each.kind, each.audience) for each in causes(session, f"booking:{booking.pk}:")]


def both(kind: str) -> list[tuple[str, str]]:
    return [(kind, "delegation:AT"), (kind, "delegation:BR")]


def test_each_delegation_is_told_of_each_step(session: MeetingSession) -> None:
    austria, brazil = as_focal_point(session, "AT"), as_focal_point(session, "BR")
    booking = asked(session, purpose=SECRET)
    propose_time(booking=booking, room=room(session, "b2"), starts_at=at(12), actor=brazil)
    refuse_proposal(booking=booking, actor=austria)
    edit_booking(booking=booking, actor=austria, people=4)
    confirm_booking(booking=booking, actor=brazil)
    approve_booking(booking=booking, actor=as_officer())
    move_booking(booking=booking, room=room(session, "b3"), starts_at=at(12), actor=as_officer())
    cancel_booking(booking=booking, actor=brazil, reason="Ill")
    assert told(session, booking) == [
        ("booking_requested", "delegation:AT"),
        ("booking_asked", "delegation:BR"),
        *both("booking_proposed"),
        *both("booking_proposal_refused"),
        *both("booking_edited"),
        *both("booking_agreed"),
        *both("booking_confirmed"),
        *both("booking_moved"),
        *both("booking_cancelled"),
    ]
    assert SECRET not in str([each.context for each in causes(session)])


def test_who_is_asked_reads_until_when_to_answer_and_nobody_else_is_told(session: MeetingSession) -> None:
    asked(session)
    subject, body = words(session, "booking_asked", focal_point(session, "BR"))
    assert subject == "Austria asks you for a meeting"
    assert "14 March 2024, 09:00 (Vienna)" in body
    assert "by 2 March 2024, 09:0" in body
    assert readers(session, "booking_asked") == ["focal-br"]
    assert Notice.objects.filter(recipient=focal_point(session, "KE")).count() == 0


def test_the_end_is_told_with_who_and_why(session: MeetingSession) -> None:
    decline_booking(booking=asked(session), actor=as_focal_point(session, "BR"), reason="Elsewhere")
    _subject, body = words(session, "booking_declined", focal_point(session, "AT"))
    assert "By: Brazil\nReason: Elsewhere" in body


def test_who_waits_is_told_of_the_offer(session: MeetingSession) -> None:
    booking = asked(session)
    waits(session, "KE", room=room(session), starts_at=at(9))
    cancel_booking(booking=booking, actor=as_focal_point(session, "AT"))
    assert readers(session, "slot_offered") == ["focal-ke"]
    _subject, body = words(session, "slot_offered", focal_point(session, "KE"))
    assert "14 March 2024, 09:00 (Vienna)" in body


# --- invitations ------------------------------------------------------------------------------------------------------


def attached(session: MeetingSession, kind: str, code: str = "AT") -> Any:
    """Return method and event of what is attached to the latest notice of a kind."""
    cause = Cause.objects.filter(chain=session.chain_id, kind=kind, audience=f"delegation:{code}").last()
    assert cause
    calendar = kind_of(kind).calendar
    assert calendar
    user = focal_point(session, code)
    user.email = f"{code.lower()}@mission.example"
    content = calendar(cause, user)
    if content is None:
        return None
    found = Calendar.from_ical(content)
    (event,) = found.walk("VEVENT")
    return str(found["METHOD"]), event


def test_an_invitation_comes_with_the_confirmation_and_not_before(session: MeetingSession) -> None:
    booking = confirm_booking(booking=asked(session), actor=as_focal_point(session, "BR"))
    assert attached(session, "booking_agreed") is None
    approve_booking(booking=booking, actor=as_officer())
    method, event = attached(session, "booking_confirmed")
    assert (method, str(event["UID"]), event["SEQUENCE"], str(event["STATUS"])) == (
        "REQUEST",
        uid_of(session, booking.pk),
        0,
        "CONFIRMED",
    )
    assert (rfc3339(event["DTSTART"].dt), rfc3339(event["DTEND"].dt)) == (rfc3339(at(9)), rfc3339(at(9, 30)))
    assert str(event["ATTENDEE"]) == "mailto:at@mission.example"
    assert str(event["ORGANIZER"]).startswith("mailto:")


def test_what_moves_and_ends_has_the_same_uid_and_rises(session: MeetingSession) -> None:
    booking = met(session, purpose=SECRET)
    move_booking(booking=booking, room=room(session, "b2"), starts_at=at(12), actor=as_officer())
    cancel_booking(booking=booking, actor=as_focal_point(session, "BR"))
    found = [attached(session, f"booking_{each}", "BR") for each in ("confirmed", "moved", "cancelled")]
    assert [(method, event["SEQUENCE"]) for method, event in found] == [("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2)]
    assert {str(event["UID"]) for _method, event in found} == {uid_of(session, booking.pk)}
    # Each says how things stood when it was told, however late it is sent.
    assert [rfc3339(event["DTSTART"].dt) for _method, event in found] == [rfc3339(at(9))] + [rfc3339(at(12))] * 2
    assert str(found[2][1]["STATUS"]) == "CANCELLED"
    assert SECRET not in str(found)


def test_asked_anew_the_former_time_is_off_until_the_next_yes(session: MeetingSession) -> None:
    booking = met(session)
    austria = as_focal_point(session, "AT")
    move_booking(booking=booking, room=room(session), starts_at=at(12), actor=austria)
    assert (attached(session, "booking_moved")[0], attached(session, "booking_moved")[1]["SEQUENCE"]) == ("CANCEL", 1)
    confirm_booking(booking=booking, actor=as_officer())
    method, event = attached(session, "booking_confirmed")
    assert (method, event["SEQUENCE"]) == ("REQUEST", 2)


def test_a_proposal_that_is_taken_is_confirmed_at_its_time(session: MeetingSession) -> None:
    booking = asked(session)
    propose_time(booking=booking, room=room(session, "b2"), starts_at=at(12), actor=as_focal_point(session, "BR"))
    accept_proposal(booking=booking, actor=as_officer())
    assert rfc3339(attached(session, "booking_confirmed", "BR")[1]["DTSTART"].dt) == rfc3339(at(12))


def test_the_mail_says_what_its_calendar_is_meant_for(session: MeetingSession) -> None:
    cancel_booking(booking=met(session), actor=as_officer(), reason="Fire")
    notice = Notice.objects.filter(cause__kind="booking_cancelled").select_related("cause__chain", "recipient").first()
    assert notice
    part = as_mail(notice, "at@mission.example").attachments[0]
    assert part["Content-Type"] == 'text/calendar; charset="utf-8"; method="CANCEL"'


# --- feeds ------------------------------------------------------------------------------------------------------------


def test_a_delegation_has_its_meetings_and_a_room_says_nothing_of_who_meets(session: MeetingSession) -> None:
    booking = met(session, purpose=SECRET)
    met(session, "KE", "FR", where="b2")
    cancel_booking(booking=met(session, "AT", "KE", when=at(12)), actor=as_officer(), reason="x")
    own = Calendar.from_ical(calendar_of_delegation(session, state(session, "AT")))
    (event,) = own.walk("VEVENT")
    assert (str(own["METHOD"]), str(event["UID"])) == ("PUBLISH", uid_of(session, booking.pk))
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == (
        "[Rehearsal] Bilateral meeting: Austria – Brazil",
        SECRET,
    )
    of_room = calendar_of_room(room(session)).decode()
    assert [word for word in ("Austria", "Brazil", SECRET) if word in of_room] == []
    assert of_room.count("BEGIN:VEVENT") == 1
