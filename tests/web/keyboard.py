"""A person without a mouse: everything goes by keys, and after each the focus is somewhere that can be seen."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

STOPS = 90
_FOCUS = """() => {
  const at = document.activeElement
  const box = at.getBoundingClientRect()
  const styles = [at, at.closest('.input, .pi'), at.querySelector('.node'), at.nextElementSibling]
    .filter(Boolean).map((part) => getComputedStyle(part))
  const outlined = ({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1
  const named = at.getAttribute('aria-labelledby')?.split(' ').map((id) => document.getElementById(id)?.textContent)
  const name = at.getAttribute('aria-label') ?? named?.join(' ') ?? at.labels?.[0]?.textContent ?? at.textContent
  return {
    tag: at.tagName.toLowerCase(),
    id: at.id,
    role: at.getAttribute('role') ?? '',
    name: name.replaceAll(/\\s+/g, ' ').trim().slice(0, 100),
    marked: at.matches(':focus-visible'),
    ringed: outlined(styles[0]) || styles.some((style) => outlined(style) || style.boxShadow !== 'none'),
    seen: at.checkVisibility({ visibilityProperty: true }) && box.width > 0 && box.height > 0,
    inside: box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight,
    dialog: at.closest('[role="dialog"]')?.getAttribute('aria-label') ?? null,
  }
}"""


class Keyboard:
    """Presses keys; each must leave the focus on something visible with a ring around it."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def where(self) -> dict[str, Any]:
        """What has the focus, which must be there to be seen."""
        at: dict[str, Any] = self._page.evaluate(_FOCUS)
        assert at["tag"] != "body", "nothing has the focus"
        assert at["seen"], f"what has the focus can't be seen: {at}"
        assert at["inside"], f"what has the focus is out of sight: {at}"
        assert at["marked"], f"what has the focus doesn't show it: {at}"
        assert at["ringed"], f"what has the focus has no ring: {at}"
        return at

    def press(self, *keys: str) -> dict[str, Any]:
        """Press keys one after the other; tells where the last one led."""
        for key in keys:
            self._page.keyboard.press(key)
            self._settle()
            self.where()
        return self.where()

    def _settle(self) -> None:
        """Wait until what a key brought about is drawn."""
        self._page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self._page.keyboard.type(text)

    def go_to(self, name: str, *, key: str = "Tab", role: str | None = None) -> dict[str, Any]:
        """Go from stop to stop until the one called so (a regular expression)."""
        passed = []
        for _ in range(STOPS):
            at = self.press(key)
            if re.search(name, at["name"]) and role in (None, at["role"], at["tag"]):
                return at
            passed.append(at["name"][:30])
        raise AssertionError(f"{key} doesn't lead to {name}, only past {passed}")

    def arrives(self, name: str) -> dict[str, Any]:
        """Wait until the focus is at something called so (a regular expression)."""
        self._page.wait_for_function(
            f"(name) => new RegExp(name).test((({_FOCUS})()).name) && document.activeElement !== document.body",
            arg=name,
        )
        return self.where()
