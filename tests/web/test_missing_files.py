"""Around an upgrade, files that a page names are gone: it is loaded once more, or says what to do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.web.api import Api
from tests.web.chromium import Watch
from tests.web.projects import tea_desk
from tests.web.test_offline import CUT, body, cut, mend, saved, text_of


@pytest.fixture
def desk(api: Api, watch: Watch, new_name: str) -> str:
    """The name of a small assistant that only this test changes."""
    watch.allow(CUT)
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    return new_name


def test_a_piece_that_is_gone_has_the_page_loaded_once_more_and_keeps_what_was_typed(
    page: Page, api: Api, desk: str
) -> None:
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    expect(text_of(page)).to_have_value("To which town?")
    cut(page)
    page.context.route(re.compile(r"/assets/VersionsPage.*\.js"), lambda route: route.fulfill(status=404))
    text_of(page).fill("Which harbour?")
    loads: list[str] = []
    page.on("load", lambda opened: loads.append(opened.url))
    with page.expect_event("load"):
        page.get_by_role("link", name="Versions").click()
    mend(page)
    page.get_by_role("button", name="Try again").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert len(loads) == 1
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    expect(text_of(page)).to_have_value("Which harbour?")
    saved(page)
    assert body(api, desk, "utter_ask_town") == [{"text": "Which harbour?"}]


@pytest.mark.parametrize("file", [re.compile(r"/assets/index-[^/]*\.js$"), re.compile(r"/assets/index-[^/]*\.css$")])
def test_a_page_whose_own_files_are_gone_is_loaded_once_more_then_says_what_to_do(
    page: Page, watch: Watch, file: re.Pattern[str]
) -> None:
    watch.allow(CUT)
    loads: list[str] = []
    # A page that is loaded again at once never was loaded.
    page.on("request", lambda asked: loads.append(asked.url) if asked.is_navigation_request() else None)
    frame = page.locator(".app")
    said = page.get_by_role("alert").filter(has_text="A part of Talkwright could not be loaded")
    page.route(file, lambda route: route.fulfill(status=404), times=1)
    page.goto("/", wait_until="commit")
    expect(frame).to_have_css("display", "grid")
    assert len(loads) == 2

    # Within a minute it is not loaded again by itself.
    page.route(file, lambda route: route.fulfill(status=404))
    page.reload()
    expect(said).to_be_in_viewport(ratio=1)
    assert len(loads) == 3
    page.unroute(file)
    said.get_by_role("link", name="load the page again").click()
    expect(frame).to_have_css("display", "grid")
    expect(said).to_have_count(0)
    assert len(loads) == 4
