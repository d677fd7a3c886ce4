"""Whether everything on a page has room: nothing cut off, covered or scrolled sideways."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, ViewportSize
from tests.web.places import settled

_LOOK = (Path(__file__).parent / "room.js").read_text().partition("*/")[2]
LAPTOP: ViewportSize = {"width": 1280, "height": 800}
TABLET: ViewportSize = {"width": 1024, "height": 768}
ZOOMED: ViewportSize = {"width": 640, "height": 400}
"""A laptop's window at 200 %."""
FLOATS = "[role=dialog], [role=menu], [role=listbox], .list-over"
SIZES = {"laptop": LAPTOP, "tablet": TABLET, "zoomed": ZOOMED}


def faults(page: Page) -> list[str]:
    """What does not fit on the page as it stands."""
    settled(page)
    found: list[str] = page.evaluate(_LOOK)
    return found


def faults_at_all_sizes(page: Page) -> dict[str, list[str]]:
    """What does not fit, by the size of the window."""
    found = {}
    for name, size in SIZES.items():
        page.set_viewport_size(size)
        found[name] = faults(page)
    return {name: each for name, each in found.items() if each}


def arrange(page: Page, *, dock: bool) -> None:
    """Have the next page open with the dock as told, as the person left it."""
    page.goto("/api/instance")
    layout = {"pane": 260, "inspector": 360, "drawerHeight": 188, "drawer": None, "languages": {}, "recent": []}
    state = {"state": {**layout, "dock": dock}, "version": 1}
    page.evaluate("(state) => localStorage.setItem('talkwright-layout', JSON.stringify(state))", state)


def put_away(page: Page) -> None:
    """Close what floats; what does not close by a key goes with the page."""
    for _ in range(3):
        if all(not each.is_visible() for each in page.locator(FLOATS).all()):
            return
        page.keyboard.press("Escape")
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.goto("about:blank")
