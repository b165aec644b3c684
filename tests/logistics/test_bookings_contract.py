"""Whatever the addresses of bookings and waiting are sent, they answer what their contract says, and never fail."""

from typing import Any

import pytest

from cnd.actors import COMMAND
from logistics.services.bookings import request_booking
from sessions.models import MeetingSession
from tests.cnd.api_client import token_of
from tests.logistics.bilaterals import asked, at, booking_session, room, waits
from tests.sessions.scenes import focal_point, state
from tests.test_schemathesis import EXAMPLES, KNOWN, MODES, explore, operations

WORDS = ("bookings", "waiting", "free-times", "availability")
SCOPES = ("bookings:read", "bookings:write")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


@pytest.fixture
def session(settings: Any) -> MeetingSession:
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "")
    return booking_session()


def test_no_answer_about_rooms_lies_outside_the_contract(session: MeetingSession) -> None:
    booking = asked(session, "KE", "AT", purpose="Trade")
    request_booking(
        session=session, room=room(session, "b2"), starts_at=at(9), requester=state(session, "FR"), actor=COMMAND
    )
    entry = waits(session, "AT", room=room(session, "b2"), starts_at=at(9))
    KNOWN.update(booking=booking.pk, entry=entry.pk)
    token = token_of(focal_point(session, "AT"), *SCOPES)
    found = {name: each for name, each in operations() if any(word in name for word in WORDS)}
    seen = {name: explore(each, token, MODES, EXAMPLES) for name, each in found.items()}
    read = [name for name in found if name.startswith("GET") and "free-times" not in name]
    assert len(found) == 22
    assert [name for name in read if 200 not in seen[name]] == []
