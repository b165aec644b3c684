"""The rule book and the journal, as staff use them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sessions.models import Rule
from tests.sessions.scenes import make_session, officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SPEAKING_TIME = "/cnd67/staff/rules/debate/statement_national/"
Enter = Callable[..., None]


def test_a_rule_is_corrected_with_a_reason_and_everyone_can_see_what_it_was(page: Page, enter: Enter) -> None:
    make_session()
    enter(page.context, officer())
    page.goto("/cnd67/staff/rules/")
    page.get_by_label("Search the rules").or_(page.locator("#q")).first.fill("statement_national")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("rowheader").get_by_role("link").click()
    expect(page.get_by_text("It was never corrected.")).to_have_count(0)
    before = page.get_by_role("table").locator("tbody tr").count()

    page.get_by_label("New value").fill("soon")
    page.get_by_label("Reason").fill("Agreed in the Bureau on 26 February.")
    page.get_by_role("button", name="Correct the rule").click()
    expect(page.get_by_role("alert")).to_contain_text("New value")
    page.get_by_label("New value").fill("4 min")
    page.get_by_role("button", name="Correct the rule").click()
    expect(page.get_by_text("The rule is corrected; the old value is kept.")).to_be_visible()
    assert Rule.objects.get(scope="debate", key="statement_national").value == 240
    rows = page.get_by_role("table", name="Corrections, newest first").locator("tbody tr")
    expect(rows).to_have_count(before + 1)
    expect(rows.first).to_contain_text("4 minutes")
    expect(rows.first).to_contain_text("Conference officer (officer)")
    expect(rows.first).to_contain_text("Agreed in the Bureau on 26 February.")

    page.get_by_role("navigation", name="Secretariat").get_by_role("link", name="Journal").click()
    entry = page.get_by_role("listitem").filter(has_text="Agreed in the Bureau").first
    expect(entry.get_by_role("heading")).to_contain_text("Rule corrected")
    page.get_by_role("button", name="Verify the journal").click()
    expect(page.get_by_role("status").filter(has_text="The journal verifies")).to_be_visible()

    page.goto("/cnd67/")
    expect(page.get_by_text("corrected; it was").first).to_be_visible()


def test_of_two_who_correct_a_rule_at_once_the_second_is_asked_to_look_again(page: Page, enter: Enter) -> None:
    make_session()
    enter(page.context, officer())
    stale = page.context.new_page()
    for screen, value in ((page, "4 min"), (stale, "6 min")):
        screen.goto(SPEAKING_TIME)
        screen.get_by_label("New value").fill(value)
        screen.get_by_label("Reason").fill(f"so that it is {value}")
    page.get_by_role("button", name="Correct the rule").click()
    expect(page.get_by_text("The rule is corrected")).to_be_visible()
    stale.get_by_role("button", name="Correct the rule").click()
    expect(stale.get_by_role("alert")).to_contain_text("Somebody else has corrected this rule")
    expect(stale.get_by_label("New value")).to_have_value("6 min")
    assert Rule.objects.get(scope="debate", key="statement_national").value == 240
    stale.get_by_role("button", name="Correct the rule").click()
    expect(stale.get_by_text("The rule is corrected")).to_be_visible()
    assert Rule.objects.get(scope="debate", key="statement_national").value == 360


def test_the_journal_is_searched(page: Page, enter: Enter) -> None:
    make_session()
    enter(page.context, officer())
    page.goto("/cnd67/staff/journal/")
    page.get_by_label("Search").fill("no such word")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="No such entry")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_role("heading", name="No such entry")).to_have_count(0)
