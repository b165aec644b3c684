"""Bilateral meetings in a browser: booked and answered, moved by key and by drag, shown at the door; for everyone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cnd.models import User
from logistics.models import Block, Booking
from logistics.services import occupancy
from logistics.services.booking_answers import confirm_booking, propose_time
from logistics.services.occupancy import Claim
from sessions.models import MeetingSession
from tests.browser.accessibility import assert_accessible, assert_all_accessible, faults_of
from tests.browser.conftest import DESKTOP, PHONE, NewContext
from tests.logistics.bilaterals import asked, at, booking_session, met, now_of, room, waits
from tests.logistics.meeting_pages import page as url
from tests.sessions.scenes import as_focal_point, as_officer, focal_point, officer, state

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[[BrowserContext, User], None]


def a_day() -> tuple[MeetingSession, dict[str, Booking]]:
    """Return a session with meetings in every state that a day can show, a block, and somebody who waits."""
    session = booking_session()
    staff = as_officer()
    made = {
        "met": met(session, purpose="Cooperation", people=4, nameplates="H.E. One\nH.E. Two"),
        "asks": asked(session, "KE", "AT", where="b2", when=at(10, 30)),
        "proposed": asked(session, "AT", "RO", where="b3", when=at(12)),
        "agreed": confirm_booking(
            booking=asked(session, "CN", "FR", where="b2", when=at(9)), actor=as_focal_point(session, "FR")
        ),
    }
    propose_time(booking=made["proposed"], room=room(session, "b4"), starts_at=at(12, 45), actor=staff)
    closed = room(session, "b6")
    block = Block.objects.create(room=closed, starts_at=at(14), ends_at=at(16, 30), reason="Cleaning")
    claim = Claim(closed.resource, block.starts_at, block.ends_at)
    occupancy.occupy(session=session, holder=block.holder, claims=[claim])
    waits(session, "DE", room=room(session), starts_at=at(9), counterpart=state(session, "IN"))
    return session, made


def cell(page: Page, where: str, hour: str) -> str:
    """Return the selector of a free cell of the staff's day."""
    return f'td[data-room="{where}"][data-slot="20240314T{hour}Z"]'


def test_a_delegation_books_by_keyboard_and_its_counterpart_answers(
    page: Page, new_context: NewContext, enter: Enter
) -> None:
    session = booking_session()
    enter(page.context, focal_point(session, "AT"))
    page.goto(url("meetings-free", "AT"))
    page.locator("table[data-grid] tbody a").first.focus()
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator(":focus")).to_contain_text("Bilateral Room 2, 09:45")
    # One stop of the tab key for the whole grid.
    assert page.locator('table[data-grid] >> nth=0 >> [tabindex="0"]').count() == 1
    page.keyboard.press("Enter")
    expect(page.get_by_text("4 of 4 slots left · 2 on this day")).to_be_visible()
    page.get_by_label("Counterpart").fill("Brazil")
    page.get_by_label("Purpose").fill("Cooperation")
    page.get_by_role("button", name="Ask for this slot").click()
    expect(page.get_by_text("The room is held for you, and Brazil is asked.")).to_be_visible()

    brazil = new_context(viewport=PHONE).new_page()
    enter(brazil.context, focal_point(session, "BR"))
    brazil.goto("/cnd67/delegation/")
    brazil.get_by_role("link", name="Austria", exact=True).first.click()
    expect(brazil.get_by_text("Cooperation")).to_be_visible()
    brazil.get_by_role("link", name="Confirm").click()
    expect(brazil.get_by_text("From now on you cannot be in another bilateral meeting at that time.")).to_be_visible()
    brazil.get_by_role("button", name="Confirm").click()
    expect(brazil.get_by_text("You have confirmed the meeting with Austria.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Agreed, to be confirmed by conference services").first).to_be_visible()


def test_on_a_telephone_the_rooms_of_a_slot_unfold(new_context: NewContext, enter: Enter) -> None:
    session = booking_session()
    page = new_context(viewport=PHONE).new_page()
    enter(page.context, focal_point(session, "AT"))
    page.goto(url("meetings-free", "AT"))
    expect(page.locator("table[data-grid]").first).to_be_hidden()
    page.get_by_text("6 rooms are free").first.click()
    page.get_by_role("link", name="Bilateral Room 3").first.click()
    expect(page).to_have_url(re.compile("/meetings/book/b3/20240314T0800Z/$"))


