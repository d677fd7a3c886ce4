"""axe finds nothing on any page, dialog, drawer or dock, in both themes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from tests.web.chromium import Watch
from tests.web.places import DRAWERS, PLACES
from tests.web.running import ROOT

pytestmark = pytest.mark.xdist_group("browser")
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


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(people: Callable[..., tuple[Page, Watch]], example: str, dark: bool) -> None:
    page, _ = people(dark=dark)
    found = {}
    for place in PLACES + DRAWERS:
        place.open(page, example)
        found[place.name] = violations(page)
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_the_sign_in_page(people: Callable[..., tuple[Page, Watch]], dark: bool) -> None:
    page, watch = people(dark=dark, signed=False)
    watch.allow("status of 401")
    page.goto("/")
    page.get_by_role("heading", name="Sign in").wait_for()
    assert violations(page) == []
