from urllib.parse import urlsplit

import pytest

from cnd.models import Cause, User
from cnd.outbox.kinds import kind_of
from sessions.models import MeetingSession
from tests.logistics.bilaterals import asked
from tests.logistics.windows import received, windowed
from tests.sessions.scenes import focal_point, make_session, officer
from tests.sessions.staff_pages import signed_in

pytestmark = pytest.mark.django_db


def opened(session: MeetingSession, kind: str, user: User) -> tuple[str, int]:
    """Return where the last notice of a kind leads a reader, and what they are answered there."""
    cause = Cause.objects.filter(chain=session.chain, kind=kind).latest("pk")
    path = urlsplit(kind_of(kind).link(cause, user)).path
    return path, signed_in(user).get(path).status_code


def test_a_receipt_leads_to_the_very_application() -> None:
    session = windowed()
    pk = received(session, "AT").pk

    assert opened(session, "application_received", focal_point(session, "AT")) == (
        f"/cnd67/delegation/AT/side-events/{pk}/",
        200,
    )
    assert opened(session, "application_received", officer()) == (f"/cnd67/staff/side-events/{pk}/", 200)


def test_a_request_to_meet_leads_each_of_the_two_to_the_very_meeting() -> None:
    session = make_session()
    pk = asked(session, "AT", "BR").pk
    kind = Cause.objects.filter(chain=session.chain, audience="delegation:BR").latest("pk").kind

    assert opened(session, kind, focal_point(session, "BR")) == (f"/cnd67/delegation/BR/meetings/{pk}/", 200)
    assert opened(session, kind, officer()) == (f"/cnd67/staff/bookings/{pk}/", 200)
