"""Small windows, twice the size, an open dock and many items: everything stays readable and in reach."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect
from tests.web.api import Api
from tests.web.places import DRAWERS, FLOW, PLACES, canvas, item, new_chat, say
from tests.web.projects import CONFIG, tea_desk
from tests.web.room import LAPTOP, TABLET, ZOOMED, arrange, faults, faults_at_all_sizes, put_away

GROUPS = 2
WIDE: ViewportSize = {"width": 1920, "height": 1080}
# Made by tests of their own, or shown twice.
APART = {
    "import-report",
    "try-empty",
    "try",
    "try-response",
    "flow-built-in",
    "response-yaml",
    "slots",
    "actions",
    "prompts",
}
SEEN = tuple(place for place in PLACES + DRAWERS if place.name not in APART)
BESIDE_THE_DOCK = tuple(
    place
    for place in SEEN
    if place.name in {"flows", "flow", "flow-yaml", "responses", "response", "intent", "versions"}
)


@pytest.mark.slow
@pytest.mark.parametrize("group", range(GROUPS))
@pytest.mark.parametrize("dock", [False, True], ids=["alone", "with the dock"])
def test_everything_has_room_at_every_size_of_the_window(page: Page, example: str, group: int, dock: bool) -> None:
    found = {}
    arrange(page, dock=dock)
    for place in (BESIDE_THE_DOCK if dock else SEEN)[group::GROUPS]:
        page.set_viewport_size(LAPTOP)
        place.reach(page, example)
        found[place.name] = faults_at_all_sizes(page)
        put_away(page)
    assert {name: each for name, each in found.items() if each} == {}


def test_a_list_that_is_folded_away_comes_back_over_the_work(page: Page, example: str) -> None:
    page.set_viewport_size(LAPTOP)
    arrange(page, dock=True)
    page.goto(f"/a/{example}/flows/{FLOW}")
    canvas(page)
    flows = page.get_by_role("complementary", name="Flows")
    expect(flows).to_have_count(0)
    page.get_by_role("button", name="Show the list").click()
    expect(flows.get_by_role("link", name=FLOW)).to_be_focused()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(flows).to_have_count(0)
    expect(page.get_by_role("button", name="Show the list")).to_be_focused()
    page.keyboard.press("Enter")
    flows.get_by_role("link", name="block_card").click()
    page.wait_for_url("**/flows/block_card")
    expect(flows).to_have_count(0)

    page.goto(f"/a/{example}/content/response/utter_ask_amount")
    page.get_by_role("button", name="Show the list").click()
    page.get_by_role("grid", name="Responses").get_by_role("row", name="utter_ask_card").first.click()
    page.wait_for_url("**/response/utter_ask_card*")
    expect(page.get_by_role("grid", name="Responses")).to_have_count(0)


def test_the_flow_is_fitted_anew_when_the_dock_opens_and_closes(page: Page, example: str) -> None:
    page.set_viewport_size(LAPTOP)
    page.goto(f"/a/{example}/flows/check_balance")
    canvas(page)
    nodes = page.locator(".react-flow__node")

    def in_view() -> None:
        board = page.locator(".react-flow").bounding_box()
        assert board is not None
        for box in [node.bounding_box() for node in nodes.all()]:
            assert box is not None
            assert board["x"] <= box["x"]
            assert box["x"] + box["width"] <= board["x"] + board["width"]

    in_view()
    before = page.evaluate("() => document.querySelector('.react-flow').clientWidth")
    page.keyboard.press("Control+j")
    page.get_by_role("region", name="Try the assistant").wait_for()
    page.wait_for_function("(before) => document.querySelector('.react-flow').clientWidth !== before", arg=before)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    in_view()
    expect(page.locator(".react-flow__node-start")).to_be_in_viewport(ratio=0.99)


MANY = 500


def test_five_hundred_responses_are_listed_quickly_and_each_is_found(page: Page, api: Api, new_name: str) -> None:
    responses = "".join(f"  utter_line_{n:03}:\n    - text: Line {n} of the play.\n" for n in range(MANY))
    domain = f'version: "3.1"\nresponses:\n{responses}'
    api.bring_in(new_name, "Many lines", {"config.yml": CONFIG.format(name=new_name), "domain.yml": domain})
    page.goto(f"/a/{new_name}/content/response")
    table = page.get_by_role("grid", name="Responses")
    rows = table.get_by_role("row")
    rows.nth(1).wait_for()
    expect(table).to_have_attribute("aria-rowcount", re.compile(r"5\d\d"))
    assert rows.count() < 80, "only what is in view is drawn"

    busy_before = busy(page)
    rows.nth(1).focus()
    page.keyboard.press("End")
    expect(page.locator("[role=row]:focus")).to_be_visible()
    page.keyboard.press("Home")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("line 432")
    expect(table.get_by_role("row", name="utter_line_432")).to_be_visible()
    expect(rows).to_have_count(2)
    assert busy(page) - busy_before < 2, "seconds of script, layout and drawing for thirteen keys"
    page.keyboard.press("Control+k")
    page.keyboard.type("utter_line_321")
    page.get_by_role("option", name="utter_line_321").wait_for()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main", name="utter_line_321")).to_be_visible()
    made_in_view(page)


def made_in_view(page: Page) -> None:
    """A new response's whole row stands in the list, which tells it from those that are built in."""
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("utter_line_499a")
    page.get_by_role("textbox", name="Text", exact=True).fill("The last line.")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("main", name="utter_line_499a")).to_be_visible()
    row = page.get_by_role("row", name="utter_line_499a")
    expect(row).to_be_in_viewport(ratio=0.99)
    expect(row).not_to_contain_text("Built in")
    page.get_by_role("region", name="Responses").get_by_role("searchbox").fill("utter_ask_rephrase")
    expect(page.get_by_role("row", name="utter_ask_rephrase")).to_contain_text("Built in")


