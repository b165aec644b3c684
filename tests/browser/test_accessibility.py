"""Every page, in every state it can have, is usable by everyone: WCAG 2.2 AA at a desktop's and a phone's width."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from cnd.models import PersonalDatum, User
from sessions.models import Membership
from sessions.services.announcements import Sources
from sessions.services.draw import ask_annulment
from sessions.services.inscriptions import change_level
from sessions.views.public import Home
from tests.browser import stages
from tests.browser.accessibility import ALL_BUT_CONTRAST, CONTRAST_ALONE, assert_accessible, assert_all_accessible
from tests.browser.conftest import NewContext
from tests.browser.keyboard import Keyboard, wait_until_in_view
from tests.sessions.scenes import as_officer, focal_point, make_session, officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Enter = Callable[[BrowserContext, User], None]
PUBLIC = ("/", "/cnd67/", "/cnd67/speakers/", "/cnd67/draw/")
STAFF = "/cnd67/staff/"
OWN = "/cnd67/delegation/"
LONGEST_GLIDE_MS = 1_000


def test_before_anything_is_loaded(page: Page, live_server: LiveServer) -> None:
    assert_all_accessible(page, "/", "/sign-in/")
    assert_all_accessible(page, "/nothing/here/", status=404)


def test_public_pages_before_the_announcement(page: Page) -> None:
    stages.before_the_announcement()
    assert_all_accessible(page, *PUBLIC)

    page.goto("/cnd67/")
    page.locator("details.menu summary").first.click()
    page.get_by_text("that are past").click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_accessible(page)


def test_pages_of_the_secretariat_before_the_announcement(page: Page, enter: Enter) -> None:
    stage = stages.before_the_announcement()
    enter(page.context, officer())
    person = PersonalDatum.objects.get(chain=stage.session.chain)
    receipt = f"{STAFF}roster/{stage.first.receipt_number}/"
    assert_all_accessible(
        page,
        STAFF,
        f"{STAFF}roster/?withdrawn=on",
        f"{STAFF}roster/?q=nobody",
        f"{STAFF}roster/add/",
        f"{STAFF}roster/import/",
        f"{receipt}level/",
        f"{receipt}speaker/",
        f"{receipt}withdraw/",
        f"{STAFF}roster/{stage.withdrawn.receipt_number}/undo/",
        f"{STAFF}quotas/",
        f"{STAFF}draw/",
        f"{STAFF}draw/announce/",
        f"{STAFF}speakers/",
        f"{STAFF}journal/",
        f"{STAFF}journal/?q=nothing",
        f"/cnd67/staff/personal-data/{person.key}/erase/",
        f"{STAFF}clock/",
    )


def test_pages_of_rules_of_every_type(page: Page, enter: Enter) -> None:
    session = make_session()
    enter(page.context, officer())
    of_each_type = {rule.type: f"{STAFF}rules/{rule.scope}/{rule.key}/" for rule in session.rules.all()}
    assert len(of_each_type) > 7
    assert_all_accessible(page, f"{STAFF}rules/", f"{STAFF}rules/?q=nothing", *of_each_type.values())


def test_what_is_said_about_mistakes(page: Page, enter: Enter) -> None:
    stage = stages.before_the_announcement()
    page.goto("/sign-in/")
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)

    enter(page.context, officer())
    for path, button in (
        ("roster/add/", "Inscribe"),
        ("roster/import/", "Read and preview"),
        ("rules/debate/draw_at/", "Correct the rule"),
        ("clock/", "Shift the clock…"),
    ):
        page.goto(STAFF + path)
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("alert").first).to_be_visible()
        assert_accessible(page)

    page.goto(f"{STAFF}quotas/")
    page.get_by_label("Slots of Group of African States").fill("1")
    expect(page.get_by_text("are still to be given")).to_be_visible()
    page.get_by_role("button", name="Confirm these quotas").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert_accessible(page)

    page.goto(f"{STAFF}roster/import/")
    page.get_by_label("Or paste the rows here").fill("delegation,level\nXX,ministerial\nAT,high\n")
    page.get_by_role("button", name="Read and preview").click()
    expect(page.get_by_role("heading", name="What is wrong")).to_be_visible()
    assert_accessible(page)

    page.goto(f"{STAFF}roster/import/")
    known = f"{stage.first.delegation.code},{stage.first.level}"
    page.get_by_label("Or paste the rows here").fill(f"delegation,level\nSE,ministerial\n{known}\n")
    page.get_by_role("button", name="Read and preview").click()
    expect(page.get_by_role("button", name="Import exactly this")).to_be_visible()
    assert_accessible(page)


def test_pages_of_a_delegation_while_inscriptions_are_open(page: Page, enter: Enter) -> None:
    stage = stages.before_the_announcement(stages.DAY_OF_INSCRIPTION)
    delegation = stage.first.delegation.code
    enter(page.context, focal_point(stage.session, delegation))
    own = f"{OWN}{delegation}/"
    receipt = f"{own}{stage.first.receipt_number}/"
    assert_all_accessible(page, "/cnd67/", OWN, receipt, f"{receipt}change/", f"{receipt}withdraw/")

    sweden = focal_point(stage.session, "SE")
    Membership.objects.create(user=sweden, delegation=stage.session.delegations.get(code="KE"))
    enter(page.context, sweden)
    assert_all_accessible(page, OWN, f"{OWN}SE/inscribe/", "/account/inbox/", "/account/preferences/")
    page.goto(f"{OWN}SE/inscribe/")
    page.get_by_role("button", name="Inscribe").click()
    assert_accessible(page)
    assert_all_accessible(page, STAFF, status=403)
    assert_all_accessible(page, own, status=404)

    enter(page.context, focal_point(stage.session, stage.withdrawn.delegation.code))
    undo = f"{OWN}{stage.withdrawn.delegation.code}/{stage.withdrawn.receipt_number}/undo/"
    assert_all_accessible(page, OWN, undo)

    enter(page.context, officer())
    assert_all_accessible(page, STAFF, f"{STAFF}roster/add/", OWN)


def test_a_drawing_that_is_announced(page: Page, enter: Enter) -> None:
    stage = stages.announced()
    assert_all_accessible(page, *PUBLIC[1:], "/cnd67/draw/1/hall/", "/cnd67/draw/1/notice/")

    enter(page.context, officer())
    late_receipt = stage.inscriptions[5].receipt_number
    assert_all_accessible(
        page,
        STAFF,
        f"{STAFF}draw/",
        f"{STAFF}draw/1/withdraw/",
        f"{STAFF}quotas/",
        f"{STAFF}roster/add/",
        f"{STAFF}roster/{late_receipt}/level/",
        f"{STAFF}roster/{late_receipt}/withdraw/",
    )
    enter(page.context, focal_point(stage.session, stage.inscriptions[7].delegation.code))
    assert_all_accessible(page, OWN)


def test_the_preview_of_an_announcement_and_of_a_shifted_clock(page: Page, enter: Enter) -> None:
    stages.before_the_announcement()
    enter(page.context, officer())
    page.goto(f"{STAFF}quotas/")
    page.get_by_role("button", name="Confirm these quotas").click()
    expect(page.get_by_text("The quotas are confirmed.")).to_be_visible()
    assert_accessible(page)

    page.goto(f"{STAFF}draw/announce/")
    page.get_by_text("Format of the numbers").click()
    page.get_by_label("Numbers entered by hand").check()
    page.get_by_role("button", name="Preview the announcement").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert_accessible(page)

    page.goto(f"{STAFF}draw/announce/")
    page.get_by_role("button", name="Preview the announcement").click()
    expect(page.get_by_role("heading", name="What will be frozen")).to_be_visible()
    assert_accessible(page)

    page.goto(f"{STAFF}clock/?to=2024-03-14+10%3A00")
    page.get_by_label("Reason").fill("to rehearse the meeting")
    page.get_by_role("button", name="Shift the clock…").click()
    expect(page.get_by_role("heading", name="What this does")).to_be_visible()
    assert_accessible(page)


def test_a_sealed_drawing_that_waits_for_a_round_of_drand(page: Page, enter: Enter) -> None:
    stages.sealed(Sources(has_drand=True))
    assert_all_accessible(page, *PUBLIC[1:], "/cnd67/draw/1/hall/")
    page.goto("/cnd67/draw/")
    page.get_by_label("Signature of the round").fill("ab")
    page.get_by_role("button", name="Check and hand in").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert_accessible(page)

    enter(page.context, officer())
    assert_all_accessible(page, STAFF, f"{STAFF}draw/")


def test_a_sealed_drawing_that_waits_for_numbers(page: Page, enter: Enter) -> None:
    stages.sealed(Sources(has_drand=False, numbers=stages.BALLS, has_rehearsal_seed=True))
    assert_all_accessible(page, "/cnd67/draw/", "/cnd67/draw/1/notice/")
    enter(page.context, officer())
    assert_all_accessible(page, f"{STAFF}draw/", f"{STAFF}draw/1/numbers/")
    page.goto(f"{STAFF}draw/1/numbers/")
    page.get_by_label("Numbers").fill("1 2 3")
    page.get_by_role("button", name="Enter my numbers").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert_accessible(page)


def test_public_pages_after_the_draw(page: Page) -> None:
    stages.drawn_with_events()
    assert_all_accessible(
        page,
        *PUBLIC,
        "/cnd67/speakers/?q=a&level=ministerial",
        "/cnd67/speakers/?q=nobody",
        "/cnd67/speakers/versions/1/",
        "/cnd67/draw/1/notice/",
        "/cnd67/draw/1/hall/",
    )
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Reveal step by step").click()
    for _part in range(3):
        page.keyboard.press("ArrowRight")
        assert_accessible(page)

    page.goto("/cnd67/draw/")
    page.get_by_text("lots in full").click()
    page.get_by_label("Compare with the hash you were given").fill("0123")
    page.get_by_role("button", name="Check this drawing in my browser").click()
    expect(page.get_by_text("The result is what the announcement and the random values give.")).to_be_visible()
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
    assert_accessible(page)


def test_pages_of_the_secretariat_after_the_draw(page: Page, enter: Enter) -> None:
    stage = stages.drawn_with_events()
    enter(page.context, officer())
    receipt = f"{STAFF}roster/{stage.first.receipt_number}/"
    assert_all_accessible(
        page,
        STAFF,
        f"{STAFF}roster/",
        f"{STAFF}quotas/",
        f"{receipt}level/",
        f"{receipt}withdraw/",
        f"{STAFF}draw/",
        f"{STAFF}draw/1/annul/",
        f"{STAFF}speakers/",
        f"{STAFF}speakers/fill/",
        f"{STAFF}speakers/exchange/",
    )
    ask_annulment(drawing=stage.drawing, reason="The announced quotas were wrong.", actor=as_officer("other"))
    assert_all_accessible(page, f"{STAFF}draw/", f"{STAFF}draw/1/agree/")


def test_pages_of_delegations_after_the_draw(page: Page, enter: Enter) -> None:
    stage = stages.drawn()
    assert stage.drawing.bundle is not None
    waiting = next(each["delegations"][0] for each in stage.drawing.bundle["result"]["waiting"] if each["delegations"])
    enter(page.context, focal_point(stage.session, waiting))
    assert_all_accessible(page, OWN)

    holder = stage.inscriptions[1]
    enter(page.context, focal_point(stage.session, holder.delegation.code))
    receipt = f"{OWN}{holder.delegation.code}/{holder.receipt_number}/"
    assert_all_accessible(page, OWN, receipt, f"{receipt}change/", f"{receipt}withdraw/")
    change_level(inscription=holder, level="below_ministerial", actor=as_officer(), reason="test")
    assert_all_accessible(page, OWN, "/account/inbox/")
    page.locator("summary").filter(has_text="Signed in as").click()
    assert_accessible(page)

    enter(page.context, focal_point(stage.session, "SE"))
    assert_all_accessible(page, OWN, f"{OWN}SE/inscribe/")


def test_drawings_that_were_withdrawn_or_annulled(page: Page, enter: Enter) -> None:
    stages.ended()
    assert_all_accessible(
        page,
        "/cnd67/",
        "/cnd67/draw/",
        "/cnd67/draw/1/",
        "/cnd67/draw/1/hall/",
        "/cnd67/draw/2/hall/",
        "/cnd67/draw/2/notice/",
        "/cnd67/speakers/",
        "/cnd67/speakers/?attempt=2",
    )
    enter(page.context, officer())
    assert_all_accessible(page, STAFF, f"{STAFF}draw/")


def test_main_pages_written_from_right_to_left(new_context: NewContext, live_server: LiveServer, enter: Enter) -> None:
    stage = stages.drawn_with_events()
    context = new_context(locale="ar")
    context.add_cookies([{"name": "django_language", "value": "ar", "url": live_server.url}])
    page = context.new_page()

    def check(*paths: str) -> None:
        assert_all_accessible(page, *paths, rules=ALL_BUT_CONTRAST)
        assert page.evaluate("document.documentElement.dir") == "rtl"

    check(*PUBLIC, "/cnd67/draw/1/hall/", "/cnd67/draw/1/notice/", "/sign-in/")
    enter(context, officer())
    staff = (f"{STAFF}{part}" for part in ("", "roster/", "quotas/", "draw/", "speakers/", "rules/debate/slots/"))
    check(*staff)
    reader = focal_point(stage.session, stage.inscriptions[1].delegation.code)
    change_level(inscription=stage.inscriptions[1], level="below_ministerial", actor=as_officer(), reason="test")
    enter(context, reader)
    check(OWN, "/account/inbox/", "/account/preferences/")


def test_main_pages_in_the_dark(new_context: NewContext, enter: Enter) -> None:
    stage = stages.drawn_with_events()
    context = new_context(color_scheme="dark")
    page = context.new_page()

    def check(*paths: str) -> None:
        assert_all_accessible(page, *paths, rules=CONTRAST_ALONE)

    check(*PUBLIC, "/cnd67/draw/1/hall/", "/cnd67/draw/1/notice/", "/sign-in/")
    enter(context, officer())
    check(STAFF, f"{STAFF}roster/?withdrawn=on", f"{STAFF}draw/1/annul/", f"{STAFF}speakers/", f"{STAFF}clock/")
    reader = focal_point(stage.session, stage.inscriptions[1].delegation.code)
    change_level(inscription=stage.inscriptions[1], level="below_ministerial", actor=as_officer(), reason="test")
    enter(context, reader)
    check(OWN, "/account/inbox/", "/account/preferences/")


def test_an_error_on_our_side_and_a_form_without_its_cookie(
    page: Page, faults: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page.goto("/sign-in/")
    page.context.clear_cookies()
    page.get_by_label("Username").fill("officer")
    page.get_by_label("Password").fill("a long password 1")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Code: 403")).to_be_visible()
    assert_accessible(page)

    def broken(*_args: object, **_named: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(Home, "get_context_data", broken)
    assert_all_accessible(page, "/", status=500)
    assert len(faults) == 1
    faults.clear()


def test_the_description_of_the_interface(page: Page) -> None:
    page.goto("/api/schema/docs/")
    expect(page.get_by_text("GET /api/v1/sessions/{code}/slots/")).to_be_visible()
    assert_accessible(page)


def test_somebody_who_tabs_in_a_hurry_sees_where_the_focus_is(page: Page, enter: Enter) -> None:
    make_session()
    enter(page.context, officer())
    page.set_viewport_size({"width": 1280, "height": 700})
    page.goto("/cnd67/staff/")
    # From the foot of one column to the head of the other: down and up again before a page could have glided down.
    Keyboard(page).tab_to(page.get_by_role("link", name="Invite focal points"))
    page.wait_for_timeout(LONGEST_GLIDE_MS)
    wait_until_in_view(page.locator(":focus"))
