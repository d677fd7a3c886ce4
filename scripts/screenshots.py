"""Takes pictures of all pages at 1440 × 900, light and dark, into `screenshots/`; `make screenshots` calls it.

With `--readme` it writes the three small pictures of the README into `docs/screenshots/` instead. Starts a studio of
its own, on an empty data folder, and stops it at the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the ways to all pages are the tests'

from tests.services.running import PASSWORD, RunningStudio  # noqa: E402 - the path is set first, so that tests is found
from tests.web.api import Api  # noqa: E402 - found by the path above
from tests.web.chromium import become_administrator, launch, new_context  # noqa: E402 - the path is set first, so that tests is found
from tests.web.places import DRAWERS, PLACES, Place, settled  # noqa: E402 - the path is set first, so that tests is found

EXAMPLE = "harbour-bank"
THEMES = ("light", "dark")
README = (("flow-step", "light", "flow-light"), ("try", "dark", "try-dark"), ("responses", "light", "responses-light"))


class Photographer:
    """Opens places in one theme and writes what is seen there."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str) -> None:
        """Write the page as it stands."""
        self._page.screenshot(path=self._folder / f"{name}.png", animations="disabled", caret="hide")
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()

    def visit(self, place: Place, name: str) -> None:
        """Go to a place and take it; the frame is left as a newcomer finds it."""
        place.open(self._page, EXAMPLE)
        self.take(name)
        self._page.evaluate("localStorage.removeItem('talkwright-layout')")


@contextmanager
def studio() -> Iterator[RunningStudio]:
    """A studio on an empty data folder."""
    with tempfile.TemporaryDirectory(prefix="talkwright-pictures-") as folder:
        running = RunningStudio(Path(folder) / "home")
        running.home.mkdir()
        running.start()
        try:
            yield running
        finally:
            running.stop()


def signed_out(browser: Browser, running: RunningStudio, theme: str, folder: Path) -> None:
    """The pages before one is signed in."""
    context = new_context(browser, dark=theme == "dark")
    page = context.new_page()
    photographer = Photographer(page, folder)
    page.goto(running.link)
    if page.get_by_label("Password again").is_visible():
        settled(page)
        photographer.take(f"first-admin-{theme}")
    page.goto(running.address)
    page.get_by_role("heading", name="Sign in").wait_for()
    settled(page)
    photographer.take(f"sign-in-{theme}")
    context.close()


def no_assistants(page: Page, api: Api, folder: Path, theme: str) -> None:
    """The first page once nothing is there any more."""
    for assistant in api.get("/assistants")["items"]:
        api.send("DELETE", f"/assistants/{assistant['id']}")
    page.goto("/")
    page.get_by_role("heading", name="Your assistants will be here").wait_for()
    settled(page)
    Photographer(page, folder).take(f"home-empty-{theme}")


def take_all(folder: Path) -> None:
    """All pages in both themes."""
    with studio() as running, sync_playwright() as playwright:
        browser = launch(playwright)
        state = folder / "state.json"
        folder.mkdir(parents=True, exist_ok=True)
        for theme in THEMES:
            signed_out(browser, running, theme, folder)
        try:
            become_administrator(page := new_context(browser).new_page(), running.link, "admin", PASSWORD)
            page.context.storage_state(path=state)
            pages = {
                theme: new_context(browser, state=state, dark=theme == "dark", address=running.address).new_page()
                for theme in THEMES
            }
        finally:
            state.unlink(missing_ok=True)
        api = Api(running.address, page.context.request)
        api.running(EXAMPLE)
        for theme, each in pages.items():
            for place in PLACES + DRAWERS:
                Photographer(each, folder).visit(place, f"{place.name}-{theme}")
        for theme, each in pages.items():
            no_assistants(each, api, folder, theme)
        browser.close()


def take_for_readme(folder: Path) -> None:
    """The three pictures that the README shows."""
    places = {place.name: place for place in PLACES}
    with studio() as running, sync_playwright() as playwright:
        browser = launch(playwright)
        page = new_context(browser).new_page()
        become_administrator(page, running.link, "admin", PASSWORD)
        Api(running.address, page.context.request).running(EXAMPLE)
        for place, theme, name in README:
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.goto(running.address)
            photographer = Photographer(page, folder)
            at = places[place]
            photographer.visit(Place(at.name, running.address + at.path, at.show), name)
        browser.close()


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", action="store_true", help="write the README's three into docs/screenshots/")
    if parser.parse_args().readme:
        take_for_readme(ROOT / "docs" / "screenshots")
    else:
        take_all(ROOT / "screenshots")


if __name__ == "__main__":
    main()
