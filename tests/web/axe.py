"""What axe finds on a page, in one theme or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from playwright.sync_api import Page, expect
from tests.services.running import ROOT

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that look at colours, the only ones to find another thing in another theme of the same elements."""
_ELEMENTS = "document.body.innerHTML"
_RUN = """
([place, runOnly]) => axe
  .run(place === null ? document : [...document.querySelectorAll(place)].filter((part) => part.checkVisibility()),
    { runOnly, resultTypes: ['violations'] })
  .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ` +
    nodes.slice(0, 4).map(({ target, any }) => `${target.join(' ')} ${any[0]?.message ?? ''}`).join(' | ')))
"""


def violations(page: Page, place: str | None = None, rules: Sequence[str] = _RULES) -> list[str]:
    """What axe finds on the page as it is now, or in a place of it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text())
    found: list[str] = page.evaluate(_RUN, [place, rules])
    return found


def in_both_themes(page: Page, floating: str | None = None) -> dict[str, list[str]]:
    """What axe finds, by theme; the page follows the system's. In the second one in `floating` alone, if told."""
    found, elements = {}, ""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", theme)
        before, elements = elements, page.evaluate(_ELEMENTS)
        found[theme] = violations(
            page, floating if theme != THEMES[0] else None, _COLOURS if elements == before else _RULES
        )
    return {theme: each for theme, each in found.items() if each}
