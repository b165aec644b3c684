"""A delegation's own pages: where it stands, what it changes, and what it never gets to see."""

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from sessions.models import Inscription, Slot
from sessions.services.list_events import current_list
from tests.browser import stages
from tests.sessions.scenes import VIENNA, focal_point, officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TOKYO = ZoneInfo("Asia/Tokyo")
SignIn = Callable[..., None]
Enter = Callable[..., None]


def holder_of_a_slot(stage: stages.Stage, group: str) -> Inscription:
    """Return the inscription of a delegation of this group that drew a slot."""
    slot = Slot.objects.get(debate=stage.session.debate, group__code=group, delegation__isnull=False)
    assert slot.delegation is not None
    return Inscription.objects.get(delegation=slot.delegation, statement="national")


def test_a_focal_point_sees_slot_place_and_lot_and_changes_the_level(page: Page, sign_in: SignIn) -> None:
    stage = stages.drawn()
    own = stage.inscriptions[1]
    code = own.delegation.code
    focal_point(stage.session, code)
    speakers = current_list(stage.drawing)
    place = next(number for number, line in enumerate(speakers.lines, start=1) if line.delegation == code)
    slot = Slot.objects.get(debate=stage.session.debate, delegation=own.delegation)
    lot = stage.drawing.lots.get(delegation=own.delegation)

    sign_in(page, f"focal-{code.lower()}")

    expect(page).to_have_url(re.compile("/cnd67/delegation/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(own.delegation.name)
    numbers = page.locator(".stat")
    expect(numbers.nth(0)).to_have_text(f"{place} place of {len(speakers.lines)}")
    expect(numbers.nth(1)).to_have_text(f"{slot.number} slot number, which never changes")
    expect(numbers.nth(2)).to_contain_text(re.compile(rf"^{lot.group_rank} lot of \d+ in your group"))

    level = "below_ministerial" if own.level != "below_ministerial" else "above_ministerial"
    page.get_by_role("link", name="Change level or speaker").click()
    expect(page.get_by_text("Your slot number never changes; your place on the list does.")).to_be_visible()
    page.locator(f"input[value={level}]").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Recorded: level")).to_be_visible()
    own.refresh_from_db()
    assert own.level == level
    expect(numbers.nth(1)).to_have_text(f"{slot.number} slot number, which never changes")
    expect(page.get_by_text("level changed from")).to_be_visible()


def test_a_withdrawal_names_what_is_lost_and_who_gets_it_before_it_is_confirmed(page: Page, enter: Enter) -> None:
    stage = stages.drawn()
    own = holder_of_a_slot(stage, "african")
    slot = Slot.objects.get(debate=stage.session.debate, delegation=own.delegation)
    heir = stage.session.delegations.get(code=current_list(stage.drawing).waiting["african"][0])
    enter(page.context, focal_point(stage.session, own.delegation.code))
    page.goto("/cnd67/delegation/")
    statement = page.locator("section").filter(has=page.locator(f"#statement-{own.receipt_number}"))
    statement.get_by_role("link", name="Withdraw").click()

    expect(page.get_by_text(f"You lose slot {slot.number} and place")).to_be_visible()
    expect(page.get_by_text(f"Slot {slot.number} goes to {heir.name}, first on the waiting list")).to_be_visible()
    page.get_by_role("link", name="Cancel, change nothing").click()
    own.refresh_from_db()
    assert own.withdrawn_at is None

    statement.get_by_role("link", name="Withdraw").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Your inscription is withdrawn.")).to_be_visible()
    expect(statement.get_by_role("link")).to_have_count(0)
    slot.refresh_from_db()
    assert slot.delegation == heir


def test_a_withdrawal_is_taken_back_while_nothing_is_announced(page: Page, enter: Enter) -> None:
    stage = stages.before_the_announcement()
    own = stage.inscriptions[1]
    enter(page.context, focal_point(stage.session, own.delegation.code))
    page.goto("/cnd67/delegation/")
    page.get_by_role("link", name="Withdraw").click()
    expect(page.get_by_text(f"Receipt {own.receipt_number} is kept")).to_be_visible()
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("link", name="Take the withdrawal back").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text(f"You are inscribed again, under receipt {own.receipt_number}.")).to_be_visible()
    own.refresh_from_db()
    assert own.withdrawn_at is None


def test_times_are_the_meetings_with_the_readers_own_beside_them(page: Page, enter: Enter) -> None:
    stage = stages.before_the_announcement()
    own = stage.inscriptions[1]
    enter(page.context, focal_point(stage.session, own.delegation.code))
    page.goto("/cnd67/delegation/")
    receipt = page.locator(".facts dd").first
    expect(receipt).to_contain_text(own.receipt_at.astimezone(VIENNA).strftime("%H:%M:%S (Vienna)"))
    expect(receipt).to_contain_text(own.receipt_at.astimezone(TOKYO).strftime("your time %H:%M"))


def test_a_delegation_opens_neither_pages_of_staff_nor_those_of_another_delegation(page: Page, enter: Enter) -> None:
    stage = stages.drawn()
    own, other = stage.inscriptions[1], stage.inscriptions[2]
    enter(page.context, focal_point(stage.session, own.delegation.code))

    def status_of(path: str) -> int:
        answer = page.goto(path)
        assert answer is not None
        return answer.status

    for path in ("", "roster/", "quotas/", "draw/", "draw/announce/", "speakers/", "rules/", "journal/", "clock/"):
        assert status_of(f"/cnd67/staff/{path}") == 403
    expect(page.get_by_role("heading", name="This page is not open to you")).to_be_visible()

    theirs = f"/cnd67/delegation/{other.delegation.code}/"
    for path in (theirs, f"{theirs}{other.receipt_number}/withdraw/"):
        assert status_of(path) == 404
    # Another's receipt under one's own name is nobody's either.
    assert status_of(f"/cnd67/delegation/{own.delegation.code}/{other.receipt_number}/withdraw/") == 404
    assert status_of("/admin/") in {200, 403}
    expect(page.get_by_text("Site administration")).to_have_count(0)


def test_after_signing_out_nothing_of_the_own_page_is_left(page: Page, enter: Enter) -> None:
    stage = stages.before_the_announcement()
    own = stage.inscriptions[1]
    enter(page.context, focal_point(stage.session, own.delegation.code))
    page.goto("/cnd67/delegation/")
    page.locator("summary").filter(has_text="Signed in as").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text(own.delegation.name)).to_have_count(0)


def test_staff_and_delegation_see_the_same_withdrawal(page: Page, enter: Enter) -> None:
    stage = stages.announced()
    withdrawn = stage.inscriptions[7]
    enter(page.context, focal_point(stage.session, withdrawn.delegation.code))
    page.goto("/cnd67/delegation/")
    expect(page.get_by_text("Applied right after the draw.")).to_be_visible()
    enter(page.context, officer())
    page.goto("/cnd67/staff/draw/")
    expect(page.get_by_role("region", name="Changes that wait for the draw")).to_contain_text(withdrawn.delegation.name)
