"""A focal point with nothing but a keyboard: signing in, inscribing, the receipt, the inbox, the preferences."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cnd.actors import COMMAND
from cnd.models import Notice
from sessions.models import Inscription
from sessions.services.inscriptions import change_level
from tests.browser import stages
from tests.browser.conftest import PHONE, NewContext
from tests.browser.keyboard import Keyboard
from tests.sessions.scenes import focal_point, inscribed, make_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., None]
OWN = "/cnd67/delegation/"


def test_from_signing_in_to_the_preferences_without_a_mouse(page: Page) -> None:
    session = make_session(stages.DAY_OF_INSCRIPTION)
    user = focal_point(session, "SE")
    keys = Keyboard(page)

    page.goto("/sign-in/")
    keys.write_in(page.locator("input[name=login]:visible"), user.username)
    keys.write_in(page.locator("input[name=password]:visible"), "a long password 1")
    keys.press("Enter")
    first = page.locator(".next-step")
    expect(first).to_contain_text("Inscribe on the list of speakers")
    expect(first).to_contain_text(re.compile(r"26 February 2024, 18:00 \(Vienna\)\s*your time 27 February, 02:00"))
    expect(first).to_contain_text("6 days left")

    keys.press_on(first.get_by_role("link", name="Inscribe"))
    keys.tab_to(page.locator("input[name=level][value=above_ministerial]"))
    keys.press("ArrowDown")
    expect(page.locator("input[name=level][value=ministerial]")).to_be_checked()
    keys.write_in(page.get_by_label("Name of the speaker"), "Maria Musterfrau")
    keys.press("Enter")
    expect(page.get_by_role("status").filter(has_text="You are inscribed, under receipt 1.")).to_be_visible()
    assert Inscription.objects.get().level == "ministerial"
    expect(page.locator(".stat").first).to_have_text("1 number of your receipt")

    keys.press_on(page.get_by_role("link", name="Receipt to print"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Receipt 1")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    keys.press_on(page.get_by_role("link", name="Back to Sweden"))

    menu = page.locator("summary").filter(has_text="Signed in as")
    expect(menu).to_contain_text("Unread notices: 1")
    keys.press_on(menu)
    keys.press_on(menu.locator("..").get_by_role("link", name="Inbox"))
    expect(page.get_by_role("heading", level=2)).to_have_text("Inscribed under receipt 1: Sweden")
    keys.press_on(page.get_by_role("button", name="Mark all as read"))
    expect(page.get_by_text("1 notice marked as read.")).to_be_visible()
    expect(menu).not_to_contain_text("Unread")
    assert Notice.objects.get(recipient=user, channel="portal").read_at is not None

    keys.press_on(menu)
    keys.press_on(page.get_by_role("link", name="Preferences"))
    keys.tab_to(page.get_by_label("Your time zone"))
    page.keyboard.type("Nairobi")
    keys.press_on(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
    user.refresh_from_db()
    assert user.time_zone == "Africa/Nairobi"


def test_the_chosen_zone_counts_more_than_that_of_the_device(page: Page, enter: Enter) -> None:
    session = make_session(stages.DAY_OF_INSCRIPTION)
    user = focal_point(session, "SE")
    user.time_zone = "America/New_York"
    user.save()
    enter(page.context, user)
    page.goto(OWN)
    expect(page.locator(".next-when")).to_contain_text("your time 26 February 2024, 12:00 (New York)")
    closing = page.get_by_role("row").filter(has_text="Inscription on the list of speakers closes")
    expect(closing).to_contain_text("your time 12:00")


def test_a_page_that_wakes_up_is_no_visit_and_going_back_inscribes_nothing_twice(page: Page, enter: Enter) -> None:
    session = make_session(stages.DAY_OF_INSCRIPTION)
    user = focal_point(session, "SE")
    enter(page.context, user)
    page.goto(f"{OWN}SE/inscribe/")
    page.evaluate("fetch('/cnd67/delegation/SE/').then((answer) => answer.text())")
    assert user.memberships.get().visited_at is None
    page.get_by_label("Ministerial", exact=True).check()
    page.get_by_role("button", name="Inscribe").dblclick()
    expect(page.get_by_text("under receipt 1.").first).to_be_visible()
    page.go_back()
    expect(page.get_by_text("You are inscribed already, under receipt 1.")).to_be_visible()
    assert Inscription.objects.count() == 1
    assert user.memberships.get().visited_at is not None


def test_on_a_phone_what_is_to_be_done_needs_no_scrolling(new_context: NewContext, enter: Enter) -> None:
    session = make_session(stages.DAY_OF_INSCRIPTION)
    context = new_context(viewport=PHONE)
    enter(context, focal_point(session, "SE"))
    page = context.new_page()
    page.goto(OWN)
    box = page.locator(".next-step").get_by_role("link", name="Inscribe").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < PHONE["height"]


def test_on_paper_the_receipt_is_a_sheet_without_buttons(page: Page, enter: Enter) -> None:
    session = make_session(stages.DAY_OF_INSCRIPTION)
    made = inscribed(session, "SE")
    change_level(inscription=made, level="above_ministerial", actor=COMMAND)
    enter(page.context, focal_point(session, "SE"))
    page.goto(f"{OWN}SE/{made.receipt_number}/")
    page.emulate_media(media="print")
    expect(page.get_by_text("Sweden (SE)")).to_be_visible()
    expect(page.get_by_text(f"/cnd67/delegation/SE/{made.receipt_number}/")).to_be_visible()
    for hidden in (page.get_by_role("button", name="Print"), page.locator(".site-header"), page.locator(".own-time")):
        expect(hidden).to_have_count(hidden.count())
        assert not any(each.is_visible() for each in hidden.all())
