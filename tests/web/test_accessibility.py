"""axe finds nothing on any page, dialog, drawer or dock, in both themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from tests.services.running import ROOT
from tests.web.api import Api
from tests.web.chromium import Watch
from tests.web.floating import FLOATING, GUEST, OF_ONES_OWN, SECRET, Floating, unseen
from tests.web.places import DRAWERS, PLACES
from tests.web.projects import tea_desk
from tests.web.room import FLOATS, put_away

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.slow

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
GROUPS = 4
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
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
        page.evaluate(AXE.read_text())
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


# What floats has its own list.
PAGES = [
    place
    for place in PLACES + DRAWERS
    if place.name not in {"home-new", "flows-new", "palette", "shortcuts", "person", "switcher"}
]


@pytest.mark.parametrize("group", range(GROUPS))
def test_axe_finds_nothing(page: Page, example: str, group: int) -> None:
    found = {}
    for place in PAGES[group::GROUPS]:
        place.reach(page, example)
        found[place.name] = in_both_themes(page)
    assert {name: each for name, each in found.items() if each} == {}


@pytest.fixture
def guest(api: Api) -> str:
    """The name of a second person on the Users page."""
    if all(each["name"] != GUEST for each in api.get("/users?limit=200")["items"]):
        api.send("POST", "/users", {"username": GUEST, "roles": ["business-user"]})
    return GUEST


def in_all(page: Page, assistant: str, floating: Sequence[Floating]) -> dict[str, dict[str, list[str]]]:
    """What axe finds with each of them open."""
    found = {}
    for number, each in enumerate(floating):
        each.reach(page, assistant)
        found[f"{each.name}, {number}"] = in_both_themes(page, FLOATS)
        put_away(page)
    return {name: each for name, each in found.items() if each}


@pytest.mark.parametrize("group", range(GROUPS // 2))
@pytest.mark.usefixtures("guest")
def test_axe_finds_nothing_in_what_floats(page: Page, example: str, group: int) -> None:
    assert in_all(page, example, FLOATING[group :: GROUPS // 2]) == {}


def test_axe_finds_nothing_in_what_floats_while_something_is_changed(
    page: Page, watch: Watch, api: Api, new_name: str
) -> None:
    watch.allow("status of 409")
    desk = api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    made = {
        "op": "create",
        "item": str(uuid7()),
        "kind": "slot",
        "name": "sugar",
        "body": {"type": "bool", "mappings": [{"type": "from_llm"}]},
    }
    api.change(desk["id"], made)
    api.send("PUT", f"/assistants/{desk['id']}/secrets/{SECRET}", {"value": "earl-grey"})
    assert in_all(page, new_name, OF_ONES_OWN) == {}


def test_everything_that_floats_is_opened() -> None:
    assert unseen(FLOATING + OF_ONES_OWN) == {}, "the list in tests/web/floating.py needs what opens these"


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_on_the_sign_in_page(people: Callable[..., tuple[Page, Watch]], theme: str) -> None:
    page, watch = people(dark=theme == "dark", signed=False)
    watch.allow("status of 401")
    page.goto("/")
    page.get_by_role("heading", name="Sign in").wait_for()
    assert violations(page) == []
