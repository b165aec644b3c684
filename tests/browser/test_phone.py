"""The pages in one hand: 375 pixels, a finger for a pointer."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, FloatRect, Locator, Page, expect

from tests.browser import stages
from tests.browser.conftest import PHONE, NewContext
from tests.sessions.scenes import focal_point, inscribe_states, make_session, officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[..., None]
FINGER = 24


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    return new_context(viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=2)


def box_of(target: Locator) -> FloatRect:
    box = target.bounding_box()
    assert box is not None
    return box


def is_on_the_screen(target: Locator) -> bool:
    box = box_of(target)
    return box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]


def test_menus_open_under_the_finger_and_stay_on_the_screen(page: Page, enter: Enter) -> None:
    make_session()
    enter(page.context, officer())
    page.goto("/cnd67/")
    for menu, button in (("Language", "Русский"), ("Signed in as", "Sign out")):
        page.locator("summary").filter(has_text=menu).tap()
        target = page.get_by_role("button", name=button)
        expect(target).to_be_visible()
        assert is_on_the_screen(target)
        assert box_of(target)["height"] >= FINGER
        page.locator("h1").tap(position={"x": 5, "y": 5})
        expect(target).to_be_hidden()


def test_rows_of_tables_become_cards_that_say_what_each_value_is(page: Page, enter: Enter) -> None:
    session = make_session()
    inscribed = inscribe_states(session, 5)
    enter(page.context, officer())
    page.goto("/cnd67/staff/roster/")
    rows = page.get_by_role("table").locator("tbody").get_by_role("row")
    expect(rows).to_have_count(5)
    expect(page.get_by_role("columnheader", name="Receipt")).to_have_count(1)
    first, second = box_of(rows.nth(0)), box_of(rows.nth(1))
    assert second["y"] >= first["y"] + first["height"]
    head = rows.nth(0).get_by_role("rowheader")
    expect(head).to_contain_text(inscribed[0].delegation.name)
    for cell in rows.nth(0).get_by_role("cell").filter(visible=True).all():
        label = cell.evaluate("element => getComputedStyle(element, '::before').content")
        assert label == f'"{cell.get_attribute("data-label")}"'
        assert is_on_the_screen(cell)
        assert box_of(cell)["y"] > box_of(head)["y"]


def test_a_form_is_filled_in_without_zooming(page: Page, enter: Enter) -> None:
    session = make_session(stages.DAY_OF_INSCRIPTION)
    enter(page.context, focal_point(session, "AT"))
    page.goto("/cnd67/delegation/")
    page.get_by_role("link", name="Inscribe", exact=True).tap()
    for field in page.locator("main input:not([type=hidden]):not([type=radio])").all():
        assert is_on_the_screen(field)
        # Telephones zoom into fields whose letters are smaller.
        assert float(field.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")) >= 16
    page.get_by_text("Ministerial", exact=True).tap()
    page.get_by_role("button", name="Inscribe").tap()
    expect(page.get_by_text("You are inscribed, under receipt 1.")).to_be_visible()
    assert is_on_the_screen(page.get_by_text("You are inscribed, under receipt 1."))


def test_the_description_of_the_interface_is_no_wider_than_the_screen(page: Page) -> None:
    page.goto("/api/schema/docs/")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert is_on_the_screen(page.get_by_text("POST /api/v1/sessions/{code}/draws/{attempt}/values/"))
