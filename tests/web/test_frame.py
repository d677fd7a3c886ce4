"""The frame: palette, keys, themes, and that nothing leaves the machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.web.chromium import LOOPBACK, Watch
from tests.web.places import FLOW, PLACES, canvas
from tests.web.states import Held, busy

_WATCH_FOR_EMPTY = """() => {
  window.empty = 0
  const look = () => {
    if (!document.querySelector('.rail') || !document.querySelector('main')) window.empty++
    requestAnimationFrame(look)
  }
  look()
}"""


def background(page: Page) -> str:
    """The page's background colour."""
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_palette_finds_an_item_and_runs_a_command(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/flows")
    page.get_by_role("heading", name="Choose a flow").wait_for()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search or run")
    box.fill("transfer_mon")
    expect(page.get_by_role("option", name=re.compile("^transfer_money")).first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(flows|nlu)/"))
    page.keyboard.press("Control+k")
    box.fill("open or close try")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Try the assistant")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def test_the_main_ways_go_by_keyboard(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/flows/{FLOW}")
    canvas(page)
    page.keyboard.press("g")
    page.keyboard.press("c")
    table = page.get_by_role("grid", name="Responses")
    expect(table).to_be_visible()
    table.get_by_role("row").nth(1).focus()
    page.keyboard.press("ArrowDown")
    second = table.get_by_role("row").nth(2)
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/content/response/utter_"))
    page.keyboard.press("g")
    page.keyboard.press("v")
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()
    page.keyboard.press("Control+j")
    expect(page.get_by_role("region", name="Try the assistant")).to_be_visible()
    page.keyboard.press("Control+j")
    expect(page.get_by_role("region", name="Try the assistant")).to_have_count(0)
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_a_step_is_selected_by_keyboard(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/flows/{FLOW}")
    canvas(page)
    page.locator(".react-flow__node-step").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Collect amount")).to_be_visible()


WRONG = (
    "nonsense",
    "flows/no_such_flow",
    "flows/no/such/flow",
    "content/no_such_kind",
    "content/response/utter_no_such",
    "content/slot/no_such",
    "nlu/no_such_kind/name",
    "files/config/no_such.yml",
)


def test_an_assistant_whose_frame_is_slow_to_come_is_opened_without_an_empty_page(page: Page, example: str) -> None:
    page.goto("/")
    opens = page.get_by_role("link", name="Harbour Bank").first
    opens.wait_for()
    page.evaluate(_WATCH_FOR_EMPTY)
    held = Held(page, "/assets/AssistantFrame-")
    opens.focus()
    held.asked()
    page.keyboard.press("Enter")
    busy(page).first.wait_for()
    expect(page.get_by_role("navigation", name="Sections")).to_be_visible()
    held.go_on()
    expect(page.get_by_role("heading", name="Choose a flow")).to_be_visible()
    page.wait_for_function("document.activeElement !== document.body")
    assert page.evaluate("window.empty") == 0, "the page was empty for a moment"


def test_a_wrong_address_says_so_inside_the_assistant_s_frame(page: Page, example: str) -> None:
    said = page.get_by_role("heading", name=re.compile("^There is no such"))
    for path in WRONG:
        page.goto(f"/a/{example}/{path}")
        expect(said, path).to_be_visible()
        expect(page.get_by_role("navigation", name="Sections").get_by_role("link", name="Flows")).to_be_visible()
        expect(page.get_by_role("banner").get_by_role("button", name="Train", exact=True)).to_be_visible()
        page.get_by_role("main").get_by_role("link", name=re.compile("^All ")).click()
        expect(said, path).to_have_count(0)


def test_an_assistant_that_is_not_there_leads_to_all_assistants(page: Page, example: str) -> None:
    page.goto("/a/no-such-assistant/flows")
    expect(page.get_by_role("heading", name="There is no such assistant")).to_be_visible()
    page.get_by_role("link", name="All assistants", exact=True).click()
    expect(page.get_by_role("row", name="Harbour Bank").first).to_be_visible()


def test_the_theme_is_chosen_and_kept(page: Page, example: str) -> None:
    page.goto("/")
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()
    light = background(page)
    page.get_by_role("button", name="theme, shortcuts, sign out").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    dark = background(page)
    assert dark != light
    page.reload()
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()
    assert background(page) == dark


def test_the_theme_of_the_studio_is_the_theme_of_the_sign_in_page(people: Callable[..., tuple[Page, Watch]]) -> None:
    page, watch = people()
    watch.allow("410")  # any of the provider's pages will do
    page.goto("/")
    page.get_by_role("button", name="theme, shortcuts, sign out").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    page.goto("/auth/first-administrator?token=spent")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("link", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.goto("/")
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "light")


def test_the_system_s_dark_theme_is_followed(people: Callable[..., tuple[Page, Watch]], example: str) -> None:
    page, _ = people(dark=True)
    page.goto("/")
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


@pytest.mark.slow
def test_no_page_asks_anything_of_another_machine(page: Page, watch: Watch, example: str) -> None:
    for place in PLACES:
        if place.name in {"home", "flow-yaml", "responses", "nlu", "try"}:
            place.open(page, example)
    asked = {urlsplit(url).hostname for url in watch.requests if not url.startswith(("data:", "blob:", "about:"))}
    assert asked <= LOOPBACK
    assert len(watch.requests) > 100
