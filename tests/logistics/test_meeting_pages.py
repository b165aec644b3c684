"""What a delegation reads and does on the pages of its meetings; and that nobody else's shows anything."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from logistics.models import Booking, Offer, Room, Waiting
from logistics.services.booking_moves import cancel_booking
from logistics.services.busy import Busy, register_busy
from sessions.models import MeetingSession
from sessions.services.clock import shift_clock
from tests.logistics.bilaterals import asked, at, booking_session, met, now_of, offered_to, room, waits
from tests.logistics.meeting_pages import of, page, stamp
from tests.sessions.kept import kept
from tests.sessions.scenes import COMMAND, as_focal_point, correct, state
from tests.sessions.staff_pages import hidden, text_of, told

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


def book_url(where: str = "b1", hour: int = 9, minute: int = 0) -> str:
    return page("meetings-book", "AT", where, at(hour, minute))


def sent(client: Client, url: str, **given: Any) -> Any:
    """Open a page and send its form as it stands, with what is given."""
    return client.post(url, {"seen": hidden(client.get(url), "seen"), **given})


# --- what is free -----------------------------------------------------------------------------------------------------


def test_the_grid_shows_every_slot_with_its_own_link_and_takes_away_what_is_taken(
    session: MeetingSession, austria: Client
) -> None:
    asked(session, "KE", "RO", where="b1", when=at(9))
    own = asked(session, "AT", "BR", where="b2", when=at(9, 45))
    text = austria.get(page("meetings-free", "AT")).content.decode()
    assert f'href="{page("meetings-book", "AT", "b2", at(9))}"' in text
    assert f'href="{page("meetings-book", "AT", "b1", at(9))}"' not in text
    assert f'href="{page("meeting", "AT", own.pk)}"' in text
    # Whose the taken slot is, nobody is told.
    assert "Kenya" not in text


def test_the_grid_shows_rooms_that_fit_and_the_day_asked_for(session: MeetingSession, austria: Client) -> None:
    small = session.rooms.for_bilaterals().order_by("capacity").first()
    assert small is not None
    shown = austria.get(page("meetings-free", "AT"), {"people": str(small.capacity + 1), "day": "2024-03-15"})
    assert [day.day.isoformat() for day in shown.context["days"]] == ["2024-03-15"]
    fits = session.rooms.for_bilaterals().filter(capacity__gt=small.capacity)
    assert [row.room for row in shown.context["days"][0].rows] == list(fits)
    nothing = austria.get(page("meetings-free", "AT"), {"people": 5000})
    assert "No room is like this" in text_of(nothing)


def test_what_the_filter_does_not_know_filters_nothing(session: MeetingSession, austria: Client) -> None:
    shown = austria.get(page("meetings-free", "AT"), {"day": "never", "people": "many", "equipment": "organ"})
    assert len(shown.context["days"]) == 2


def test_before_booking_opens_the_grid_has_no_links_and_says_when(session: MeetingSession, austria: Client) -> None:
    correct(session, "bilateral.booking_opens", at(8))
    shown = austria.get(page("meetings-free", "AT"))
    assert "Booking opens 14 March 2024, 08:00 (Vienna)" in text_of(shown)
    assert "/meetings/book/" not in shown.content.decode()
    form = austria.get(book_url())
    assert "Booking is not open yet: it opens 14 March 2024, 08:00 (Vienna)." in text_of(form)
    assert 'name="counterpart"' not in form.content.decode()


def test_the_grid_of_twenty_rooms_takes_as_many_queries_as_that_of_one(
    session: MeetingSession, austria: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    url = page("meetings-free", "AT")
    austria.get(url)
    made = [
        Room(session=session, code=f"x{n}", names={"en": f"Extra {n}"}, capacity=6, is_for_bilaterals=True)
        for n in range(20 - session.rooms.for_bilaterals().count())
    ]
    with django_assert_num_queries(13):
        austria.get(url)
    Room.objects.bulk_create(made)
    for n, (requester, counterpart) in enumerate([("AT", "BR"), ("KE", "RO"), ("CN", "AT"), ("FR", "DE")]):
        asked(session, requester, counterpart, where=f"x{n}", when=at(9 + 3 * (n % 3)))
    with django_assert_num_queries(13):
        shown = austria.get(url)
    assert [len(day.rows) for day in shown.context["days"]] == [20, 20]


# --- a request --------------------------------------------------------------------------------------------------------


def test_a_slot_is_asked_for_with_a_counterpart_named_in_any_way(session: MeetingSession, austria: Client) -> None:
    answer = austria.post(book_url(), {"counterpart": "brazil", "purpose": SECRET, "people": "4"})
    booking = Booking.objects.get()
    assert (booking.counterpart, booking.people, booking.detail("purpose")) == (state(session, "BR"), 4, SECRET)
    assert answer.headers["Location"] == page("meeting", "AT", booking.pk)
    assert told(answer) == ["The room is held for you, and Brazil is asked."]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Ruritania", "No delegation of this session is called like this."),
        ("korea", "Which of them: "),
        ("Austria (AT)", "No delegation of this session is called like this."),
    ],
)
def test_a_counterpart_that_is_none_is_said_beside_its_field(
    session: MeetingSession, austria: Client, typed: str, said: str
) -> None:
    answer = austria.post(book_url(), {"counterpart": typed})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Booking.objects.exists()


def test_the_form_says_how_many_slots_are_left(session: MeetingSession, austria: Client) -> None:
    asked(session, when=at(12))
    assert "3 of 4 slots left · 1 on this day" in text_of(austria.get(book_url()))


def test_a_slot_that_was_just_taken_is_refused_with_links_to_the_nearest(
    session: MeetingSession, austria: Client
) -> None:
    asked(session, "KE", "RO")
    answer = austria.post(book_url(), {"counterpart": "BR"})
    assert answer.status_code == 409
    assert "This slot is taken already." in text_of(answer)
    assert f'href="{page("meetings-book", "AT", "b2", at(9))}"' in answer.content.decode()


def test_a_second_click_is_taken_for_the_first(session: MeetingSession, austria: Client) -> None:
    for _click in range(2):
        answer = austria.post(book_url(), {"counterpart": "BR"})
    assert told(answer)[-1] == "You have asked for this slot already."
    assert Booking.objects.count() == 1


def test_a_clash_is_read_before_the_request_is_made(session: MeetingSession, austria: Client) -> None:
    brazil = state(session, "BR")
    register_busy("test", lambda *_asked: [Busy(brazil.pk, at(9), at(10), "test", "a panel")])
    try:
        warned = austria.post(book_url(), {"counterpart": "BR"})
        assert warned.status_code == 409
        assert "Brazil is elsewhere from 09:00 to 10:00: a panel." in text_of(warned)
        assert not Booking.objects.exists()
        austria.post(book_url(), {"counterpart": "BR", "seen": hidden(warned, "seen")})
    finally:
        register_busy("test", lambda *_asked: [])
    assert Booking.objects.count() == 1


def test_no_slot_begins_at_other_times(session: MeetingSession, austria: Client) -> None:
    assert austria.get(book_url(minute=5)).status_code == 404
    assert austria.get(page("meetings-book", "AT", "c1", at(9))).status_code == 404


# --- answers ----------------------------------------------------------------------------------------------------------


def test_the_counterpart_finds_what_to_answer_and_by_when(session: MeetingSession, brazil: Client) -> None:
    asked(session)
    shown = brazil.get(page("meetings", "BR"))
    assert [each.title for each in shown.context["to_answer"]] == ["Austria"]
    assert "Answer by 2 March 2024, 09:0" in text_of(shown)


def test_the_counterpart_confirms_and_both_see_it(session: MeetingSession, austria: Client, brazil: Client) -> None:
    booking = asked(session)
    answer = sent(brazil, page("meeting-confirm", "BR", booking.pk))
    assert told(answer) == ["You have confirmed the meeting with Austria."]
    for client, code in ((austria, "AT"), (brazil, "BR")):
        text = text_of(client.get(page("meeting", code, booking.pk)))
        assert "Agreed, to be confirmed by conference services" in text


def test_confirming_twice_does_it_once(session: MeetingSession, brazil: Client) -> None:
    booking = asked(session)
    url = page("meeting-confirm", "BR", booking.pk)
    seen = hidden(brazil.get(url), "seen")
    brazil.post(url, {"seen": seen})
    again = brazil.post(url, {"seen": seen})
    assert told(again)[-1] == "This was done already."
    assert now_of(booking).steps == 2


def test_what_changed_since_the_page_was_opened_is_read_before_it_is_confirmed(
    session: MeetingSession, austria: Client, brazil: Client
) -> None:
    booking = asked(session)
    url = page("meeting-confirm", "BR", booking.pk)
    seen = hidden(brazil.get(url), "seen")
    sent(austria, page("meeting-move", "AT", booking.pk), at=stamp(at(12)), room="b1")
    stale = brazil.post(url, {"seen": seen})
    assert stale.status_code == 412
    assert "12:00" in text_of(stale)
    assert now_of(booking).state == "requested"
    brazil.post(url, {"seen": hidden(stale, "seen")})
    assert now_of(booking).state == "agreed"


def test_another_time_is_proposed_and_taken(session: MeetingSession, austria: Client, brazil: Client) -> None:
    booking = asked(session)
    sent(brazil, page("meeting-propose", "BR", booking.pk), at=stamp(at(12)), room="b2")
    shown = austria.get(page("meetings", "AT"))
    assert "Brazil proposes 14 March 2024, 12:00 (Vienna)" in text_of(shown)
    sent(austria, page("meeting-accept", "AT", booking.pk))
    moved = now_of(booking)
    assert (moved.state, moved.starts_at, moved.room.code) == ("agreed", at(12), "b2")


def test_declining_says_so_and_frees_the_slot(session: MeetingSession, austria: Client, brazil: Client) -> None:
    booking = asked(session)
    sent(brazil, page("meeting-decline", "BR", booking.pk), reason="Another time of the year")
    assert now_of(booking).state == "declined"
    assert "By Brazil. Another time of the year" in text_of(austria.get(page("meetings", "AT")))


def test_a_cancellation_says_first_what_is_lost(session: MeetingSession, austria: Client) -> None:
    booking = met(session)
    url = page("meeting-cancel", "AT", booking.pk)
    assert "Austria then has 0 of at most 4 slots." in text_of(austria.get(url))
    sent(austria, url, reason="A change of plan")
    assert (now_of(booking).state, now_of(booking).reason) == ("cancelled", "A change of plan")
    back = austria.get(url)
    assert told(back)[-1] == "There is nothing to do here any more: the meeting stands as you see it."


def test_details_are_edited_and_a_refusal_stands_beside_its_field(session: MeetingSession, austria: Client) -> None:
    booking = asked(session, purpose="First")
    url = page("meeting-edit", "AT", booking.pk)
    refused = sent(austria, url, purpose="Second", people="5000")
    assert refused.status_code == 422
    assert 'id="id_people_error"' in refused.content.decode()
    sent(austria, url, purpose="Second", people="3")
    assert (now_of(booking).detail("purpose"), now_of(booking).people) == ("Second", 3)


def test_a_number_of_people_that_is_taken_out_of_the_form_is_gone(session: MeetingSession, austria: Client) -> None:
    booking = asked(session, people=4)
    sent(austria, page("meeting-edit", "AT", booking.pk), people="")
    assert now_of(booking).people is None


def test_one_checks_in_when_it_is_time_and_not_before(session: MeetingSession, austria: Client) -> None:
    booking = met(session)
    url = page("meeting-check-in", "AT", booking.pk)
    assert austria.get(url).status_code == 302
    shift_clock(session=session, to=at(8, 50), actor=COMMAND, reason="test")
    sent(austria, url)
    assert now_of(booking).state == "held"


# --- nobody else ------------------------------------------------------------------------------------------------------


def test_a_third_delegation_sees_nothing_on_any_page(session: MeetingSession, brazil: Client) -> None:
    booking = asked(session, purpose=SECRET, participants="A minister", nameplates="H.E. Somebody")
    kenya = of(session, "KE")
    steps = ("confirm", "decline", "propose", "accept", "refuse", "move", "edit", "cancel", "check-in", "calendar")
    names = ["meeting", *(f"meeting-{step}" for step in steps)]
    for code in ("KE", "AT", "BR"):
        assert {kenya.get(page(name, code, booking.pk)).status_code for name in names} == {404}
        posts = [page(name, code, booking.pk) for name in names[1:-1]]
        assert {kenya.post(url, {}).status_code for url in posts} == {404}
    read = [page("meetings", "KE"), page("meetings-free", "KE"), f"/{booking.session.code}/delegation/KE/"]
    read += [f"{page('meetings-together', 'KE')}?counterpart=AT", f"/{booking.session.code}/"]
    for url in read:
        text = text_of(kenya.get(url))
        assert not [word for word in (SECRET, "A minister", "H.E. Somebody") if word in text]
        assert "Austria – Brazil" not in text
    assert SECRET in text_of(brazil.get(page("meeting", "BR", booking.pk)))


def test_whoever_is_not_signed_in_is_asked_to(session: MeetingSession, client: Client) -> None:
    booking = asked(session)
    for url in (page("meetings", "AT"), page("meeting", "AT", booking.pk), page("bookings")):
        assert client.get(url).headers["Location"].startswith("/sign-in/")


# --- a time for two, and waiting --------------------------------------------------------------------------------------


def test_a_time_for_two_leaves_out_when_either_meets(session: MeetingSession, austria: Client) -> None:
    met(session, "BR", "KE", when=at(9))
    shown = austria.get(page("meetings-together", "AT"), {"counterpart": "BR", "day": "2024-03-14"})
    times = [each["starts_at"] for each in shown.context["times"]]
    assert times[0] == at(9, 45)
    assert f"{page('meetings-book', 'AT', 'b1', at(9, 45))}?with=BR" in shown.content.decode()


def test_one_waits_for_a_slot_and_takes_what_is_offered(session: MeetingSession, austria: Client) -> None:
    correct(session, "bilateral.slots_in_all", 0)
    correct(session, "bilateral.slots_a_day", 0)
    for each in session.rooms.for_bilaterals():
        each.retired_at = None if each.code == "b1" else at(1)
        each.save(update_fields=["retired_at"])
    standing = asked(session, "KE", "RO")
    joined = austria.post(
        page("meetings-wait", "AT"),
        {"day": "2024-03-14", "from_time": "09:00", "until_time": "09:30", "counterpart": "BR"},
    )
    assert told(joined) == ["You are on the waiting list."]
    assert "place 1 in line" in text_of(austria.get(page("meetings", "AT")))
    cancel_booking(booking=standing, actor=as_focal_point(session, "KE"))
    offer = Offer.objects.get()
    assert "A room became free for you" in text_of(austria.get(page("meetings", "AT")))
    answer = austria.post(page("meetings-offer-accept", "AT", offer.pk))
    assert told(answer)[-1] == "The slot is yours."
    assert Booking.objects.standing().get().requester == state(session, "AT")
    assert of(session, "KE").post(page("meetings-offer-accept", "KE", offer.pk)).status_code == 404


def test_one_leaves_the_line(session: MeetingSession, austria: Client) -> None:
    entry = waits_in_a_full_house(session)
    austria.post(page("meetings-wait-leave", "AT", entry.pk))
    assert Waiting.objects.get(pk=entry.pk).state == "left"
    assert offered_to(entry) is None


def waits_in_a_full_house(session: MeetingSession) -> Waiting:
    asked(session, "KE", "RO")
    return waits(session, "AT", room=room(session), starts_at=at(9))


def test_an_offer_that_is_over_is_said_to_be(session: MeetingSession, austria: Client) -> None:
    entry = waits_in_a_full_house(session)
    offer = Offer.objects.create(
        waiting=entry,
        room=room(session),
        starts_at=at(9),
        ends_at=at(9, 30),
        made_at=at(1) - timedelta(days=20),
        expires_at=at(2) - timedelta(days=20),
        state=Offer.State.EXPIRED,
    )
    answer = austria.get(page("meetings-offer-accept", "AT", offer.pk))
    assert told(answer) == ["This offer is over."]
