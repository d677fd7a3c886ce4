"""Takes pictures of all pages and their states, 1440 × 900, light and dark, into `screenshots/` (`make screenshots`).

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
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the ways to all pages are the tests'

from tests.services.language_model import language_model  # noqa: E402 - the path is set first, so that tests is found
from tests.services.running import PASSWORD, RunningStudio  # noqa: E402 - the path is set first, so that tests is found
from tests.web.api import Api  # noqa: E402 - found by the path above
from tests.web.chromium import become_administrator, launch, new_context  # noqa: E402 - the path is set first, so that tests is found
from tests.web.places import (  # noqa: E402 - the path is set first, so that tests is found
    DRAWERS,
    OTHER_KINDS,
    PLACES,
    Place,
    drawer,
    open_dock,
    say,
    settled,
)
from tests.web.projects import bank_with, tea_desk  # noqa: E402 - the path is set first, so that tests is found
from tests.web.states import (  # noqa: E402 - the path is set first, so that tests is found
    NOTHING,
    SPOTS,
    Held,
    busy,
    conflicting,
    failure,
    nothing,
    offline,
)
from tests.web.tea_house import tea_house  # noqa: E402 - the path is set first, so that tests is found

EXAMPLE = "harbour-bank"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TEA_HOUSE = "tea-house"
README = (("flow-step", "light", "flow-light"), ("try", "dark", "try-dark"), ("responses", "light", "responses-light"))


class Photographer:
    """Opens places and writes what is seen there."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str) -> None:
        """Write the page as it stands."""
        self._page.screenshot(path=self._folder / f"{name}.png", animations="disabled", caret="hide")
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()

    def take_both(self, name: str) -> None:
        """Write the page as it stands in each theme: it follows the system's."""
        for theme in THEMES:
            self._page.emulate_media(color_scheme=theme)
            self._page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            self.take(f"{name}-{theme}")

    def tidy(self) -> None:
        """Leave the frame as a newcomer finds it."""
        self._page.evaluate("localStorage.removeItem('talkwright-layout')")


@contextmanager
def studio() -> Iterator[RunningStudio]:
    """A studio on an empty data folder."""
    with tempfile.TemporaryDirectory(prefix="talkwright-pictures-") as folder:
        running = RunningStudio(Path(folder) / "home", TALKWRIGHT_JOB_LOCAL_MODELS="127.0.0.1")
        running.home.mkdir()
        running.start()
        try:
            yield running
        finally:
            running.stop()


def signed_out(browser: Browser, running: RunningStudio, folder: Path) -> None:
    """The pages before one is signed in."""
    page = new_context(browser).new_page()
    photographer = Photographer(page, folder)
    page.goto(running.link)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again", exact=True).fill(PASSWORD[:8])
    settled(page)
    photographer.take_both("first-admin")
    page.goto(running.address)
    page.get_by_role("heading", name="Sign in").wait_for()
    settled(page)
    photographer.take_both("sign-in")
    page.context.close()


def places(page: Page, photographer: Photographer) -> None:
    """All pages, dialogs, drawers and the dock."""
    for place in PLACES + DRAWERS + OTHER_KINDS:
        place.open(page, TEA_HOUSE if place in OTHER_KINDS else EXAMPLE)
        photographer.take_both(place.name)
        photographer.tidy()


def waiting_failing_and_cut_off(page: Page, photographer: Photographer) -> None:
    """Each part of a page before its content is there, where it can't be read, and without the studio."""
    for spot in SPOTS:
        held = Held(page, spot.reads)
        spot.go(page, TEA_HOUSE if spot.tea else EXAMPLE)
        held.asked()
        busy(page).first.wait_for()
        photographer.take_both(f"state-busy-{spot.name}")
        held.fail()
        failure(page, spot).wait_for()
        photographer.take_both(f"state-error-{spot.name}")
        held.end()
        failure(page, spot).get_by_role("button", name="Try again").click()
        spot.ready(page)
        settled(page)
        with offline(page):
            photographer.take_both(f"state-offline-{spot.name}")
        photographer.tidy()