def test_staff_move_a_meeting_by_keyboard_and_swap_two_by_mouse(page: Page, enter: Enter) -> None:
    session = booking_session()
    one, other = met(session), met(session, "KE", "RO", where="b2")
    enter(page.context, officer())
    page.goto(f"{url('bookings')}?day=2024-03-14")
    page.locator(f'td[data-booking="{one.pk}"] a').focus()
    page.keyboard.press("m")
    expect(page.locator("#announcer")).to_contain_text("Austria – Brazil is taken up.")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Move a meeting")
    expect(dialog.get_by_label("Time")).to_have_value("20240314T0845Z")
    assert_accessible(page)
    dialog.get_by_label("Reason").fill("The room is needed")
    dialog.get_by_role("button", name="Move").click()
    expect(page.get_by_text("Moved: Austria – Brazil, 14 March 2024, 09:45")).to_be_visible()
    assert now_of(one).starts_at == at(9, 45)

    page.goto(f"{url('bookings')}?day=2024-03-14")
    page.locator(f'td[data-booking="{one.pk}"]').drag_to(page.locator(f'td[data-booking="{other.pk}"]'))
    dialog.get_by_role("button", name="Swap").click()
    expect(page.get_by_text("The two meetings have changed places.")).to_be_visible()
    assert (now_of(one).room.code, now_of(other).room.code) == ("b2", "b1")


def test_escape_puts_back_what_was_taken_up(page: Page, enter: Enter) -> None:
    session = booking_session()
    one = met(session)
    enter(page.context, officer())
    page.goto(f"{url('bookings')}?day=2024-03-14")
    page.locator(f'td[data-booking="{one.pk}"] a').focus()
    page.keyboard.press("m")
    page.keyboard.press("Escape")
    page.locator(f"{cell(page, 'b1', '0845')} a").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Book on behalf of a delegation")).to_be_visible()


def test_without_a_script_staff_move_with_a_form(new_context: NewContext, enter: Enter) -> None:
    session = booking_session()
    one = met(session)
    page = new_context(java_script_enabled=False).new_page()
    enter(page.context, officer())
    page.goto(f"{url('bookings')}?day=2024-03-14")
    page.get_by_role("link", name=re.compile("^Move")).click()
    page.get_by_label("Room").select_option("b4")
    page.get_by_role("button", name="Move").click()
    assert now_of(one).room.code == "b4"


@pytest.mark.parametrize("viewport", [{"width": 1024, "height": 768}, {"width": 600, "height": 960}])
def test_the_display_at_a_door_follows_by_itself(new_context: NewContext, viewport: dict[str, int]) -> None:
    session = booking_session(at(8, 50))
    page = new_context(viewport=viewport).new_page()
    page.clock.install()
    page.goto(url("door", "b1"))
    expect(page.get_by_text("for the rest of the day")).to_be_visible()
    met(session, actor=as_officer(), reason="test")
    page.clock.run_for(40_000)
    expect(page.get_by_text("until 09:00")).to_be_visible()
    expect(page.get_by_role("img", name="Code to check in")).to_be_visible()
    # All of it is on the screen, and not for whom.
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    expect(page.get_by_text("Austria")).to_have_count(0)


def test_the_display_at_a_door_is_accessible(page: Page) -> None:
    session = booking_session(at(8, 50))
    met(session, actor=as_officer(), reason="test")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    assert_all_accessible(page, url("door", "b1"))


def test_pages_of_a_delegation_are_accessible(page: Page, enter: Enter) -> None:
    session, made = a_day()
    enter(page.context, focal_point(session, "AT"))
    steps = ("confirm", "propose", "decline")
    own = ("accept", "refuse", "move", "edit", "cancel")
    assert_all_accessible(
        page,
        *(url(name, "AT") for name in ("meetings", "meetings-free", "meetings-wait", "meetings-note")),
        f"{url('meetings-together', 'AT')}?counterpart=BR",
        url("meetings-book", "AT", "b1", at(15)),
        url("meeting", "AT", made["asks"].pk),
        *(url(f"meeting-{step}", "AT", made["asks"].pk) for step in steps),
        *(url(f"meeting-{step}", "AT", made["proposed"].pk) for step in own),
    )
    page.goto(url("meetings-book", "AT", "b1", at(15)))
    page.get_by_label("Counterpart").fill("Ruritania")
    page.get_by_role("button", name="Ask for this slot").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults_of(page) == []


def test_pages_of_the_secretariat_are_accessible(page: Page, enter: Enter) -> None:
    _session, made = a_day()
    enter(page.context, officer())
    whole = ("booking-new", "bookings-waiting", "bookings-occupancy", "bookings-grid", "bookings-notes")
    assert_all_accessible(
        page,
        f"{url('bookings')}?day=2024-03-14",
        *(url(name) for name in whole),
        url("booking", made["agreed"].pk),
        *(url(f"booking-{step}", made["agreed"].pk) for step in ("approve", "move", "swap", "cancel")),
    )
    page.goto(url("bookings-grid"))
    page.get_by_label("Meetings begin at the earliest").fill("10:00")
    page.get_by_role("button", name="See what is in the way").click()
    expect(page.get_by_role("heading", name=re.compile("meetings are in the way"))).to_be_visible()
    assert_accessible(page)
