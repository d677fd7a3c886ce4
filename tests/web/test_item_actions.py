"""Items are renamed, duplicated and deleted where they are seen; what names them is shown before."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.web.api import Api
from tests.web.places import canvas
from tests.web.projects import FLOWS, tea_desk

CALLER = """\
  serve_guest:
    description: Serve a guest
    steps:
      - call: order_tea  # the usual
      - action: utter_ordered
"""


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of an assistant with a flow that another one calls."""
    api.bring_in(new_name, "Tea desk", tea_desk(new_name, flows=FLOWS + CALLER))
    return new_name


def flows(api: Api, desk: str) -> set[str]:
    """The names of the assistant's own flows."""
    items = api.get(f"/assistants/{api.assistant(desk)['id']}/items?kind=flow&limit=200")["items"]
    return {item["name"] for item in items if not item["builtin"]}


def choose(page: Page, name: str, action: str) -> None:
    """Choose an action of the open item."""
    page.get_by_role("main").get_by_role("button", name=f"More for {name}").click()
    page.get_by_role("menuitem", name=action).click()


def test_a_flow_is_renamed_with_what_calls_it(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/flows/order_tea")
    canvas(page)
    choose(page, "order_tea", "Rename")
    dialog = page.get_by_role("dialog", name="Rename the flow order_tea")
    expect(dialog.get_by_role("button", name="serve_guest")).to_be_visible()
    dialog.get_by_label("Id").fill("9 lives")
    dialog.get_by_role("button", name="Rename").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Begins with a letter")
    dialog.get_by_label("Id").fill("order_a_tea")
    dialog.get_by_role("button", name="Rename").click()
    expect(page).to_have_url(re.compile("/flows/order_a_tea"))
    canvas(page)
    expect(page.get_by_role("navigation", name="Flows").get_by_role("link", name="order_a_tea")).to_be_visible()
    assert flows(api, desk) == {"order_a_tea", "serve_guest"}
    caller = api.item(api.assistant(desk)["id"], "flow", "serve_guest")
    assert "call: order_a_tea  # the usual" in caller["parts"][0]["source"]
    page.get_by_role("status").filter(has_text="Renamed").get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile("/flows/order_tea"))
    expect(page.get_by_role("navigation", name="Flows").get_by_role("link", name="order_tea")).to_be_visible()


def test_a_flow_that_is_called_is_deleted_only_after_its_places_were_seen(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/flows/order_tea")
    canvas(page)
    choose(page, "order_tea", "Delete")
    dialog = page.get_by_role("dialog", name="Delete the flow order_tea?")
    expect(dialog).to_contain_text("Calls and links to it lead nowhere")
    expect(dialog.get_by_role("button", name="serve_guest")).to_be_visible()
    dialog.get_by_role("button", name="Delete it all the same").click()
    page.get_by_role("heading", name="Choose a flow").wait_for()
    row = page.get_by_role("navigation", name="Flows").get_by_role("link", name="order_tea")
    expect(row).to_have_count(0)
    page.get_by_role("status").filter(has_text="Deleted").get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    row.click()
    canvas(page)
    assert flows(api, desk) == {"order_tea", "serve_guest"}


def test_a_flow_is_duplicated_from_its_row_with_its_comments(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/flows/order_tea")
    canvas(page)
    pane = page.get_by_role("navigation", name="Flows")
    pane.get_by_role("link", name="serve_guest").hover()
    pane.get_by_role("button", name="More for serve_guest").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    dialog = page.get_by_role("dialog", name="Duplicate the flow serve_guest")
    expect(dialog.get_by_label("Id")).to_have_value("serve_guest_copy")
    dialog.get_by_role("button", name="Duplicate").click()
    expect(page).to_have_url(re.compile("/flows/serve_guest_copy"))
    canvas(page)
    expect(pane.get_by_role("link", name="serve_guest_copy")).to_be_visible()
    made = api.item(api.assistant(desk)["id"], "flow", "serve_guest_copy")
    assert "# the usual" in made["parts"][0]["source"]
    assert made["parts"][0]["source"].lstrip().startswith("serve_guest_copy:")