def understood(page: Page, api: Api, photographer: Photographer) -> None:
    """How turns were understood: by a language model, by the local one instead of it; and what lacks without a key."""
    name = "bank-with-a-model"
    answer = "start flow transfer_money\nset slot recipient Clara\nset slot amount fifty\nstart flow send_parcel"
    with language_model(answer) as model:
        assistant = api.bring_in(name, "Bank with a model", bank_with(model.address, name))
        api.trained(name)
        page.goto(f"/a/{name}/settings")
        open_dock(page)
        page.get_by_role("note", name="Language model").wait_for()
        settled(page)
        photographer.take_both("settings-lacking")
        api.send("PUT", f"/assistants/{assistant['id']}/secrets/OPENAI_API_KEY", {"value": "a-key-for-pictures"})
        page.get_by_role("note", name="Language model").wait_for(state="detached")
        settled(page)
        photographer.take_both("settings-set")
        page.goto(f"/a/{name}/flows/transfer_money")
        say(page, "would you be so kind as to help somebody of mine out of a fix")
        settled(page)
        photographer.take_both("try-language-model")
        page.get_by_role("button", name="Raw answer").click()
        page.get_by_role("button", name="Prompt", exact=True).click()
        page.get_by_role("region", name="Prompt").scroll_into_view_if_needed()
        settled(page)
        photographer.take_both("try-language-model-raw")
    say(page, "well then, whatever you think is best for them and me")
    settled(page)
    photographer.take_both("try-language-model-failed")
    photographer.tidy()


def empty(page: Page, api: Api, photographer: Photographer) -> None:
    """The pages of an assistant that holds nothing."""
    api.bring_in("empty-desk", "Empty desk", nothing("empty-desk"))
    for path, _, _ in NOTHING:
        page.goto(f"/a/empty-desk/{path}")
        page.get_by_role("main").get_by_role("heading").last.wait_for()
        settled(page)
        photographer.take_both(f"state-empty-{path.rpartition('/')[2]}")
    drawer("Training log")(page)
    open_dock(page)
    settled(page)
    photographer.take_both("state-empty-dock-and-log")
    photographer.tidy()


def conflict(page: Page, api: Api, photographer: Photographer) -> None:
    """Two versions of one text."""
    api.bring_in("tea-desk", "Tea desk", tea_desk("tea-desk"))
    conflicting(page, api, "tea-desk", "To which town shall it go?", "Which harbour should the {size} tea go to?")
    photographer.take_both("state-conflict")


def no_assistants(page: Page, api: Api, photographer: Photographer) -> None:
    """The first page once nothing is there any more."""
    for assistant in api.get("/assistants")["items"]:
        api.send("DELETE", f"/assistants/{assistant['id']}")
    page.goto("/")
    page.get_by_role("heading", name="Your assistants will be here").wait_for()
    settled(page)
    photographer.take_both("home-empty")


def take_all(folder: Path) -> None:
    """All pages and their states in both themes."""
    with studio() as running, sync_playwright() as playwright:
        browser = launch(playwright)
        signed_out(browser, running, folder)
        page = new_context(browser, address=running.address).new_page()
        become_administrator(page, running.link, "admin", PASSWORD)
        photographer = Photographer(page, folder)
        api = Api(running.address, page.context.request)
        api.running(EXAMPLE)
        api.bring_in(TEA_HOUSE, "Tea house", tea_house(TEA_HOUSE))
        places(page, photographer)
        waiting_failing_and_cut_off(page, photographer)
        understood(page, api, photographer)
        empty(page, api, photographer)
        conflict(page, api, photographer)
        no_assistants(page, api, photographer)
        browser.close()


def take_for_readme(folder: Path) -> None:
    """The three pictures that the README shows."""
    known = {place.name: place for place in PLACES}
    with studio() as running, sync_playwright() as playwright:
        browser = launch(playwright)
        page = new_context(browser).new_page()
        become_administrator(page, running.link, "admin", PASSWORD)
        Api(running.address, page.context.request).running(EXAMPLE)
        for place, theme, name in README:
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.goto(running.address)
            at = known[place]
            Place(at.name, running.address + at.path, at.show).open(page, EXAMPLE)
            photographer = Photographer(page, folder)
            photographer.take(name)
            photographer.tidy()
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
