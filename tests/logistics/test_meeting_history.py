"""What a meeting's page says happened to it: all of it, whichever entry tells it, and nothing of anybody else's."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cnd.actors import COMMAND
from cnd.models import JournalEntry
from logistics.models import Booking
from logistics.services.booking_answers import confirm_booking, propose_time, refuse_proposal
from logistics.services.booking_moves import cancel_booking, move_booking, swap_bookings
from logistics.services.bookings import edit_booking
from logistics.services.check_in import check_in
from logistics.services.grid_change import CANCEL, KEEP, change_grid
from logistics.services.waiting import accept_offer
from logistics.views.meeting_history import Happening, history_of
from sessions.models import Delegation, MeetingSession
from sessions.services.clock import shift_clock
from tests.logistics.bilaterals import OPEN, asked, at, booking_session, met, now_of, offered_to, room, waits
from tests.logistics.meeting_pages import of, of_staff, page
from tests.sessions.kept import kept
from tests.sessions.scenes import as_focal_point, as_officer, focal_point, state
from tests.sessions.staff_pages import text_of

pytestmark = pytest.mark.django_db

loaded = kept(lambda: booking_session().pk)


@pytest.fixture
def session(loaded: int) -> MeetingSession:
    return MeetingSession.objects.get(pk=loaded)


def read(booking: Booking, reader: Delegation | None) -> list[tuple[str, str, list[str]]]:
    """Return what happened to a booking as it stands, without the times."""
    return [(each.sentence, each.by, each.details) for each in history_of(now_of(booking), reader)]


def last(booking: Booking) -> tuple[str, str, list[str]]:
    """Return what happened to a booking last, as its requester reads it."""
    return read(booking, booking.requester)[-1]


def goes_to(session: MeetingSession, moment: Any) -> None:
    shift_clock(session=session, to=moment, actor=COMMAND, reason="test")


def test_what_both_did_is_told_with_who_did_it_and_why(session: MeetingSession) -> None:
    austria, brazil = as_focal_point(session, "AT"), as_focal_point(session, "BR")
    booking = asked(session)
    propose_time(booking=booking, room=room(session, "b2"), starts_at=at(15), actor=brazil)
    refuse_proposal(booking=now_of(booking), actor=austria)
    confirm_booking(booking=now_of(booking), actor=brazil)
    move_booking(booking=now_of(booking), room=room(session), starts_at=at(12), actor=as_officer(), reason="A leak")
    move_booking(booking=now_of(booking), room=room(session), starts_at=at(9), actor=austria)
    cancel_booking(booking=now_of(booking), actor=austria, reason="The minister is ill")
    first, second = room(session).name, room(session, "b2").name
    assert read(booking, state(session, "BR")) == [
        ("Requested by Austria", "Austria", []),
        ("Another time was proposed", "Brazil", [f"14 March 2024, 15:00, {second}"]),
        ("The proposed time was not taken", "Austria", []),
        ("Confirmed by the counterpart", "Brazil", []),
        (
            "Moved",
            "the secretariat",
            [f"From 14 March 2024, 09:00, {first} to 14 March 2024, 12:00, {first}", "Reason: A leak"],
        ),
        (
            "Moved",
            "Austria",
            [
                f"From 14 March 2024, 12:00, {first} to 14 March 2024, 09:00, {first}",
                "The counterpart was asked anew",
            ],
        ),
        ("Cancelled", "Austria", ["Reason: The minister is ill"]),
    ]


def test_staff_read_which_account_it_was_and_delegations_do_not(session: MeetingSession) -> None:
    booking = met(session)
    account = focal_point(session, "AT").get_username()
    assert read(booking, None)[0][1] == f"Austria ({account})"
    assert read(booking, None)[1][1] == f"the secretariat ({as_officer().user.get_username()})"  # type: ignore[union-attr]
    assert [by for _sentence, by, _details in read(booking, booking.requester)] == ["Austria", "the secretariat"]


def test_times_are_those_of_the_session(session: MeetingSession) -> None:
    happened: list[Happening] = history_of(asked(session), None)
    assert timedelta(0) <= happened[0].at - OPEN < timedelta(minutes=5)


def test_whoever_acts_for_nobody_any_more_acted_for_who_it_was(session: MeetingSession) -> None:
    booking = asked(session)
    confirm_booking(booking=booking, actor=as_focal_point(session, "BR"))
    focal_point(session, "AT").memberships.all().delete()
    focal_point_of_brazil = booking.counterpart.memberships.get().user  # type: ignore[union-attr]
    focal_point_of_brazil.memberships.all().delete()
    assert [by for _sentence, by, _details in read(booking, booking.requester)] == ["Austria", "Brazil"]


# --- entries that are called after something else ---------------------------------------------------------------------


def test_both_meetings_of_a_swap_tell_of_it_and_neither_of_the_other(session: MeetingSession) -> None:
    one = met(session, "AT", "BR", purpose="On the first paragraph")
    other = met(session, "KE", "FR", where="b2", when=at(15), purpose="On the second paragraph")
    swap_bookings(one=one, other=other, actor=as_officer(), reason="A delegation comes late")
    places = f"14 March 2024, 09:00, {room(session).name}", f"14 March 2024, 15:00, {room(session, 'b2').name}"
    why = "Reason: A delegation comes late"
    swapped = ("Swapped with another meeting", "the secretariat")
    assert last(one) == (*swapped, [f"From {places[0]} to {places[1]}", why])
    assert last(other) == (*swapped, [f"From {places[1]} to {places[0]}", why])
    text = text_of(of(session, "KE").get(page("meeting", "KE", other.pk)))
    assert "Swapped with another meeting" in text
    assert "second paragraph" in text
    assert [word for word in ("first paragraph", "Austria", "Brazil") if word in text] == []


def test_each_meeting_tells_what_another_grid_made_of_it(session: MeetingSession) -> None:
    kept_one, moved, gone, stays = (
        met(session, "AT", "BR", when=at(17, 15)),
        met(session, "KE", "FR", where="b2", when=at(17, 15)),
        met(session, "IN", "BG", where="b3", when=at(17, 15)),
        met(session, "RO", "JP", where="b4", when=at(9)),
    )
    change_grid(
        session=session,
        values={"day_closes": "17:00"},
        dispositions={kept_one.pk: KEEP, moved.pk: (room(session, "b2"), at(12)), gone.pk: CANCEL},
        reason="The house closes",
        actor=as_officer(),
    )
    why, name = "Reason: The house closes", room(session, "b2").name
    assert last(kept_one) == ("Kept, though the slots are others now", "the secretariat", [why])
    assert last(moved) == (
        "Moved, since the slots are others now",
        "the secretariat",
        [f"From 14 March 2024, 17:15, {name} to 14 March 2024, 12:00, {name}", why],
    )
    assert last(gone) == ("Cancelled", "the secretariat", [why])
    assert last(stays)[0] == "Confirmed by the counterpart"


def test_a_request_that_crossed_tells_what_became_of_it(session: MeetingSession) -> None:
    one, other = asked(session, "AT", "BR"), asked(session, "BR", "AT", where="b2", when=at(15))
    confirm_booking(booking=one, actor=as_focal_point(session, "BR"))
    why = "Reason: The two delegations meet at another time: the other request was confirmed."
    assert last(other) == ("Cancelled", "Brazil", [why])


def test_a_request_that_lapsed_tells_nothing_of_whose_request_found_it_so(session: MeetingSession) -> None:
    overdue = asked(session, "AT", "BR")
    goes_to(session, OPEN + timedelta(days=2))
    asked(session, "KE", None, actor=as_officer(), reason="Kenya has no room of its own")
    assert last(overdue) == ("Lapsed", "by rule", [])
    assert last(overdue) == read(overdue, None)[-1]


def test_a_slot_taken_up_from_the_waiting_list_begins_with_its_request(session: MeetingSession) -> None:
    before = asked(session, "AT", None)
    entry = waits(session, "KE", room=room(session), starts_at=at(9))
    cancel_booking(booking=before, actor=as_focal_point(session, "AT"))
    offer = offered_to(entry)
    assert offer is not None
    booking = accept_offer(offer=offer, actor=as_focal_point(session, "KE"))
    assert read(booking, booking.requester) == [("Requested by Kenya", "Kenya", [])]


def test_a_meeting_that_was_held_tells_who_checked_in(session: MeetingSession) -> None:
    booking = met(session)
    goes_to(session, at(9, 1))
    check_in(booking=now_of(booking), actor=as_focal_point(session, "BR"))
    assert last(booking) == ("Checked in", "Brazil", [])


# --- on the page ------------------------------------------------------------------------------------------------------


def test_the_page_tells_it_to_both_sides_and_staff(session: MeetingSession) -> None:
    booking = met(session)
    move_booking(booking=booking, room=room(session, "b2"), starts_at=at(9), actor=as_officer(), reason="A leak")
    said = f"Moved From 14 March 2024, 09:00, {room(session).name} to 14 March 2024, 09:00, {room(session, 'b2').name}"
    for client, url in (
        (of(session, "AT"), page("meeting", "AT", booking.pk)),
        (of(session, "BR"), page("meeting", "BR", booking.pk)),
        (of_staff(), page("booking", booking.pk)),
    ):
        text = text_of(client.get(url))
        assert said in text
        assert "Reason: A leak" in text


def test_the_private_words_of_an_edit_are_not_told_again(session: MeetingSession) -> None:
    booking = met(session, purpose="Of great weight")
    edit_booking(booking=booking, purpose="Of no weight", actor=as_focal_point(session, "AT"))
    assert last(booking) == ("Edited", "Austria", [])


def test_it_is_read_by_as_many_queries_however_much_happened_to_it_and_others(
    session: MeetingSession, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    booking, staff = met(session), as_officer()
    other = met(session, "KE", "FR", where="b2", when=at(15))
    for number in range(4):
        swap_bookings(one=now_of(booking), other=now_of(other), actor=staff)
        edit_booking(booking=now_of(booking), people=number + 1, actor=as_focal_point(session, "AT"))
    fresh = now_of(booking)
    entries = JournalEntry.objects.filter(chain=session.chain).count()
    with django_assert_num_queries(4):
        assert len(history_of(fresh, fresh.requester)) == 10
    assert entries > booking.entries.count() == 10


def test_a_line_that_is_not_of_the_booking_is_never_told(session: MeetingSession) -> None:
    one, other = met(session), met(session, "KE", "FR", where="b2", purpose="Of great weight")
    one.entries.add(*other.entries.all())
    assert len(read(one, one.requester)) == 2


def test_no_delegation_reads_the_history_of_others(session: MeetingSession) -> None:
    booking = met(session)
    kenya: Client = of(session, "KE")
    assert kenya.get(page("meeting", "KE", booking.pk)).status_code == 404
