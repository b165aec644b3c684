"""A token is made, copied and revoked in the browser, and opens the API until then."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import NewContext
from tests.sessions.scenes import focal_point, make_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/api/v1/sessions/cnd67/inscriptions/"


def status_of(page: Page, token: str) -> int:
    return page.request.get(LIST, headers={"Authorization": f"Bearer {token}"}).status


def test_a_token_is_made_copied_used_and_revoked(new_context: NewContext, sign_in: Callable[..., None]) -> None:
    user = focal_point(make_session(None), "AT")
    page = new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    sign_in(page, user.username)

    page.goto("/account/tokens/")
    page.get_by_role("link", name="Make a token").click()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("What it is for").fill("Door displays")
    page.get_by_label("Read inscriptions").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("heading", name="Your new token")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied", exact=True).first).to_be_attached()
    token = str(page.evaluate("navigator.clipboard.readText()"))
    assert status_of(page, token) == 200

    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke the token").click()
    expect(page.get_by_role("status").first).to_be_attached()
    assert_accessible(page)
    assert status_of(page, token) == 401
