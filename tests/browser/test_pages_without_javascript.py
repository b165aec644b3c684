"""Whoever has switched scripts off, or whose line lost them on the way, can do everything but watch."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from sessions.models import Drawing, Inscription
from sessions.services.quotas import confirmed_quotas
from tests.browser import stages
from tests.browser.conftest import NewContext
from tests.sessions.scenes import focal_point, inscribe_states, make_session, officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    return new_context(java_script_enabled=False)


def sign_in(page: Page, username: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill("a long password 1")
    page.get_by_role("button", name="Sign in").click()


def test_the_language_is_switched_and_one_stays_on_the_page(page: Page) -> None:
    make_session()
    page.goto("/cnd67/draw/")
    page.locator("summary").first.click()
    page.get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    assert page.url.endswith("/cnd67/draw/")
    page.locator("summary").first.click()
    page.get_by_role("button", name="العربيّة").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")


def test_staff_confirm_quotas_and_announce_a_drawing(page: Page) -> None:
    session = make_session()
    inscribe_states(session, 10)
    officer()
    sign_in(page, "officer")
    page.get_by_role("link", name="Confirm the quotas").click()
    page.get_by_label("Slots of Group of African States").fill("0")
    page.get_by_role("button", name="Confirm these quotas").click()
    expect(page.get_by_role("alert").first).to_contain_text("are still to be given")
    page.goto("/cnd67/staff/quotas/")
    page.get_by_role("button", name="Confirm these quotas").click()
    expect(page.get_by_text("The quotas are confirmed.")).to_be_visible()
    assert sum(confirmed_quotas(session.debate).values()) == 114

    page.get_by_role("navigation", name="Secretariat").get_by_role("link", name="Drawing").click()
    page.get_by_role("link", name="Announce a drawing").click()
    page.get_by_label("In 5 minutes").check()
    page.get_by_role("button", name="Preview the announcement").click()
    expect(page.get_by_role("heading", name="What will be frozen")).to_be_visible()
    assert not Drawing.objects.exists()
    page.get_by_role("button", name="Change something").click()
    expect(page.get_by_label("In 5 minutes")).to_be_checked()
    page.get_by_role("button", name="Preview the announcement").click()
    page.get_by_role("button", name="Announce the drawing").click()
    drawing = Drawing.objects.get()

    page.goto("/cnd67/draw/")
    expect(page.locator("#announcement-hash")).to_be_visible()
    shown = page.locator("#announcement-hash").inner_text()
    assert "".join(shown.split()) == drawing.announcement_sha256
    expect(page.get_by_text("(Vienna)").first).to_be_visible()


def test_the_result_the_list_and_the_files_are_there(page: Page) -> None:
    stages.drawn()
    page.goto("/cnd67/draw/")
    expect(page.get_by_role("heading", name="The result")).to_be_visible()
    expect(page.get_by_role("link", name="Download the proof")).to_be_visible()
    expect(page.get_by_role("button", name="Check this drawing in my browser")).to_have_count(0)
    page.goto("/cnd67/draw/1/hall/")
    expect(page.get_by_role("heading", name="Order of the groups")).to_be_visible()
    page.goto("/cnd67/speakers/")
    page.get_by_label("Level").select_option("ministerial")
    page.get_by_role("button", name="Find").click()
    assert "level=ministerial" in page.url
    expect(page.get_by_role("heading", name="Below ministerial")).to_have_count(0)


def test_a_delegation_inscribes_and_withdraws(page: Page) -> None:
    session = make_session(stages.DAY_OF_INSCRIPTION)
    focal_point(session, "AT")
    sign_in(page, "focal-at")
    page.get_by_role("link", name="Inscribe", exact=True).click()
    page.get_by_label("Ministerial", exact=True).check()
    page.get_by_role("button", name="Inscribe").click()
    expect(page.get_by_text("You are inscribed, under receipt 1.")).to_be_visible()
    page.get_by_role("link", name="Withdraw").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Your inscription is withdrawn.")).to_be_visible()
    assert Inscription.objects.get().withdrawn_at is not None
