"""Somebody who uses nothing but the keyboard."""

from playwright.sync_api import Locator, Page

MOST_TABS = 150
IN_VIEW = """element => {
  const box = element.getBoundingClientRect();
  const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return at !== null && (element.contains(at) || at.contains(element));
}"""


class Keyboard:
    """The keys of one page; nothing here can click."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def tab_to(self, target: Locator) -> None:
        """Press Tab until something has the focus; fail when it never does, or when one cannot see that it does."""
        self._wait_for_scripts()
        for _press in range(MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                assert target.evaluate("element => element.matches(':focus-visible')")
                wait_until_in_view(target)
                return
            self._page.keyboard.press("Tab")
        raise AssertionError(f"{MOST_TABS} presses of Tab did not come to {target}")

    def press_on(self, target: Locator, key: str = "Enter") -> None:
        """Go to something and press a key on it."""
        self.tab_to(target)
        self._page.keyboard.press(key)

    def write_in(self, target: Locator, text: str) -> None:
        """Go to a field and type into it, in the place of what stands there."""
        self.tab_to(target)
        self._page.keyboard.press("Control+a")
        self._page.keyboard.type(text)

    def choose(self, target: Locator) -> None:
        """Choose one radio button of a group with the arrow keys."""
        name = target.evaluate("element => element.name")
        first = self._page.locator(f'input[type="radio"][name="{name}"]')
        self.tab_to(self._page.locator(f'input[type="radio"][name="{name}"]:checked'))
        for _press in range(first.count()):
            if target.is_checked():
                return
            self._page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows did not come to {target}")

    def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        self._wait_for_scripts()
        for key in keys:
            self._page.keyboard.press(key)

    def _wait_for_scripts(self) -> None:
        """Wait for what answers to keys: a heading can be seen before the page's scripts have run."""
        self._page.wait_for_load_state("domcontentloaded")


def wait_until_in_view(target: Locator) -> None:
    """Wait until something lies inside the window with nothing over it, as when a focus has just brought it there."""
    target.page.wait_for_function(IN_VIEW, arg=target.element_handle(), timeout=3_000)
