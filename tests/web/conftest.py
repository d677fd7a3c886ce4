"""One studio and one browser serve all tests of this folder; each test has a profile of its own."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.services.running import PASSWORD, RunningStudio
from tests.web.api import Api
from tests.web.chromium import Watch, become_administrator, launch, new_context

NEW_NAMES = itertools.count(1)
EXAMPLE = "harbour-bank"
PROBE = "policy-probe.example"
"""The host of what a test itself puts into a page to break its policy."""


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A studio from an empty data folder, started once."""
    settings = {
        "TALKWRIGHT_JOB_LOCAL_MODELS": "127.0.0.1",
        "TALKWRIGHT_RASA_PYTHON": sys.executable,  # a second engine, which turns out to have no Rasa
        "TALKWRIGHT_RUNNING_CONSUMERS": "64",  # each test's own assistant stays running beside the others
    }
    running = RunningStudio(tmp_path_factory.mktemp("studio") / "home", **settings)
    running.home.mkdir()
    running.start()
    yield running
    running.stop()
    broken = [line for line in policy_violations(running) if PROBE not in line]
    assert broken == [], "a browser reported that something broke a page's content policy"


def policy_violations(studio: RunningStudio) -> list[str]:
    """What browsers reported to the studio, as its log has it."""
    written = [log.read_text(encoding="utf-8", errors="replace") for log in studio.home.rglob("*.log")]
    return [line for text in written for line in text.splitlines() if "policy_violated" in line]


# Of the package and not of the session: while Playwright is open, other tests of this process can't run a loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    with sync_playwright() as playwright:
        opened = launch(playwright)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the signed-in person's browser state is kept."""
    return tmp_path_factory.mktemp("profile") / "admin.json"


@pytest.fixture(scope="package")
def signed_in(studio: RunningStudio, browser: Browser, profile: Path) -> Path:
    """The first administrator, made through the page; gives the browser state of the person."""
    if not profile.exists():
        context = new_context(browser)
        watch = Watch(context)
        become_administrator(context.new_page(), studio.link, "admin", PASSWORD)
        context.storage_state(path=profile)
        context.close()
        assert watch.unexpected() == []
    return profile


@pytest.fixture
def apis() -> list[Api]:
    """What the test brings assistants in by."""
    return []


@pytest.fixture
def tidied(studio: RunningStudio, browser: Browser, signed_in: Path, apis: list[Api]) -> Iterator[None]:
    """Delete the test's own assistants after its pages are closed: what runs them is free for the next test's."""
    yield
    if names := [name for api in apis for name in api.brought]:
        context = new_context(browser, state=signed_in)
        Api(studio.address, context.request).remove(names)
        context.close()


@pytest.fixture
def people(
    studio: RunningStudio, browser: Browser, signed_in: Path, tidied: None
) -> Iterator[Callable[..., tuple[Page, Watch]]]:
    """Open as many pages as a test needs, each in a profile of its own; fails for what none of them may do."""
    opened: list[tuple[Page, Watch]] = []

    def open_page(*, dark: bool = False, signed: bool = True) -> tuple[Page, Watch]:
        context = new_context(browser, state=signed_in if signed else None, dark=dark, address=studio.address)
        opened.append((context.new_page(), Watch(context)))
        return opened[-1]

    yield open_page
    for page, _ in opened:
        page.context.close()
    assert [watch.unexpected() for _, watch in opened if watch.unexpected()] == []


@pytest.fixture
def watched(people: Callable[..., tuple[Page, Watch]]) -> tuple[Page, Watch]:
    """One signed-in page and its watch."""
    return people()


@pytest.fixture
def page(watched: tuple[Page, Watch]) -> Page:
    """One signed-in page."""
    return watched[0]


@pytest.fixture
def watch(watched: tuple[Page, Watch]) -> Watch:
    """The watch over `page`."""
    return watched[1]


@pytest.fixture
def api(studio: RunningStudio, page: Page, apis: list[Api]) -> Api:
    """The signed-in person's API."""
    apis.append(Api(studio.address, page.context.request))
    return apis[-1]


@pytest.fixture
def example(api: Api) -> str:
    """The name of the example assistant, which is trained and runs."""
    api.running(EXAMPLE)
    return EXAMPLE


@pytest.fixture
def new_name() -> str:
    """A name that no other test's assistant has."""
    return f"desk-{next(NEW_NAMES)}"
