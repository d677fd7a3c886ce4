"""axe finds nothing on any page, dialog, drawer or dock, in both themes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page
from tests.web.api import Api
from tests.web.axe import THEMES, in_both_themes, violations
from tests.web.chromium import Watch
from tests.web.floating import FLOATING, GUEST, OF_ONES_OWN, SECRET, Floating, unseen
from tests.web.places import DRAWERS, LEAD_ON, OTHER_KINDS, PLACES, routes_of, stands_for
from tests.web.projects import tea_desk
from tests.web.room import FLOATS, put_away
from tests.web.tea_house import tea_house

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.slow

GROUPS = 4

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


def test_axe_finds_nothing_in_items_of_other_kinds(page: Page, api: Api, new_name: str) -> None:
    api.bring_in(new_name, "Tea house", tea_house(new_name))
    found = {}
    for place in OTHER_KINDS:
        place.reach(page, new_name)
        found[place.name] = in_both_themes(page)
    assert {name: each for name, each in found.items() if each} == {}


def test_every_page_of_the_router_is_looked_at(page: Page) -> None:
    page.goto("/")
    unseen = {
        route for route in routes_of(page) - LEAD_ON.keys() if not any(stands_for(place, route) for place in PLACES)
    }
    assert unseen == set(), "each route of web/src/app/router.tsx needs a place in tests/web/places.py"


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
