"""axe finds nothing on any page, dialog, drawer or dock, in both themes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from tests.services.running import ROOT
from tests.web.chromium import Watch
from tests.web.places import DRAWERS, PLACES

pytestmark = pytest.mark.xdist_group("browser")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
GROUPS = 4
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """
axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ` +
    nodes.slice(0, 4).map(({ target, any }) => `${target.join(' ')} ${any[0]?.message ?? ''}`).join(' | ')))
"""


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is now."""
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(_RUN)
    return found


def in_both_themes(page: Page) -> dict[str, list[str]]:
    """What axe finds, by theme; the page follows the system's."""
    found = {}
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", theme)
        found[theme] = violations(page)
    return {theme: each for theme, each in found.items() if each}


@pytest.mark.parametrize("group", range(GROUPS))
def test_axe_finds_nothing(page: Page, example: str, group: int) -> None:
    found = {}
    for place in (PLACES + DRAWERS)[group::GROUPS]:
        place.open(page, example)
        found[place.name] = in_both_themes(page)
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_on_the_sign_in_page(people: Callable[..., tuple[Page, Watch]], theme: str) -> None:
    page, watch = people(dark=theme == "dark", signed=False)
    watch.allow("status of 401")
    page.goto("/")
    page.get_by_role("heading", name="Sign in").wait_for()
    assert violations(page) == []
