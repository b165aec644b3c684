"""The grid of the programme in a browser: moved by key, by drag, refused, proposed, published."""

import contextlib
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, TimeoutError, expect

from cnd.actors import COMMAND
from cnd.models import User
from logistics.models import Placement, Placing
from logistics.services.placements import place_event
from logistics.services.placing import advance_placing
from sessions.models import MeetingSession
from tests.browser.accessibility import assert_all_accessible
from tests.logistics.accepted import accepted_event
from tests.logistics.placed import at, publish, room
from tests.sessions.scenes import make_session, officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[[BrowserContext, User], None]
BOARD = "/cnd67/staff/programme/?day=2024-03-14"


def furnished() -> MeetingSession:
    """Return a session with two events placed, one of them not as it should be, and one placed nowhere."""
    session = make_session()
    first = accepted_event(session, "AT", title="Prevention first")
    second = accepted_event(session, "BR", title="Data for decisions", attendance=100)
    accepted_event(session, "KE", title="Youth forum")
    place_event(application=first, room=room(session), starts_at=at(10), actor=COMMAND)
    place_event(application=second, room=room(session, "c2"), starts_at=at(15), actor=COMMAND)
    return session


def stands(title: str) -> tuple[str, int, int]:
    placement = Placement.objects.select_related("room").get(application__title=title)
    local = placement.starts_at.astimezone(at(0).tzinfo)
    return (placement.room.code if placement.room else "", local.hour, local.minute)


def test_an_event_is_moved_by_keys_and_back_by_undo(page: Page, enter: Enter) -> None:
    furnished()
    enter(page.context, officer())
    page.goto(BOARD)
    page.get_by_role("link", name="Prevention first").first.focus()
    for key in ("m", "ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator("#board-check")).to_contain_text("Conference Room 2, 10:30")
    page.keyboard.press("Enter")
    expect(
        page.get_by_text("“Prevention first” now stands: 14 March 2024, 10:30–11:30, Conference Room 2.")
    ).to_be_visible()
    assert stands("Prevention first") == ("c2", 10, 30)
    expect(page.locator("[data-event] a:focus")).to_contain_text("Prevention first")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("now stands: 14 March 2024, 10:00–11:00, Conference Room 1.")).to_be_visible()
    assert stands("Prevention first") == ("c1", 10, 0)


def test_escape_leaves_it_where_it_was_and_what_is_taken_is_refused(page: Page, enter: Enter) -> None:
    furnished()
    enter(page.context, officer())
    page.goto(BOARD)
    event = page.get_by_role("link", name="Prevention first").first
    event.focus()
    for key in ("m", "ArrowDown", "Escape"):
        page.keyboard.press(key)
    assert stands("Prevention first") == ("c1", 10, 0)
    event.focus()
    page.keyboard.press("m")
    for _step in range(20):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    # One high-level event at a time, whatever their rooms.
    expect(page.get_by_role("alert")).to_contain_text("It is taken: high-level-2 “Data for decisions”")
    assert stands("Prevention first") == ("c1", 10, 0)


def test_an_event_is_dragged_to_another_room(page: Page, enter: Enter) -> None:
    furnished()
    enter(page.context, officer())
    page.goto(BOARD)
    event = page.locator("[data-event]", has_text="Prevention first")
    # A page that scrolls between pressing and moving would not take it for a drag.
    page.locator("[data-board]").evaluate("board => board.scrollIntoView()")
    said = page.get_by_text("“Prevention first” now stands: 14 March 2024")
    for _try in range(4):
        # A busy browser does not take every press for the beginning of a drag.
        event.drag_to(page.locator('[data-room="m3"]'), target_position={"x": 40, "y": 300})
        with contextlib.suppress(TimeoutError):
            said.wait_for(timeout=3_000)
            break
    expect(said).to_be_visible()
    assert stands("Prevention first")[0] == "m3"


def test_a_programme_is_proposed_taken_over_and_published(page: Page, enter: Enter) -> None:
    session = furnished()
    enter(page.context, officer())
    page.goto(BOARD)
    page.get_by_role("button", name="Have a programme proposed").click()
    expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
    assert advance_placing(Placing.objects.get().pk)
    page.get_by_role("button", name="Take it over").click()
    expect(page.get_by_text("Taken over into the draft.")).to_be_visible()
    page.goto("/cnd67/staff/programme/publish/")
    page.get_by_label("What is new, in a sentence").fill("The first programme.")
    page.get_by_role("button", name="Publish version 1").click()
    expect(
        page.get_by_role("heading", name="Youth forum").or_(page.get_by_role("link", name="Youth forum"))
    ).to_be_visible()
    assert session.programme.versions.count() == 1


def test_the_pages_of_the_draft_are_for_everybody(page: Page, enter: Enter) -> None:
    session = furnished()
    publish(session)
    place_event(
        application=Placement.objects.earliest("pk").application, room=room(session), starts_at=at(12), actor=COMMAND
    )
    enter(page.context, officer())
    assert_all_accessible(
        page,
        BOARD,
        "/cnd67/staff/programme/high-level-2/",
        "/cnd67/staff/programme/high-level-3/",
        "/cnd67/staff/programme/publish/",
    )
