"""A real Chromium on real pages: the system's own browser, driven by Playwright."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from tests.run import find_chromium

if TYPE_CHECKING:
    # This file is read before Django is set up.
    from cnd.models import User

# Playwright runs an event loop in this thread, in which Django would refuse to use the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 812}
PARTS_OF_A_PAGE = {"stylesheet", "script", "image", "font"}
PATIENCE_MS = 10_000
FAILED_KEY = pytest.StashKey[bool]()

NewContext = Callable[..., BrowserContext]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remember that the test itself failed, so that what the browser then showed is kept."""
    report: Any = yield
    if report.when == "call":
        item.stash[FAILED_KEY] = report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.fail("There is no Chromium on this machine: install it, or name it: CHROMIUM=/path/to/it", pytrace=False)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


def _watch(context: BrowserContext, faults: list[str]) -> None:
    def console(message: ConsoleMessage) -> None:
        # An answer such as 409 is told to the console by the browser itself; that is no fault of the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(f"{message.page.url if message.page else ''}: {message.text}")

    def response(answer: Response) -> None:
        is_part = answer.request.resource_type in PARTS_OF_A_PAGE
        if answer.status >= 500 or (is_part and answer.status >= 400):
            faults.append(f"{answer.status} {answer.url}")

    def request(asked: Request) -> None:
        if not asked.url.startswith(("http://localhost", "http://127.0.0.1", "data:", "blob:")):
            faults.append(f"leaves the service: {asked.url}")

    context.on("console", console)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("response", response)
    context.on("request", request)


@pytest.fixture
def faults() -> list[str]:
    """What went wrong inside the browser; a test that provokes something takes it out again."""
    return []


@pytest.fixture
def new_context(
    browser: Browser, live_server: LiveServer, faults: list[str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[NewContext]:
    """Return what opens another browser of its own, a desktop in Tokyo unless told otherwise.

    Their consoles stay clean: a refused script or style, an error of our own, a missing file, or anything asked of
    another machine fails the test.
    """
    contexts: list[BrowserContext] = []

    def opened(**options: Any) -> BrowserContext:
        options = {"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "Asia/Tokyo", **options}
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(PATIENCE_MS)
        _watch(context, faults)
        contexts.append(context)
        return context

    yield opened
    if request.node.stash.get(FAILED_KEY, False):
        for number, page in enumerate(page for context in contexts for page in context.pages):
            picture = tmp_path / f"page-{number}.png"
            page.screenshot(path=picture, full_page=True)
            print(f"{page.url}: {picture}")
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def context(new_context: NewContext) -> BrowserContext:
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def enter(live_server: LiveServer) -> "Callable[[BrowserContext, User], None]":
    """Have a browser be signed in as somebody, where signing in is not what is tested."""

    def signed_in(context: BrowserContext, user: "User") -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])

    return signed_in


@pytest.fixture
def sign_in() -> Callable[..., None]:
    """Sign in through the page, as a person would."""

    def through_the_page(page: Page, username: str, password: str = "a long password 1") -> None:
        page.goto("/sign-in/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/sign-in/" not in url)

    return through_the_page
