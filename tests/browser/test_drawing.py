"""The main job, done in the browser: from the quotas to a result that anybody has checked."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from cnd.health import findings
from sessions.models import Drawing, MeetingSession
from tests.browser import stages
from tests.browser.conftest import NewContext
from tests.browser.keyboard import Keyboard
from tests.sessions.scenes import VIENNA, inscribe_states, make_session, officer
from tests.workers import Workers, eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AHEAD = timedelta(seconds=30)
WAIT_MS = 60_000


@pytest.fixture
def transport() -> str:
    return "filesystem"


@pytest.fixture
def service_at_work(workers: Workers) -> None:
    """Have a real worker and a real beat do what is due."""
    workers.beat()
    workers.worker()
    eventually(lambda: findings()["worker"] == "ok", "the worker takes sweeps", workers)


def session_at_the_day_of_quotas() -> MeetingSession:
    session = make_session()
    inscribe_states(session, 24)
    officer()
    return session


@pytest.mark.usefixtures("service_at_work")
def test_an_officer_does_the_whole_job_with_the_keyboard_alone(
    page: Page, new_context: NewContext, tmp_path: Path
) -> None:
    session = session_at_the_day_of_quotas()
    keyboard = Keyboard(page)

    page.goto("/")
    keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    keyboard.press_on(page.get_by_role("link", name="Sign in"))
    keyboard.write_in(page.get_by_label("Username"), "officer")
    keyboard.write_in(page.get_by_label("Password"), "a long password 1")
    keyboard.press("Enter")

    expect(page.get_by_role("heading", name="What is due")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    keyboard.press_on(page.get_by_role("link", name="Confirm the quotas"))
    keyboard.press_on(page.get_by_role("button", name="Confirm these quotas"))
    expect(page.get_by_text("The quotas are confirmed.")).to_be_visible()

    keyboard.press("g", "o")
    keyboard.press_on(page.get_by_role("link", name="Announce the drawing"))
    keyboard.press_on(page.get_by_role("link", name="Announce a drawing"))
    keyboard.choose(page.get_by_label("At another moment"))
    moment = (session.chain.now() + AHEAD).astimezone(VIENNA).strftime("%Y-%m-%d %H:%M:%S")
    keyboard.write_in(page.get_by_role("textbox", name="Another moment"), moment)
    expect(page.get_by_label("A rehearsal seed")).to_be_checked()
    keyboard.press_on(page.get_by_role("button", name="Preview the announcement"))
    expect(page.get_by_role("heading", name="What will be frozen")).to_be_visible()
    assert not Drawing.objects.exists()
    keyboard.press_on(page.get_by_role("button", name="Announce the drawing"))
    expect(page.get_by_text("The drawing is announced.")).to_be_visible()
    announced_hash = page.locator("#announcement + p + .hash").get_by_role("button").get_attribute("data-copy")
    assert announced_hash is not None
    assert re.fullmatch("[0-9a-f]{64}", announced_hash)

    hall = new_context().new_page()
    hall.goto("/cnd67/draw/1/hall/")
    countdown = hall.get_by_role("timer")
    expect(countdown).to_have_text(re.compile(r"00:00:\d\d"))
    before = countdown.inner_text()
    expect(countdown).not_to_have_text(before)
    keyboard.press_on(page.get_by_role("link", name="Public page"))
    expect(page.get_by_role("heading", name="The lots are drawn in")).to_be_visible()

    # Nobody presses anything: the worker draws, both pages show it by themselves.
    expect(hall.locator("[data-hall][data-state=drawn]")).to_be_visible(timeout=WAIT_MS)
    expect(hall.get_by_text("The lots are drawn.")).to_be_visible()
    expect(hall.get_by_role("heading", name="Order of the groups")).to_be_hidden()
    in_the_hall = Keyboard(hall)
    in_the_hall.press("ArrowRight")
    expect(hall.get_by_role("heading", name="Order of the groups")).to_be_visible()
    in_the_hall.press("Space")
    drawing = Drawing.objects.get()
    assert drawing.bundle is not None
    first_group = drawing.bundle["result"]["group_order"][0]["group"]
    first_holder = next(
        slot["delegation"] for slot in drawing.bundle["result"]["slots"] if slot["group"] == first_group
    )
    expect(hall.get_by_text(session.delegations.get(code=first_holder).name, exact=True).first).to_be_visible()
    expect(hall.get_by_role("heading", name="Order of the groups")).to_be_hidden()

    expect(page.get_by_role("heading", name="The result")).to_be_visible(timeout=WAIT_MS)
    proof_hash = page.locator("#proof-hash + button").get_attribute("data-copy")
    assert proof_hash == drawing.bundle["sha256"]
    box = page.locator("[data-draw-check]")
    keyboard.press_on(box.get_by_role("button"), "Space")
    expect(box).to_have_attribute("data-checked", "true")
    expect(page.get_by_text("The result is what the announcement and the random values give.")).to_be_visible()

    for name in ("Download the proof", "Download the verifier"):
        keyboard.tab_to(page.get_by_role("link", name=name))
        with page.expect_download() as loading:
            keyboard.press("Enter")
        loading.value.save_as(tmp_path / loading.value.suggested_filename)
    verified = subprocess.run(
        [sys.executable, "-I", "verify_draw.py", "cnd67-draw-1.json", "--announced", announced_hash, "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr

    keyboard.press("g", "l")
    expect(page.get_by_role("heading", name="List of speakers", level=1)).to_be_visible()
    expect(page.locator("tr[aria-current]")).to_have_count(1)


def test_the_check_in_the_browser_finds_a_proof_that_was_altered(page: Page) -> None:
    stages.drawn()

    def altered(route: Route) -> None:
        bundle: dict[str, Any] = route.fetch().json()
        slots = bundle["result"]["slots"]
        slots[0]["number"], slots[1]["number"] = slots[1]["number"], slots[0]["number"]
        route.fulfill(json=bundle)

    page.route("**/bundle.json", altered)
    page.goto("/cnd67/draw/")
    box = page.locator("[data-draw-check]")
    box.get_by_role("button").click()
    expect(box).to_have_attribute("data-checked", "false")
    expect(page.get_by_text("Slots: differs")).to_be_visible()
    expect(page.get_by_text("Lots of all delegations: agrees")).to_be_visible()

    page.route("**/bundle.json", lambda route: route.fulfill(body="{"))
    box.get_by_role("button").click()
    expect(box).to_have_attribute("data-checked", "unusable")


def test_the_hash_that_was_read_out_is_compared_by_pasting_it(page: Page) -> None:
    drawing = stages.announced().drawing
    page.goto("/cnd67/draw/")
    field = page.get_by_label("Compare with the hash you were given")
    field.fill(drawing.announcement_sha256.upper())
    expect(page.get_by_text("The same, all 64 characters.")).to_be_visible()
    field.fill(drawing.announcement_sha256[:10])
    expect(page.get_by_text("The same so far: 10 of 64 characters.")).to_be_visible()
    field.fill("x" + drawing.announcement_sha256[1:])
    expect(page.get_by_text("Not the same. First difference at character 1.")).to_be_visible()


def test_the_screen_in_the_hall_says_when_the_line_is_lost_and_when_it_is_back(page: Page) -> None:
    stages.announced()
    page.goto("/cnd67/draw/1/hall/")
    page.route("**/api/v1/**", lambda route: route.abort())
    expect(page.get_by_text("Connection lost.")).to_be_visible()
    page.unroute_all()
    expect(page.get_by_text("Connected again.")).to_be_visible(timeout=15_000)


def test_an_announcement_is_withdrawn_with_a_public_reason_and_announced_anew(
    page: Page, enter: Callable[..., None]
) -> None:
    stages.announced()
    enter(page.context, officer())
    page.goto("/cnd67/staff/draw/")
    page.get_by_role("link", name="Withdraw…").click()
    page.get_by_role("button", name="Withdraw the announcement").click()
    expect(page.get_by_role("alert")).to_contain_text("Reason")
    page.get_by_label("Reason").fill("A delegation is missing.")
    page.get_by_role("button", name="Withdraw the announcement").click()
    expect(page.get_by_text("The announcement is withdrawn")).to_be_visible()

    page.get_by_role("link", name="Announce a drawing").click()
    page.get_by_label("In 5 minutes").check()
    page.get_by_role("button", name="Preview the announcement").click()
    page.get_by_role("button", name="Announce the drawing").click()
    expect(page.get_by_text("The drawing is announced.")).to_be_visible()
    second = Drawing.objects.get(attempt=2)
    assert second.announcement["previous"]["reason"] == "A delegation is missing."

    page.goto("/cnd67/draw/")
    expect(page.get_by_text("A delegation is missing.").first).to_be_visible()
    with page.expect_download() as loading:
        page.get_by_role("link", name="The announcement, exactly as it was hashed").click()
    assert json.loads(loading.value.path().read_text("utf-8")) == second.announcement
