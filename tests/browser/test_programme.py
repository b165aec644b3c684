"""The programme and the rooms in a browser: filtering, the desk of rooms, what every page is held to."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cnd.models import User
from logistics.services.rooms import attach_plan, block_time, hold_room
from sessions.models import MeetingSession
from tests.browser.accessibility import assert_accessible, assert_all_accessible
from tests.browser.conftest import PHONE, NewContext
from tests.logistics.placed import PNG, accepted, at, place, publish, published_day, room, unplace
from tests.sessions.scenes import as_officer, make_session, officer, state

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[[BrowserContext, User], None]


def furnished() -> MeetingSession:
    """Return a session with two versions of a programme, and rooms blocked, held and with a picture."""
    session = make_session()
    events = published_day(session)
    place(events[0], at(17))
    unplace(events[1])
    place(accepted(session, "BR", title="Children first"), at(9, 30), "m3")
    publish(session, "The minister comes later.")
    actor = as_officer()
    block_time(room=room(session, "c2"), starts_at=at(9), ends_at=at(12), reason="Fire drill", actor=actor)
    hold_room(room=room(session, "b1"), delegation=state(session, "AT"), actor=actor)
    attach_plan(room=room(session), name="plan.png", content=PNG, actor=actor)
    return session


def test_the_programme_is_narrowed_without_leaving_the_page(page: Page) -> None:
    furnished()
    page.goto("/cnd67/programme/")
    expect(page.get_by_text("3 events")).to_be_visible()
    page.get_by_label("Day").select_option(label="15 March 2024")
    expect(page.get_by_text("1 of 3 events")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/cnd67/programme/\?day=2024-03-15&"))
    assert page.get_by_role("link", name="PDF").get_attribute("href") == "/cnd67/programme/programme.pdf?day=2024-03-15"
    page.get_by_role("link", name="Show the whole programme").click()
    page.get_by_role("link", name="Children first").click()
    expect(page.get_by_role("heading", level=1, name="Children first")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to calendar").click()
    assert download.value.suggested_filename == "cnd67-high-level-3.ics"


def test_the_public_pages_are_for_everybody(page: Page) -> None:
    furnished()
    assert_all_accessible(
        page,
        "/cnd67/programme/",
        "/cnd67/programme/?by=room",
        "/cnd67/programme/?room=c1&organiser=BR",
        "/cnd67/programme/versions/",
        "/cnd67/programme/versions/1/",
        "/cnd67/side-events/high-level-1/",
        "/cnd67/rooms/",
    )


def test_the_programme_in_arabic_runs_from_the_right_and_stays_on_the_screen(new_context: NewContext) -> None:
    furnished()
    page = new_context(locale="ar").new_page()
    for path in ("/cnd67/programme/", "/cnd67/programme/versions/", "/cnd67/rooms/"):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        assert_accessible(page)


def test_the_desk_of_rooms_is_for_everybody(page: Page, enter: Enter) -> None:
    furnished()
    enter(page.context, officer())
    of_a_room = [f"/cnd67/staff/rooms/c1/{name}/" for name in ("change", "retire", "hold", "block", "plan")]
    assert_all_accessible(page, "/cnd67/staff/rooms/", "/cnd67/staff/rooms/add/", *of_a_room)


def test_a_time_is_blocked_by_keyboard_and_what_is_in_the_way_is_named(page: Page, enter: Enter) -> None:
    session = make_session()
    place(accepted(session, title="Ten years on"), at(13))
    enter(page.context, officer())
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto("/cnd67/staff/rooms/c1/block/")
    page.get_by_label("From").focus()
    page.keyboard.type("2024-03-14 13:00")
    page.keyboard.press("Tab")
    page.keyboard.type("2024-03-14 14:00")
    page.keyboard.press("Tab")
    page.keyboard.type("Fire drill")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("In the way: high-level-1 “Ten years on”")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("From").fill("2024-03-14 15:00")
    page.get_by_label("Until").fill("2024-03-14 16:00")
    page.get_by_role("button", name="Block this time").click()
    expect(page.get_by_text("Blocked from 14 March 2024, 15:00 (Vienna)")).to_be_visible()
