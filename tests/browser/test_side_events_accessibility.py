"""Every page of applications, in every state it can have, is usable by everyone (see test_accessibility.py)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from cnd.models import User
from tests.browser.accessibility import ALL_BUT_CONTRAST, CONTRAST_ALONE, assert_accessible, assert_all_accessible
from tests.browser.conftest import NewContext
from tests.browser.queues import Queue, queue
from tests.logistics.pages import address, own, staff
from tests.logistics.windows import OPENING, drafted, windowed
from tests.sessions.scenes import focal_point, officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[[BrowserContext, User], None]
QUEUE = address("staff-side-events")
ANNOUNCE = address("staff-side-events-announce", "high-level")
PUBLIC = (address("side-events"), address("side-events-register"))


def own_pages(made: Queue) -> list[str]:
    """Return the pages of one delegation, whose applications are a draft, one that lacks something, one received."""
    return [
        address("own-side-events", "AT"),
        own("", made.draft),
        own("", made.incomplete),
        own("-edit", made.incomplete),
        own("", made.checked),
        own("-receipt", made.checked),
    ]


def test_before_anything_is_received(page: Page, enter: Enter) -> None:
    session = windowed(OPENING - timedelta(days=3))
    draft = drafted(session)
    assert_all_accessible(page, *PUBLIC, f"{PUBLIC[1]}?kind=regular")
    enter(page.context, officer())
    assert_all_accessible(page, QUEUE, ANNOUNCE, address("staff-side-event-new", "high-level"), staff("", draft))
    enter(page.context, focal_point(session, "AT"))
    assert_all_accessible(page, own("", draft), address("own-side-event-new", "AT", "high-level"))


def test_public_pages_and_those_of_delegations(page: Page, enter: Enter) -> None:
    made = queue()
    assert_all_accessible(page, *PUBLIC, "/cnd67/")
    enter(page.context, focal_point(made.session, "AT"))
    rest = [own("-edit", made.checked), own("-withdraw", made.checked), own("-discard", made.draft)]
    assert_all_accessible(page, *own_pages(made), *rest, "/cnd67/delegation/AT/")
    page.goto(own("-edit", made.incomplete))
    page.get_by_label("E-mail of the contact").fill("no address")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    page.goto(own("", made.draft))
    page.get_by_role("button", name="Send the flyer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)


def test_what_a_delegation_has_to_answer(page: Page, enter: Enter) -> None:
    made = queue()
    for application, name in ((made.corrected, "-answer"), (made.promoted, "-confirm"), (made.rejected, "-carry-over")):
        enter(page.context, focal_point(made.session, application.organiser.code))
        assert_all_accessible(page, own("", application), own(name, application))


def test_pages_of_the_secretariat(page: Page, enter: Enter) -> None:
    made = queue()
    enter(page.context, officer())
    assert_all_accessible(
        page,
        QUEUE,
        f"{QUEUE}?q=nothing",
        staff("", made.checked),
        staff("-edit", made.checked),
        staff("-prepare", made.checked, "accept"),
        staff("-decide", made.checked, "reject"),
        staff("-correction", made.checked),
        staff("-merge", made.checked),
        staff("-reopen", made.rejected),
        staff("-carry-over", made.rejected),
        staff("", made.received[3]),
        ANNOUNCE,
        "/cnd67/staff/",
    )
    page.goto(staff("", made.checked))
    page.get_by_role("button", name="Send the flyer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    page.goto(QUEUE)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_accessible(page)


def test_main_pages_written_from_right_to_left(new_context: NewContext, live_server: LiveServer, enter: Enter) -> None:
    made = queue()
    context = new_context(locale="ar")
    context.add_cookies([{"name": "django_language", "value": "ar", "url": live_server.url}])
    page = context.new_page()
    assert_all_accessible(page, *PUBLIC, rules=ALL_BUT_CONTRAST)
    assert page.evaluate("document.documentElement.dir") == "rtl"
    enter(context, focal_point(made.session, "AT"))
    assert_all_accessible(page, *own_pages(made), rules=ALL_BUT_CONTRAST)
    enter(context, officer())
    assert_all_accessible(page, QUEUE, staff("", made.checked), ANNOUNCE, rules=ALL_BUT_CONTRAST)


def test_main_pages_in_the_dark(new_context: NewContext, enter: Enter) -> None:
    made = queue()
    context = new_context(color_scheme="dark")
    page = context.new_page()
    assert_all_accessible(page, *PUBLIC, rules=CONTRAST_ALONE)
    enter(context, focal_point(made.session, made.corrected.organiser.code))
    assert_all_accessible(page, own("", made.corrected), own("-edit", made.corrected), rules=CONTRAST_ALONE)
    enter(context, officer())
    assert_all_accessible(page, QUEUE, staff("", made.checked), ANNOUNCE, rules=CONTRAST_ALONE)
