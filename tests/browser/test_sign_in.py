"""Signing in as a person does: passkeys in a real browser, codes, an invitation, without JavaScript too."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from playwright.sync_api import CDPSession, Page, expect
from pytest_django import Settings

from sessions.models import Membership
from sessions.services.invitations import path_of
from tests.browser.accessibility import assert_all_accessible
from tests.browser.conftest import NewContext
from tests.cnd.second_steps import STAFF, code_of, make, with_app
from tests.sessions.invited import ADDRESS, PASSWORD, opened
from tests.sessions.scenes import make_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_is_locked_out() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def key(page: Page) -> CDPSession:
    """Give the browser a key of its own, which says yes to everything."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    facts = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options: dict[str, Any] = {**facts, "isUserVerified": True, "automaticPresenceSimulation": True}
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return tools


def enter_password(page: Page, login: str = "officer", password: str = "a long password 1") -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username or e-mail address").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.locator("details.menu", has_text="Signed in as").locator("summary").click()
    page.get_by_role("button", name="Sign out").click()


def test_staff_set_up_a_passkey_and_sign_in_with_it_as_second_step_and_alone(
    page: Page, key: CDPSession, settings: Settings
) -> None:
    settings.REQUIRE_STAFF_MFA = True
    make(**STAFF)
    enter_password(page)
    page.goto("/cnd67/staff/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step of signing in")

    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("without the password").check()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    assert Authenticator.objects.filter(type="webauthn").count() == 1

    sign_out(page)
    enter_password(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("/")
    sign_out(page)
    page.goto("/sign-in/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("/")
    page.goto("/account/security/passkeys/")
    expect(page.get_by_role("row")).to_have_count(2)


def test_who_has_no_such_key_is_told_and_takes_another_way(page: Page) -> None:
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    facts = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options: dict[str, Any] = {**facts, "isUserVerified": False, "automaticPresenceSimulation": True}
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto("/sign-in/")

    page.get_by_role("button", name="Sign in with a passkey").click()

    expect(page.get_by_text("The passkey was not used.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_code_opens_with_and_without_javascript(new_context: NewContext, javascript: bool) -> None:
    with_app()
    page = new_context(java_script_enabled=javascript).new_page()
    enter_password(page)
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible(visible=javascript)

    page.get_by_label("Code").fill(code_of())
    page.get_by_role("button", name="Sign in", exact=True).click()

    page.wait_for_url("/")


@pytest.mark.parametrize("javascript", [True, False])
def test_an_invitation_is_accepted(new_context: NewContext, javascript: bool) -> None:
    invitation = opened(make_session(at=None))
    page = new_context(java_script_enabled=javascript).new_page()
    page.goto(path_of(invitation))
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)

    page.get_by_role("button", name="Accept the invitation").click()

    expect(page.get_by_text("You act for Kenya now.")).to_be_visible()
    assert Membership.objects.get().user.email == ADDRESS
    page.get_by_role("link", name="Go on").click()
    page.wait_for_url("/cnd67/delegation/**")


def test_every_page_of_an_account_is_accessible(page: Page) -> None:
    invitation = opened(make_session(at=None))
    assert_all_accessible(page, "/account/password/reset/", "/account/inactive/", path_of(invitation))
    assert_all_accessible(page, "/invitation/9/x/", status=404)
    with_app("administrator", **STAFF)
    enter_password(page, "administrator")
    page.get_by_label("Code").fill(code_of())
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/account/" not in url)
    pages = ("", "passkeys/add/", "app/remove/", "recovery-codes/", "recovery-codes/new/")
    assert_all_accessible(page, *(f"/account/security/{each}" for each in pages))
    assert_all_accessible(page, "/account/email/", "/account/logins/", "/account/password/change/")
    assert_all_accessible(page, *(f"/cnd67/staff/people/{each}" for each in ("?q=ke", "invite/", "import/")))
