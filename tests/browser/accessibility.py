"""What every page is held to: axe's rules for WCAG 2.2 AA at two widths, and no scrolling sideways."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CONTRAST_ALONE: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
ALL_BUT_CONTRAST: dict[str, Any] = {"rules": {"color-contrast": {"enabled": False}}}
IS_LOADED = "typeof axe !== 'undefined'"
VIOLATIONS = "options => axe.run(options).then(results => results.violations)"
WIDER_THAN_THE_SCREEN = """() => [...document.querySelectorAll("body *")]
  .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .slice(0, 3).map((each) => each.outerHTML.slice(0, 120))"""


def faults_of(page: Page, rules: dict[str, Any] | None = None) -> list[str]:
    """Return what is wrong with the page as it stands now, at both widths; `rules` are options of axe."""
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"], "preload": False}
    found = []
    # Colours are the same at every width, and looking at them takes the most time.
    narrow = [] if rules == CONTRAST_ALONE else [(PHONE, ALL_BUT_CONTRAST)]
    for viewport, chosen in [(DESKTOP, rules or {}), *narrow]:
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        where = f"{page.url} at {viewport['width']} px"
        if not page.evaluate(IS_LOADED):
            page.evaluate(AXE_SCRIPT)
        # The violations alone: what a page passes is most of the results, and takes its time on the way here.
        found += [f"{where}: {told(violation)}" for violation in page.evaluate(VIOLATIONS, options | chosen)]
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > viewport["width"]:
            found.append(f"{where}: it is {width} px wide, because of {page.evaluate(WIDER_THAN_THE_SCREEN)}")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    return found


def told(violation: dict[str, Any]) -> str:
    """Return a violation in words, with the first elements that have it."""
    elements = [node["html"][:200] for node in violation["nodes"][:3]]
    return f"{violation['id']}, {violation['help']}: {elements} {violation['nodes'][0].get('failureSummary', '')}"


def assert_accessible(page: Page) -> None:
    """Assert that the page passes axe at desktop and phone width, and never scrolls sideways."""
    found = faults_of(page)
    assert not found, "\n".join(found)


def assert_all_accessible(page: Page, *paths: str, status: int = 200, rules: dict[str, Any] | None = None) -> None:
    """Open every page in turn; fail with the faults of all of them together."""
    found = []
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        found += faults_of(page, rules)
    assert not found, "\n".join(found)