def busy(page: Page) -> float:
    """Seconds that the page has worked so far."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return float(metrics["TaskDuration"])


_WATCH_MOTION = """() => {
  window.moved = []
  const look = () => {
    for (const animation of document.getAnimations()) {
      const { duration } = animation.effect.getComputedTiming()
      const { className, tagName } = animation.effect.target
      const name = animation.animationName ?? animation.transitionProperty
      if (duration > 1) window.moved.push(`${name} of ${tagName} ${className}`)
    }
    requestAnimationFrame(look)
  }
  look()
}"""


@pytest.mark.slow
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_those_who_want_no_motion(page: Page, example: str, motion: str) -> None:
    page.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    page.goto(f"/a/{example}/flows/{FLOW}")
    canvas(page)
    page.evaluate(_WATCH_MOTION)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or run").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+?")
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="theme, shortcuts, sign out").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="History").click()
    page.keyboard.press("Control+j")
    page.get_by_label("Your message").wait_for()
    say(page, "what's my balance")
    page.locator(".react-flow__node-step").first.click()
    moved = page.evaluate("() => [...new Set(window.moved)]")
    assert bool(moved) == (motion == "no-preference"), moved


def test_the_buttons_of_the_list_and_of_the_search_are_there_where_there_is_little_room_too(
    page: Page, example: str
) -> None:
    page.set_viewport_size(TABLET)
    page.goto(f"/a/{example}/nlu/intent/transfer_money")
    item("transfer_money")(page)
    page.get_by_role("button", name="Show the list").click()
    page.get_by_role("complementary", name="NLU").get_by_role("link", name="block_card").first.click()
    page.wait_for_url("**/nlu/intent/block_card")
    page.set_viewport_size(ZOOMED)
    expect(page.get_by_role("button", name="Search or run")).to_be_visible()


def test_a_wide_window_tells_more_at_once(page: Page, api: Api, new_name: str) -> None:
    name = new_name
    api.bring_in(name, "Wide desk", tea_desk(name))
    api.trained(name)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/a/{name}/content/response/utter_ask_town")
    item("utter_ask_town")(page)
    head = page.get_by_role("grid", name="Responses").get_by_role("columnheader")
    expect(head.filter(has_text="Changed")).to_have_count(0)
    page.set_viewport_size(WIDE)
    expect(head.filter(has_text="Changed")).to_be_visible()
    assert faults(page) == []

    page.goto(f"/a/{name}/flows/order_tea")
    new_chat(page)
    say(page, "order a cup of tea")
    timeline, state = (page.get_by_role("heading", name=each, exact=True) for each in ("Timeline", "State now"))
    expect(state).to_be_visible()
    assert [_left(state) > _left(timeline), _top(state) - _top(timeline) < 36] == [True, True]
    assert faults(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    assert [_left(state) - _left(timeline) < 36, _top(state) > _top(timeline)] == [True, True]


def _left(shown: Locator) -> float:
    return (shown.bounding_box() or {"x": -1})["x"]


def _top(shown: Locator) -> float:
    return (shown.bounding_box() or {"y": -1})["y"]
