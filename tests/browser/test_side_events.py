"""Side events in a browser: from the draft to the receipt at the opening, and the queue without a mouse."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from cnd.models import User
from logistics.models import Application
from sessions.services.clock import shift_clock
from tests.browser.conftest import NewContext
from tests.browser.keyboard import Keyboard
from tests.logistics.pages import address, own
from tests.logistics.windows import OPENING, again, drafted, others, windowed
from tests.sessions.scenes import as_officer, focal_point, officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[[BrowserContext, User], None]
State = Application.State


def fill_in(page: Page) -> None:
    """Write a complete application into the form."""
    page.get_by_label("Title", exact=True).fill("Prevention that works")
    page.get_by_label("Abstract").fill("What ten years of prevention in schools have shown.")
    page.get_by_label("Theme").select_option("Alternative development")
    page.get_by_role("group", name="Co-sponsors, 1").get_by_label("Name", exact=True).fill("Kenya")
    page.get_by_role("group", name="Speakers, 1").get_by_label("Name", exact=True).fill("Berta Example")
    page.get_by_label("Name of the contact").fill("Anna Example")
    page.get_by_label("E-mail of the contact").fill("anna@mission.example")
    page.get_by_label("Hybrid").check()
    page.get_by_label("Length").fill("60")
    page.get_by_label("People expected").fill("80")


def test_from_the_draft_to_the_receipt_at_the_very_opening(page: Page, enter: Enter) -> None:
    session = windowed(OPENING - timedelta(hours=1))
    enter(page.context, focal_point(session, "AT"))
    page.goto("/cnd67/delegation/AT/")
    page.get_by_role("link", name="Prepare an application for a side event").click()
    high_level = page.get_by_role("region", name="High-level side event")
    high_level.get_by_role("link", name="Prepare an application").click()
    missing = page.locator("#missing")
    expect(missing).to_contain_text("8 things are missing")
    fill_in(page)
    expect(missing).to_contain_text("Complete: nothing is missing.")
    page.get_by_role("button", name="Keep the draft").click()
    expect(page.get_by_text("Ready; opens in 00:5")).to_be_visible()
    draft = Application.objects.get()

    shift_clock(session=session, to=OPENING - timedelta(seconds=6), actor=as_officer(), reason="to rehearse")
    page.goto(own("", draft))
    button = page.get_by_role("button", name="Submit the application")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.click(force=True)
    assert again(draft).state == State.DRAFT
    expect(page.locator(".next-what", has_text="Open: submit now")).to_be_visible(timeout=15_000)
    expect(button).to_be_enabled()
    button.click()

    expect(page.get_by_role("heading", name="Receipt 1")).to_be_visible()
    draft = again(draft)
    assert (draft.state, draft.place) == (State.UNDER_REVIEW, 1)
    assert draft.arrived_at is not None
    assert OPENING <= draft.arrived_at < OPENING + timedelta(seconds=20)
    page.get_by_role("link", name="Find it in the public register").click()
    expect(page.locator("#receipt-high-level-1")).to_contain_text("under review")


def test_the_queue_is_decided_and_announced_by_keyboard_alone(page: Page, enter: Enter) -> None:
    first, second, third = others(windowed(), 3)
    enter(page.context, officer())
    keys = Keyboard(page)
    page.goto("/cnd67/staff/")
    keys.press("g", "q")
    expect(page.get_by_role("heading", name="3 applications, in order of receipt")).to_be_visible()
    keys.press("j", "Enter")
    expect(page.get_by_role("heading", name="Guidelines")).to_be_visible()
    keys.press("a")
    expect(page.get_by_role("heading", name="Prepare to accept")).to_be_visible()
    keys.press_on(page.get_by_role("button", name="Prepare to accept"))

    # The next one stands open by itself; its key asks for a reason.
    expect(page.get_by_text(f"{second.organiser.name} · High-level side event")).to_be_visible()
    keys.press("r")
    keys.write_in(page.get_by_label("Reason"), "Off the theme of the session.")
    keys.press_on(page.get_by_role("button", name="Prepare to reject"))
    expect(page.get_by_text(f"{third.organiser.name} · High-level side event")).to_be_visible()

    # On a row of the queue a key is that of the row.
    keys.press("g", "q")
    expect(page.get_by_role("heading", name="3 applications, in order of receipt")).to_be_visible()
    keys.press("j", "j", "j", "c")
    expect(page.get_by_role("heading", name="Request a correction")).to_be_visible()
    keys.write_in(page.get_by_label("What is to be corrected"), "Name a second speaker.")
    keys.press_on(page.get_by_role("button", name="Request a correction"))
    expect(page.get_by_text("The organiser is asked for a correction.")).to_be_visible()

    keys.press("g", "q")
    expect(page.get_by_role("link", name="Look at 2 prepared decisions")).to_be_visible()
    keys.press("p")
    assert again(first).state == State.UNDER_REVIEW
    keys.press_on(page.get_by_role("button", name="Announce 2 decisions"))
    expect(page.get_by_text("2 decisions are announced.")).to_be_visible()
    states = [again(each).state for each in (first, second, third)]
    assert states == [State.ACCEPTED, State.REJECTED, State.CORRECTION_REQUESTED]


def test_the_keys_of_the_queue_are_told_and_can_be_switched_off(page: Page, enter: Enter) -> None:
    others(windowed(), 1)
    enter(page.context, officer())
    page.goto(address("staff-side-events"))
    keys = Keyboard(page)
    keys.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Prepare to accept the application one stands on")).to_be_visible()
    expect(dialog.get_by_text("Go to the next application to be decided")).to_be_hidden()
    dialog.get_by_label("Single keys do something on this device").uncheck()
    dialog.get_by_role("button", name="Close").click()
    page.locator("[data-row-link]").focus()
    keys.press("a")
    page.wait_for_timeout(300)
    expect(page.get_by_role("heading", name="Applications for side events")).to_be_visible()


def test_without_scripts_a_draft_is_written_with_more_rows_and_submitted(new_context: NewContext, enter: Enter) -> None:
    session = windowed()
    page = new_context(java_script_enabled=False).new_page()
    enter(page.context, focal_point(session, "AT"))
    page.goto(address("own-side-event-new", "AT", "high-level"))
    fill_in(page)
    page.get_by_role("group", name="Speakers", exact=True).get_by_role("button", name="More rows").click()
    page.get_by_role("group", name="Speakers, 4").get_by_label("Name", exact=True).fill("Cleo Example")
    page.get_by_role("button", name="Keep the draft").click()
    page.get_by_role("button", name="Submit the application").click()
    expect(page.get_by_role("heading", name="Receipt 1")).to_be_visible()
    made = again(Application.objects.get())
    assert made.speakers is not None
    assert made.speakers.value is not None
    assert [each["name"] for each in made.speakers.value["speakers"]] == ["Berta Example", "Cleo Example"]


def test_enter_in_a_field_saves_the_draft(page: Page, enter: Enter) -> None:
    draft = drafted(windowed())
    enter(page.context, focal_point(draft.kind.session, "AT"))
    page.goto(own("-edit", draft))
    title = page.get_by_label("Title", exact=True)
    title.fill("A better title")
    title.press("Enter")
    expect(page.get_by_role("heading", name="A better title")).to_be_visible()
    assert again(draft).title == "A better title"
