"""The roster as staff keep it: files with faults in them, impatient hands, two screens at once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Page, expect

from sessions.models import Inscription, MeetingSession
from tests.browser import stages
from tests.sessions.scenes import make_session, officer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROSTER = "/cnd67/staff/roster/"
Enter = Callable[..., None]


def csv_file(text: str) -> FilePayload:
    return {"name": "roster.csv", "mimeType": "text/csv", "buffer": text.encode()}


@pytest.fixture
def session(page: Page, enter: Enter) -> MeetingSession:
    """A session with nobody inscribed, and an officer before the screen."""
    session = make_session(stages.DAY_OF_INSCRIPTION)
    enter(page.context, officer())
    return session


@pytest.mark.usefixtures("session")
def test_a_file_with_faults_is_read_line_by_line_and_nothing_of_it_is_taken(page: Page) -> None:
    page.goto(ROSTER)
    page.get_by_role("link", name="Import a file").first.click()
    bad = "delegation,level,speaker_name\nAT,ministerial,Jane Doe\nXX,ministerial,\nKE,very high,\nAT,ministerial,\n"
    page.get_by_label("CSV file").set_input_files(csv_file(bad))
    page.get_by_role("button", name="Read and preview").click()

    faults = page.get_by_role("table", name="Faults by line of the file").locator("tbody tr")
    expect(faults).to_have_count(3)
    expect(faults.nth(0)).to_contain_text("No delegation has the code “XX”.")
    expect(faults.nth(1)).to_contain_text("“very high” is none of")
    expect(faults.nth(2)).to_contain_text("The same statement stands in line 2.")
    for row, line in enumerate((3, 4, 5)):
        expect(faults.nth(row).get_by_role("rowheader")).to_have_text(f"Line {line}")
    expect(page.get_by_role("button", name="Import exactly this")).to_have_count(0)
    assert not Inscription.objects.exists()

    good = bad.replace("XX,", "SE,").replace("very high", "above_ministerial").rsplit("AT,", 1)[0]
    page.get_by_label("CSV file").set_input_files(csv_file(good))
    page.get_by_role("button", name="Read and preview").click()
    expect(page.get_by_role("heading", name="Inscribe 3 delegations")).to_be_visible()
    assert not Inscription.objects.exists()
    page.get_by_role("button", name="Import exactly this").click()
    expect(page.get_by_text("3 inscriptions were imported.")).to_be_visible()
    codes = Inscription.objects.order_by("receipt_number").values_list("delegation__code", flat=True)
    assert list(codes) == ["AT", "SE", "KE"]
    expect(page.get_by_role("row").filter(has_text="Austria")).to_contain_text("Jane Doe")


@pytest.mark.usefixtures("session")
def test_a_file_that_is_no_text_is_refused_in_words(page: Page) -> None:
    page.goto(f"{ROSTER}import/")
    page.get_by_label("CSV file").set_input_files(
        {"name": "roster.xls", "mimeType": "application/vnd.ms-excel", "buffer": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}
    )
    page.get_by_role("button", name="Read and preview").click()
    expect(page.get_by_role("alert")).to_contain_text("The file is not UTF-8 text; save it as “CSV UTF-8”.")


@pytest.mark.usefixtures("session")
def test_pressing_twice_inscribes_once(page: Page) -> None:
    page.goto(f"{ROSTER}add/")
    page.get_by_label("Delegation", exact=True).select_option("AT")
    page.get_by_label("Ministerial", exact=True).check()
    page.get_by_role("button", name="Inscribe").dblclick()
    expect(page.get_by_text("is inscribed, under receipt 1.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert Inscription.objects.count() == 1


@pytest.mark.usefixtures("session")
def test_the_same_form_sent_from_two_screens_inscribes_once_and_says_so(page: Page) -> None:
    second = page.context.new_page()
    for screen in (page, second):
        screen.goto(f"{ROSTER}add/")
        screen.get_by_label("Delegation", exact=True).select_option("AT")
        screen.get_by_label("Ministerial", exact=True).check()
    page.get_by_role("button", name="Inscribe").click()
    expect(page.get_by_text("is inscribed, under receipt 1.")).to_be_visible()
    second.get_by_role("button", name="Inscribe").click()
    expect(second.get_by_role("alert")).to_contain_text("Austria is already inscribed, under receipt 1.")
    expect(second.get_by_label("Delegation", exact=True)).to_have_value("AT")
    assert Inscription.objects.count() == 1


def test_a_stale_screen_is_told_what_has_happened_and_keeps_what_was_chosen(page: Page, enter: Enter) -> None:
    stage = stages.before_the_announcement()
    enter(page.context, officer())
    own = stage.inscriptions[1]
    stale = page.context.new_page()
    stale.goto(f"{ROSTER}{own.receipt_number}/level/")
    page.goto(ROSTER)
    row = page.get_by_role("row").filter(has_text=own.delegation.name)
    row.get_by_role("link", name="Withdraw").click()
    expect(page.get_by_text(f"{own.delegation.name} leaves the roster.")).to_be_visible()
    page.get_by_label("Reason").fill("Note verbale")
    page.get_by_role("button", name="Withdraw this inscription").click()
    expect(page.get_by_text(f"{own.delegation.name} is withdrawn.")).to_be_visible()

    level = "below_ministerial" if own.level != "below_ministerial" else "above_ministerial"
    stale.locator(f"input[value={level}]").check()
    stale.get_by_role("button", name="Change the level").click()
    expect(stale.get_by_role("alert")).to_contain_text("This inscription was withdrawn.")
    expect(stale.locator(f"input[value={level}]")).to_be_checked()
    own.refresh_from_db()
    assert own.level != level


def test_a_withdrawal_is_undone_under_the_old_receipt(page: Page, enter: Enter) -> None:
    stage = stages.before_the_announcement()
    enter(page.context, officer())
    page.goto(ROSTER)
    name = stage.withdrawn.delegation.name
    expect(page.get_by_role("rowheader", name=name)).to_have_count(0)
    page.get_by_label("Show withdrawn ones too").check()
    page.get_by_role("button", name="Show").click()
    page.get_by_role("row").filter(has_text=name).get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Take the withdrawal back").click()
    expect(page.get_by_text(f"{name} is inscribed again, under its old receipt.")).to_be_visible()
    stage.withdrawn.refresh_from_db()
    assert stage.withdrawn.withdrawn_at is None
    expect(page.get_by_role("rowheader", name=name)).to_have_count(1)


def test_rows_are_walked_through_with_two_keys_and_opened_with_enter(page: Page, enter: Enter) -> None:
    stage = stages.before_the_announcement()
    enter(page.context, officer())
    page.goto(ROSTER)
    for _press in range(3):
        page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Level of {stage.inscriptions[1].delegation.name}")).to_be_visible()
