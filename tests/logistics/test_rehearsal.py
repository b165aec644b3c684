"""The chapter of a rehearsal about what surrounds the meeting, with few people; the whole is run by hand."""

import random
from datetime import datetime, timedelta

import pytest

from cnd import journal
from cnd.actors import COMMAND
from logistics.management.rehearsed_applications import CLOSED, DECIDED, OPENS, Window
from logistics.management.rehearsed_meetings import hold_meetings
from sessions.management.chapters import Rehearsal
from sessions.models import MeetingSession
from sessions.services.clock import shift_clock
from tests.sessions.scenes import correct, make_session

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_window_and_two_days_of_meetings_keep_what_is_promised() -> None:
    said: list[str] = []
    session = make_session(OPENS)
    rehearsal = Rehearsal(session, {"applicants": 20, "bookings": 40}, random.Random(67), said.append)
    window = Window(rehearsal)

    window.apply()
    journal.verify(session.chain)
    for at, call in ((CLOSED, window.come_late), (DECIDED, window.decide), (DECIDED + timedelta(days=1), window.go_on)):
        rehearsal_goes_to(session, at)
        call()
    rehearsal_goes_to(session, at + timedelta(days=10))
    correct(session, "bilateral.slots_in_all", 1)
    hold_meetings(rehearsal)

    assert said[0] == "    4 January: 34 submissions at once: 25 done, 5 incomplete, 4 limit_reached; 19 receipts"
    assert said[1] == "    12 January: 3 come late: 3 window_closed"
    requests = next(line for line in said if "requests at once" in line)
    assert "limit_reached" in requests
    assert "reason_missing" not in "".join(said)
    assert journal.verify(session.chain) == type(session.chain).objects.get(pk=session.chain_id).last_number


def rehearsal_goes_to(session: MeetingSession, at: datetime) -> None:
    shift_clock(session=session, to=at + timedelta(seconds=1), actor=COMMAND, reason="rehearsal")
