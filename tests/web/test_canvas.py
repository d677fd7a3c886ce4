"""The canvas shows a flow whole, selects, edits in place and keeps steps apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations

import pytest
from playwright.sync_api import FloatRect, Page, expect
from tests.web.api import Api
from tests.web.chromium import Watch
from tests.web.places import FLOW, canvas
from tests.web.projects import tea_desk

People = Callable[..., tuple[Page, Watch]]
FLOWS_TO_SEE = ("transfer_money", "block_card", "change_address", "pattern_correction")


def overlap(a: FloatRect, b: FloatRect) -> bool:
    """Whether two boxes share more than a border."""
    apart = a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
    above = a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1
    return not apart and not above


@pytest.mark.parametrize("flow", FLOWS_TO_SEE)
def test_the_whole_flow_is_in_view_and_nothing_overlaps(page: Page, example: str, flow: str) -> None:
    page.goto(f"/a/{example}/flows/{flow}")
    canvas(page)
    page.get_by_role("button", name="Fit the flow").click()
    board = page.locator(".react-flow").bounding_box()
    boxes = [box for node in page.locator(".react-flow__node").all() if (box := node.bounding_box())]
    assert board is not None
    assert len(boxes) > 3
    for box in boxes:
        assert box["x"] >= board["x"]
        assert box["x"] + box["width"] <= board["x"] + board["width"]
        assert box["y"] >= board["y"]
        assert box["y"] + box["height"] <= board["y"] + board["height"]
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]


def test_a_flow_too_large_for_the_canvas_opens_readable_at_its_start(page: Page, example: str) -> None:
    page.set_viewport_size({"width": 1180, "height": 700})
    page.goto(f"/a/{example}/flows/{FLOW}")
    canvas(page)
    expect(page.locator(".cv-bar .zoom")).to_have_text("80%")
    expect(page.locator(".react-flow__node-start")).to_be_in_viewport(ratio=0.99)
    expect(page.locator(".react-flow__node-step").first).to_be_in_viewport(ratio=0.99)


def test_a_selected_step_is_in_the_inspector_and_in_the_address(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/flows/{FLOW}")
    canvas(page)
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector).to_contain_text("Description for the assistant")
    page.locator(".react-flow__node-step").filter(has_text="amount").first.click()
    expect(inspector.get_by_role("heading", name="Collect amount")).to_be_visible()
    expect(inspector).to_contain_text("amount is at most 0")
    expect(page).to_have_url(re.compile(r"step=ask_amount"))
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(inspector.get_by_role("heading", name="Collect amount")).to_be_visible()
    expect(page.locator(".node.sel")).to_contain_text("amount")
    inspector.get_by_role("button", name="Close").click()
    expect(page).not_to_have_url(re.compile(r"step="))


def test_selecting_a_step_in_sight_leaves_the_canvas_where_it_is(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/flows/{FLOW}")
    canvas(page)
    start = page.locator(".react-flow__node-start")
    before = start.bounding_box()
    page.locator(".react-flow__node-step").first.click()
    expect(page.locator(".node.sel")).to_be_visible()
    assert start.bounding_box() == before


def test_a_caption_is_edited_where_it_is_read(page: Page, api: Api, new_name: str) -> None:
    assistant = api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    page.goto(f"/a/{new_name}/flows/order_tea")
    card = page.locator(".react-flow__node-step").nth(1)
    editor = page.get_by_role("textbox", name="Text of utter_ask_town")
    box = card.bounding_box()
    assert box
    right, bottom = box["width"] - 4, box["height"] - 4
    for x, y in ((right / 2, 16), (right / 2, bottom / 2), (right, bottom), (4, 4)):
        card.dblclick(position={"x": x, "y": y})
        expect(editor, f"{x}, {y}").to_be_focused()
        editor.press("Escape")
        expect(editor).to_have_count(0)
    page.get_by_text("To which town?").first.dblclick()
    expect(editor).to_be_focused()
    editor.fill("Which town gets the tea?")
    editor.press("Enter")
    expect(page.locator(".react-flow__node-step").nth(1)).to_contain_text("Which town gets the tea?")
    expect(page.get_by_role("status").filter(has_text="Saved ·")).to_be_visible()
    item = api.item(assistant["id"], "response", "utter_ask_town")
    assert item["body"] == [{"text": "Which town gets the tea?"}]
    assert "- text: Which town gets the tea?" in item["parts"][0]["source"]


def test_captions_follow_the_language_that_is_shown(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/flows/{FLOW}")
    expect(page.locator(".react-flow__node-step").first).to_contain_text("Who should get the money?")
    page.get_by_role("button", name="Content language").click()
    page.get_by_role("menuitemradio", name="German").click()
    expect(page.locator(".react-flow__node-step").first).not_to_contain_text("Who should get the money?")
    expect(page.locator(".react-flow__node-step").first).to_contain_text("Geld")


def test_a_flow_that_one_comes_back_to_is_fitted_as_it_was(page: Page, example: str) -> None:
    def zoom_and_place() -> tuple[str | None, FloatRect | None]:
        page.get_by_role("button", name="Fit the flow").click()
        expect(page.locator(".react-flow__node-start")).to_be_in_viewport(ratio=0.99)
        return page.locator(".cv-bar .zoom").text_content(), page.locator(".react-flow__node-start").bounding_box()

    def go_to(flow: str) -> None:
        page.get_by_role("link", name=flow, exact=True).click()
        page.get_by_role("main", name=f"Flow {flow}", exact=True).locator(".react-flow__node-step").first.wait_for()

    page.goto(f"/a/{example}/flows/{FLOW}")
    canvas(page)
    fresh = zoom_and_place()
    go_to("block_card")
    go_to(FLOW)
    assert zoom_and_place() == fresh
    expect(page.locator(".react-flow__minimap")).to_be_visible()


def test_a_canvas_behind_the_dock_is_left_alone(people: People, example: str) -> None:
    page, watch = people()
    # Motion is what drew it at no size.
    page.emulate_media(reduced_motion="no-preference")
    page.set_viewport_size({"width": 720, "height": 450})
    page.goto(f"/a/{example}/flows/{FLOW}?step=ask_amount")
    canvas(page)
    page.keyboard.press("Control+j")
    page.get_by_label("Your message").wait_for()
    expect(page.locator(".react-flow")).to_be_hidden()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.keyboard.press("Control+j")
    expect(page.locator(".node.sel")).to_be_in_viewport(ratio=0.99)
    assert watch.unexpected() == []
