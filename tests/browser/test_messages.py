"""The secretariat tells delegations something, with the keyboard alone, and follows it until it is out."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cnd import clock
from cnd.models import Cause, Notice
from sessions.models import MeetingSession
from sessions.services.sending import cancel_cause
from tests.browser.accessibility import CONTRAST_ALONE, assert_accessible, assert_all_accessible
from tests.browser.keyboard import Keyboard
from tests.sessions.mails import message, put, told_session
from tests.sessions.scenes import as_officer, officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., None]
STAFF = "/cnd67/staff/"


@pytest.fixture
def session() -> MeetingSession:
    return told_session()


def deliver(cause: Cause, count: int) -> None:
    """Have some of the mails be out, as delivery leaves them."""
    due = cause.notices.filter(state="waiting").values_list("pk", flat=True)[:count]
    Notice.objects.filter(pk__in=list(due)).update(state="sent", sent_at=clock.now(), next_attempt_at=None)


def test_a_message_goes_out_with_the_keyboard_alone_and_its_progress_shows_itself(
    page: Page, enter: Enter, session: MeetingSession
) -> None:
    enter(page.context, officer())
    keyboard = Keyboard(page)
    page.goto(STAFF)

    keyboard.press("g", "n")
    expect(page.get_by_role("heading", name="Notices", level=1)).to_be_visible()
    keyboard.press("g", "w")
    expect(page.get_by_role("heading", name="Write a message")).to_be_visible()
    keyboard.tab_to(page.get_by_label("To whom"))
    page.keyboard.type("Group of Western")
    keyboard.write_in(page.get_by_label("Subject", exact=True), "The room has changed")
    keyboard.write_in(page.get_by_label("Text", exact=True), "It is Boardroom D now.")
    keyboard.press_on(page.get_by_role("button", name="See whom it reaches"))

    expect(page.get_by_role("heading", name="Group of Western European and other States")).to_be_focused()
    expect(page.get_by_text("Nothing is sent yet.")).to_be_visible()
    frame = page.frame_locator("iframe").locator("body")
    expect(frame).to_contain_text("It is Boardroom D now.")
    assert Cause.objects.filter(kind="message").count() == 0
    keyboard.press_on(page.get_by_role("button", name="Send it to 2 people"))

    expect(page.get_by_text("The message goes to 2 people.")).to_be_visible()
    cause = Cause.objects.get(kind="message")
    progress = page.locator("#progress")
    expect(progress).to_contain_text("2 of 4 sent")
    cancel = page.get_by_role("link", name="Cancel what is not sent…")
    keyboard.tab_to(cancel)
    deliver(cause, 1)
    expect(progress).to_contain_text("3 of 4 sent")
    expect(cancel).to_be_focused()
    deliver(cause, 1)
    expect(progress).to_contain_text("all sent")
    expect(cancel).to_have_count(0)


def test_a_message_is_cancelled_half_way_and_the_cancellation_taken_back(
    page: Page, enter: Enter, session: MeetingSession
) -> None:
    enter(page.context, officer())
    cause = message(session)
    deliver(cause, 1)
    page.goto(f"{STAFF}notices/{cause.pk}/")
    keyboard = Keyboard(page)

    keyboard.press_on(page.get_by_role("link", name="Cancel what is not sent…"))
    expect(page.get_by_text("2 notices that wait are not sent.")).to_be_visible()
    keyboard.write_in(page.get_by_label("Reason"), "It is the old room again.")
    keyboard.press_on(page.get_by_role("button", name="Cancel what is not sent"))
    expect(page.get_by_text("Cancelled: 2 notices will not go out.")).to_be_visible()
    keyboard.press_on(page.get_by_role("button", name="Take the cancellation back"))
    expect(page.get_by_text("The cancellation is taken back.")).to_be_visible()
    assert sorted(cause.notices.filter(channel="email").values_list("state", flat=True)) == [
        "sent",
        "waiting",
        "waiting",
    ]


def test_without_a_script_progress_is_a_link_away(
    new_context: Callable[..., Any], enter: Enter, session: MeetingSession
) -> None:
    context = new_context(java_script_enabled=False)
    enter(context, officer())
    cause = message(session)
    page = context.new_page()
    page.goto(f"{STAFF}notices/{cause.pk}/")
    expect(page.locator("#progress")).to_contain_text("3 of 6 sent")

    deliver(cause, 3)
    page.get_by_role("link", name="Look again").click()

    expect(page.locator("#progress")).to_contain_text("all sent")


def test_a_wording_is_previewed_saved_and_given_back_with_the_keyboard(
    page: Page, enter: Enter, session: MeetingSession
) -> None:
    enter(page.context, officer())
    message(session)
    keyboard = Keyboard(page)
    page.goto(f"{STAFF}notices/wording/message/en/")

    keyboard.write_in(page.get_by_label("Subject"), "CND67: {subjekt}")
    keyboard.press_on(page.get_by_role("button", name="Preview"))
    expect(page.get_by_role("alert")).to_contain_text("{subjekt}")
    keyboard.write_in(page.get_by_label("Subject"), "CND67: {subject}")
    keyboard.press_on(page.get_by_role("button", name="Preview"))
    expect(page.get_by_role("heading", name="Preview")).to_be_focused()
    expect(page.get_by_text("CND67: The room has changed")).to_be_visible()
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("It is Boardroom D now.")
    keyboard.press_on(page.get_by_role("button", name="Save this wording"))
    expect(page.get_by_text("Saved: from now on")).to_be_visible()
    keyboard.press_on(page.get_by_role("button", name="Go back to the product’s own words"))
    expect(page.get_by_label("Subject")).to_have_value("{subject}")


def test_the_pages_of_notices_are_usable_by_everyone(
    page: Page, new_context: Callable[..., Any], enter: Enter, session: MeetingSession
) -> None:
    user = officer()
    enter(page.context, user)
    cause, other = message(session, nonce="b" * 32), message(session)
    put(cause, "AT", Notice.State.PARKED, last_error="550 no such mailbox", attempts=9)
    cancel_cause(cause=other, reason="test", actor=as_officer())
    paths = [
        f"{STAFF}notices/",
        f"{STAFF}notices/?state=stuck",
        f"{STAFF}notices/{cause.pk}/",
        f"{STAFF}notices/{cause.pk}/cancel/",
        f"{STAFF}notices/message/",
        f"{STAFF}notices/wording/",
        f"{STAFF}notices/wording/message/ar/",
        f"{STAFF}journal/1/",
    ]
    assert_all_accessible(page, *paths)

    page.goto(f"{STAFF}notices/message/")
    page.get_by_role("button", name="See whom it reaches").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("To whom").select_option("delegations")
    page.get_by_label("Subject", exact=True).fill("Room")
    page.get_by_label("Text", exact=True).fill("Boardroom D.")
    page.get_by_text("French", exact=True).click()
    page.get_by_label("Subject: French").fill("Salle")
    page.get_by_label("Text: French").fill("Salle D.")
    page.get_by_role("button", name="See whom it reaches").click()
    expect(page.get_by_role("button", name="Send it to 3 people")).to_be_visible()
    page.get_by_text("The same as plain text").first.click()
    assert_accessible(page)
    page.goto(f"{STAFF}notices/wording/message/en/")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Preview")).to_be_visible()
    assert_accessible(page)

    dark = new_context(color_scheme="dark")
    enter(dark, user)
    assert_all_accessible(dark.new_page(), STAFF, paths[0], paths[2], rules=CONTRAST_ALONE)
