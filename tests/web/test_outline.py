"""Beside a text stands what is in it, above it where in it one is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.web.api import Api
from tests.web.projects import tea_desk

STEPS = ["size", "town", "utter_ordered"]


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of an assistant that takes orders of tea."""
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    return new_name


def expect_cursor(page: Page, path: str, position: str) -> None:
    """Where the line above the text says that the cursor is."""
    expect(page.locator(".crumb-path")).to_have_text(path)
    expect(page.locator(".crumb > .num")).to_have_text(position)


def current(outline: Locator) -> Locator:
    """The section that the cursor is in."""
    return outline.locator("[aria-current=true]")


def test_the_outline_of_a_flow_leads_to_its_steps_and_follows_the_cursor(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/flows/order_tea?view=yaml")
    outline = page.get_by_role("navigation", name="Steps")
    expect(outline.locator(".mono")).to_have_text(STEPS)
    expect(current(outline)).to_have_count(0)
    outline.get_by_role("button", name="size").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".cm-content")).to_be_focused()
    expect(page.locator(".cm-activeLine")).to_contain_text("- id: ask_town")
    expect(current(outline)).to_contain_text("town")
    expect_cursor(page, "data/flows.yml › order_tea › steps › ask_town", "Line 8, column 1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect_cursor(page, "data/flows.yml › order_tea › steps › ask_town › collect", "Line 9, column 22")
    page.keyboard.press("Control+End")
    expect(current(outline)).to_contain_text("utter_ordered")
    page.keyboard.press("Control+Home")
    expect(current(outline)).to_have_count(0)
    expect_cursor(page, "data/flows.yml › order_tea", "Line 1, column 1")
    outline.get_by_role("button", name="town").click()
    expect(page.locator(".cm-activeLine")).to_contain_text("- id: ask_town")


def test_the_outline_keeps_up_with_what_is_typed_and_marks_what_is_wrong(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/flows/order_tea?view=yaml")
    outline = page.get_by_role("navigation", name="Steps")
    outline.get_by_role("button", name="utter_ordered").click()
    page.keyboard.press("End")
    page.keyboard.type("_twice")
    expect(page.locator(".crumb-path")).to_have_text("data/flows.yml › order_tea › steps › 3 › action")
    expect(outline.locator(".mono")).to_have_text([*STEPS[:2], "utter_ordered_twice"])
    expect(outline.get_by_role("button", name="utter_ordered_twice Error")).to_be_visible()
    expect(outline.get_by_role("button", name="town Error")).to_have_count(0)


def test_a_file_has_its_sections_beside_it_unless_there_is_no_room(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/files/config/config.yml")
    outline = page.get_by_role("navigation", name="Outline")
    expect(outline.locator(".mono")).to_have_text(["recipe", "language", "assistant_id"])
    expect_cursor(page, "config.yml › recipe", "Line 1, column 1")
    page.set_viewport_size({"width": 720, "height": 450})
    expect(outline).to_be_hidden()
    expect(page.locator(".cm-content")).to_be_visible()
