"""What staff read and do on the pages of bookings: the day, moves, swaps, limits, the grid, how full the rooms are."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from logistics.models import Application, Block, Booking, NoteVerbale, Room
from logistics.services import occupancy
from logistics.services.booking_answers import confirm_booking
from logistics.services.note_verbale import hand_in_note
from logistics.services.occupancy import Claim
from sessions.models import MeetingSession
from sessions.services.clock import shift_clock
from tests.logistics.bilaterals import asked, at, booking_session, cells, expected_cells, met, now_of, room, waits
from tests.logistics.meeting_pages import of, of_staff, page, stamp
from tests.logistics.sent import PDF
from tests.sessions.kept import kept
from tests.sessions.scenes import COMMAND, as_focal_point, state
from tests.sessions.staff_pages import hidden, last_entry, text_of, told

pytestmark = pytest.mark.django_db

loaded = kept(lambda: booking_session().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


@pytest.fixture
def staff(session: MeetingSession) -> Client:
    return of_staff()


def agreed(session: MeetingSession, requester: str = "AT", counterpart: str = "BR", **more: Any) -> Booking:
    booking = asked(session, requester, counterpart, **more)
    return confirm_booking(booking=booking, actor=as_focal_point(session, counterpart))


def sent(client: Client, url: str, **given: Any) -> Any:
    """Open a page and send its form as it stands, with what is given."""
    return client.post(url, {"seen": hidden(client.get(url), "seen"), **given})


def states_of(answer: Any, where: Room) -> list[tuple[str, str]]:
    """Return state and text of every cell of a room on the day that a page shows."""
    rows = answer.context["days"][0].rows
    return [(cell.state, cell.text) for row in rows if row.room == where for cell in row.cells]


def test_no_delegation_opens_a_page_of_staff(session: MeetingSession) -> None:
    booking = asked(session)
    austria = of(session, "AT")
    whole = ("bookings", "booking-new", "bookings-waiting", "bookings-occupancy", "bookings-grid", "bookings-notes")
    of_one = ("booking", *(f"booking-{step}" for step in ("move", "swap", "cancel", "approve", "check-in")))
    urls = [*(page(name) for name in whole), *(page(name, booking.pk) for name in of_one)]
    assert {austria.get(url).status_code for url in urls} == {403}
    assert {austria.post(url, {}).status_code for url in urls if url != page("booking", booking.pk)} == {403}


def test_the_day_shows_meetings_events_blocks_and_what_is_free(session: MeetingSession, staff: Client) -> None:
    met(session, when=at(9))
    asked(session, "KE", "RO", when=at(9, 45))
    where = room(session)
    block = Block.objects.create(room=where, starts_at=at(12), ends_at=at(12, 30), reason="Cleaning")
    occupancy.occupy(session=session, holder=block.holder, claims=[Claim(where.resource, at(12), at(12, 30))])
    event = Application.objects.create(
        kind=session.event_kinds.all()[0], organiser=state(session, "CN"), title="On water", created_at=at(1)
    )
    occupancy.occupy(session=session, holder=event.holder, claims=[Claim(where.resource, at(15), at(15, 30))])
    shown = states_of(staff.get(page("bookings"), {"day": "2024-03-14"}), where)
    assert shown[:3] == [("booking", "AT – BR"), ("requested", "KE – RO"), ("free", "free")]
    assert ("blocked", "closed") in shown
    assert ("event", "On water") in shown


def test_the_day_takes_as_many_queries_for_many_meetings_as_for_one(
    session: MeetingSession, staff: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    agreed(session)
    url = page("bookings")
    staff.get(url)
    with django_assert_num_queries(14):
        staff.get(url)
    for n, (one, other) in enumerate([("KE", "RO"), ("CN", "FR"), ("DE", "IN"), ("EG", "PE")]):
        agreed(session, one, other, where=f"b{n + 2}", when=at(9 + 3 * (n % 2)))
    with django_assert_num_queries(14):
        staff.get(url)


def test_a_meeting_is_moved_and_keeps_its_state(session: MeetingSession, staff: Client) -> None:
    booking = met(session)
    url = f"{page('booking-move', booking.pk)}?room=b2&at={stamp(at(12))}"
    form = staff.get(url).context["form"]
    assert (form["room"].value(), form["at"].value()) == ("b2", stamp(at(12)))
    answer = sent(staff, url, room="b2", at=stamp(at(12)), reason="The room is needed")
    moved = now_of(booking)
    assert (moved.room.code, moved.starts_at, moved.state) == ("b2", at(12), "confirmed")
    assert told(answer) == ["Moved: Austria – Brazil, 14 March 2024, 12:00 (Vienna), Bilateral Room 2."]
    assert last_entry().reason == "The room is needed"


def test_the_form_of_a_move_alone_is_given_to_a_script(session: MeetingSession, staff: Client) -> None:
    text = staff.get(page("booking-move", met(session).pk), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text
    assert 'name="at"' in text


def test_a_move_from_a_screen_that_is_stale_is_not_done_unread(session: MeetingSession, staff: Client) -> None:
    booking = met(session)
    url = page("booking-move", booking.pk)
    seen = hidden(staff.get(url), "seen")
    sent(staff, url, room="b2", at=stamp(at(12)))
    stale = staff.post(url, {"seen": seen, "room": "b3", "at": stamp(at(15))})
    assert stale.status_code == 412
    assert now_of(booking).room.code == "b2"
    # The very same move again is no conflict.
    again = staff.post(url, {"seen": seen, "room": "b2", "at": stamp(at(12))})
    assert told(again)[-1] == "This was done already."


def test_a_move_onto_a_slot_that_is_taken_names_the_nearest(session: MeetingSession, staff: Client) -> None:
    booking = met(session)
    met(session, "KE", "RO", where="b2", when=at(12))
    refused = sent(staff, page("booking-move", booking.pk), room="b2", at=stamp(at(12)))
    assert refused.status_code == 409
    assert "Free near that time" in text_of(refused)


def test_two_meetings_are_swapped(session: MeetingSession, staff: Client) -> None:
    one, other = met(session), met(session, "KE", "RO", where="b2", when=at(12))
    url = f"{page('booking-swap', one.pk)}?with={other.pk}"
    sent(staff, url, **{"with": other.pk, "reason": ""})
    assert (now_of(one).room.code, now_of(one).starts_at) == ("b2", at(12))
    assert (now_of(other).room.code, now_of(other).starts_at) == ("b1", at(9))
    assert cells(session) == expected_cells(session)


def test_beyond_a_limit_staff_book_with_a_reason_alone(session: MeetingSession, staff: Client) -> None:
    for hour in (9, 12):
        asked(session, when=at(hour))
    given = {"requester": "AT", "counterpart": "KE", "room": "b1", "at": stamp(at(15))}
    refused = staff.post(page("booking-new"), given)
    assert refused.status_code == 422
    assert 'id="id_reason_error"' in refused.content.decode()
    staff.post(page("booking-new"), {**given, "reason": "A visit of State"})
    booking = Booking.objects.get(starts_at=at(15))
    assert (booking.exception, booking.exception_reason) == ("limit", "A visit of State")


def test_conference_services_confirm_what_was_agreed(session: MeetingSession, staff: Client) -> None:
    booking = agreed(session)
    assert "1 booking waits to be confirmed." in text_of(staff.get("/cnd67/staff/"))
    sent(staff, page("booking-approve", booking.pk))
    assert now_of(booking).state == "confirmed"
    assert "waits to be confirmed" not in text_of(staff.get("/cnd67/staff/"))


def test_staff_cancel_with_a_reason(session: MeetingSession, staff: Client) -> None:
    booking = met(session)
    url = page("booking-cancel", booking.pk)
    assert sent(staff, url, reason="").status_code == 422
    sent(staff, url, reason="Works in the room")
    assert (now_of(booking).state, now_of(booking).reason) == ("cancelled", "Works in the room")
    assert "By the secretariat. Works in the room" in text_of(of(session, "AT").get(page("meetings", "AT")))


def test_staff_check_a_meeting_in_until_it_ends(session: MeetingSession, staff: Client) -> None:
    booking = met(session)
    shift_clock(session=session, to=at(9, 5), actor=COMMAND, reason="test")
    sent(staff, page("booking-check-in", booking.pk))
    assert now_of(booking).state == "held"


def test_who_waits_stands_in_line(session: MeetingSession, staff: Client) -> None:
    asked(session, "KE", "RO")
    waits(session, "AT", room=room(session), starts_at=at(9), counterpart=state(session, "BR"))
    assert "Austria – Brazil" in text_of(staff.get(page("bookings-waiting")))


def test_occupancy_counts_by_room_day_and_group(session: MeetingSession, staff: Client) -> None:
    met(session)
    met(session, "KE", "RO", where="b2", when=at(9, day=15))
    rooms, days, groups = (part["rows"] for part in staff.get(page("bookings-occupancy")).context["parts"])
    assert [row.taken for row in rooms] == [1, 1, 0, 0, 0, 0]
    assert [row.taken for row in days] == [1, 1]
    assert rooms[0].total == 24
    assert {str(row.name): row.percent for row in groups if row.taken} == {
        "Group of African States": 50,
        "Group of Western European and other States": 50,
    }


def test_the_grid_changes_only_with_a_decision_about_each_meeting_in_the_way(
    session: MeetingSession, staff: Client
) -> None:
    kept_one = met(session, when=at(9))
    moved, gone = met(session, "KE", "RO", where="b2"), met(session, "CN", "FR", where="b3")
    url = page("bookings-grid")
    grid = {
        "first_day": "2024-03-14",
        "last_day": "2024-03-15",
        "day_opens": "10:00",
        "day_closes": "18:00",
        "slot": "30",
        "between": "15",
        "breaks": "",
    }
    looked = staff.post(url, {**grid, "do": "look"})
    assert [row["meeting"].booking for row in looked.context["in_the_way"]] == [kept_one, moved, gone]
    undecided = staff.post(url, {**grid, "do": "change", "reason": "The building opens later"})
    assert undecided.status_code == 422
    assert text_of(undecided).count("Decide what becomes of it.") == 6  # beside each and in the summary
    staff.post(
        url,
        {
            **grid,
            "do": "change",
            "reason": "The building opens later",
            f"do-{kept_one.pk}": "keep",
            f"do-{moved.pk}": "move",
            f"at-{moved.pk}": stamp(at(10)),
            f"room-{moved.pk}": "b2",
            f"do-{gone.pk}": "cancel",
        },
    )
    assert (now_of(kept_one).exception, now_of(moved).starts_at, now_of(gone).state) == ("grid", at(10), "cancelled")
    # What lies outside the grid stands in every slot that it touches.
    shown = states_of(staff.get(page("bookings"), {"day": "2024-03-14"}), room(session, "b2"))
    assert shown[0] == ("booking", "KE – RO")


def test_a_grid_that_is_none_is_refused_and_nothing_is_changed(session: MeetingSession, staff: Client) -> None:
    grid = {
        "first_day": "2024-03-15",
        "last_day": "2024-03-14",
        "day_opens": "09:00",
        "day_closes": "18:00",
        "slot": "30",
        "between": "15",
        "breaks": "",
    }
    assert staff.post(page("bookings-grid"), {**grid, "do": "look"}).status_code == 422
    same = {**grid, "first_day": "2024-03-14", "last_day": "2024-03-15", "do": "look"}
    assert "Nothing is changed by this." in text_of(staff.post(page("bookings-grid"), same))


def test_a_note_verbale_is_read_and_confirmed_once(session: MeetingSession, staff: Client) -> None:
    austria = state(session, "AT")
    hand_in_note(delegation=austria, name="n.pdf", content=PDF, actor=as_focal_point(session, "AT"))
    assert staff.get(page("note-file", "AT")).content == PDF
    staff.post(page("note-confirm", "AT"))
    assert NoteVerbale.objects.get().confirmed_at is not None
    assert of(session, "AT").get(page("note-file", "AT")).status_code == 403
