"""Around the meetings of a delegation: note verbale, calendars, and what the pages of others show of them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from logistics.models import NoteVerbale
from sessions.models import MeetingSession
from tests.logistics.bilaterals import asked, booking_session, met
from tests.logistics.meeting_pages import of, page
from tests.logistics.sent import PDF
from tests.sessions.kept import kept
from tests.sessions.scenes import correct, focal_point
from tests.sessions.staff_pages import text_of

pytestmark = pytest.mark.django_db

loaded = kept(lambda: booking_session().pk)
SECRET = "About the ceiling of the old hall"


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


@pytest.fixture
def austria(session: MeetingSession) -> Client:
    return of(session, "AT")


@pytest.fixture
def brazil(session: MeetingSession) -> Client:
    return of(session, "BR")


def test_where_a_note_is_needed_it_is_sent_once_and_no_other_file_is_taken(
    session: MeetingSession, austria: Client
) -> None:
    correct(session, "bilateral.note_verbale_required", True)
    assert "A booking needs a note verbale" in text_of(austria.get(page("meetings", "AT")))
    url = page("meetings-note", "AT")
    wrong = austria.post(url, {"file": SimpleUploadedFile("note.pdf", b"no PDF")})
    assert (wrong.status_code, NoteVerbale.objects.count()) == (422, 0)
    austria.post(url, {"file": SimpleUploadedFile("note.pdf", PDF)})
    assert "Your note verbale is with the secretariat" in text_of(austria.get(page("meetings", "AT")))


def test_the_feed_opens_without_sign_in_for_its_own_meetings_alone(session: MeetingSession, austria: Client) -> None:
    met(session, purpose=SECRET)
    met(session, "KE", "RO", where="b2", purpose="Of others")
    url = austria.get(page("meetings", "AT")).context["feed_url"]
    answer = Client().get(url)
    text = answer.content.decode()
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert SECRET in text
    assert "Of others" not in text
    assert Client().get(url, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_feed_ends_with_the_password_and_with_the_membership(session: MeetingSession, austria: Client) -> None:
    url = austria.get(page("meetings", "AT")).context["feed_url"]
    user = focal_point(session, "AT")
    assert Client().get(url.replace(".ics", "x.ics")).status_code == 404
    user.set_password("another long password 2")
    user.save()
    assert Client().get(url).status_code == 404
    austria.force_login(user)
    renewed = austria.get(page("meetings", "AT")).context["feed_url"]
    assert Client().get(renewed).status_code == 200
    user.memberships.all().delete()
    assert Client().get(renewed).status_code == 404


def test_a_meeting_is_a_file_for_its_delegations(session: MeetingSession, austria: Client) -> None:
    booking = met(session)
    text = austria.get(page("meeting-calendar", "AT", booking.pk)).content.decode()
    assert text.count("BEGIN:VEVENT") == 1
    assert "DTSTART:20240314T080000Z" in text


def test_the_delegations_own_page_says_what_is_to_be_answered(session: MeetingSession, brazil: Client) -> None:
    asked(session)
    text = text_of(brazil.get("/cnd67/delegation/BR/"))
    assert "Answer the request of Austria to meet" in text
    assert "Bilateral meetings" in text


def test_the_sessions_page_tells_everybody_of_the_rooms(session: MeetingSession, client: Client) -> None:
    assert "Rooms for bilateral meetings" in text_of(client.get("/cnd67/"))


def test_the_calendar_of_a_room_tells_everybody_when_and_nobody_who(session: MeetingSession, client: Client) -> None:
    met(session, purpose=SECRET)
    text = client.get(page("room-calendar", "b1")).content.decode()
    assert text.count("BEGIN:VEVENT") == 1
    assert [word for word in ("Austria", "Brazil", SECRET) if word in text] == []
    assert client.get(page("room-calendar", "c1")).status_code == 404
