"""Whoever renames an item, the page that shows it stays with it: the address follows, and all else is as it was."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.web.api import Api
from tests.web.places import canvas, saved
from tests.web.projects import tea_desk

INTENT = 'version: "3.1"\nnlu:\n- intent: order\n  examples: |\n    - a tea to Oslo please\n    - one cup of tea\n'
DOMAIN = "\nintents:\n  - order\n"


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of a small assistant that only this test changes."""
    files = tea_desk(new_name)
    api.bring_in(new_name, "Tea desk", {**files, "domain.yml": files["domain.yml"] + DOMAIN, "data/nlu.yml": INTENT})
    return new_name


def renamed(api: Api, desk: str, kind: str, name: str, to: str) -> None:
    """Rename an item as a colleague."""
    aid = api.assistant(desk)["id"]
    item = api.item(aid, kind, name)
    api.change(aid, {"op": "rename", "item": item["id"], "revision": item["revision"], "name": to})


def test_a_rename_that_is_taken_back_leads_back_to_the_old_name(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/flows/order_tea")
    canvas(page)
    page.get_by_role("main").get_by_role("button", name="More for order_tea").click()
    page.get_by_role("menuitem", name="Rename").click()
    dialog = page.get_by_role("dialog", name="Rename the flow order_tea")
    dialog.get_by_label("Id").fill("order_a_tea")
    dialog.get_by_role("button", name="Rename").click()
    expect(page).to_have_url(re.compile("/flows/order_a_tea$"))
    links = page.get_by_role("navigation", name="Flows").get_by_role("link")
    expect(links).to_have_text(["order_a_tea"])
    page.keyboard.press("Control+z")
    expect(page).to_have_url(re.compile("/flows/order_tea$"))
    expect(links).to_have_text(["order_tea"])
    page.get_by_role("main").get_by_role("button", name="Redo").click()
    expect(page).to_have_url(re.compile("/flows/order_a_tea$"))
    expect(links).to_have_text(["order_a_tea"])
    page.get_by_role("main").get_by_role("button", name="Undo").click()
    expect(page).to_have_url(re.compile("/flows/order_tea$"))
    expect(links).to_have_text(["order_tea"])
    canvas(page)


def test_a_text_is_typed_on_while_a_colleague_renames_its_response(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/content/response/utter_ordered")
    field = page.get_by_role("textbox", name="Text 1, English")
    field.click()
    page.keyboard.press("Control+Home")
    page.keyboard.insert_text("Fine")
    saved(page)
    renamed(api, desk, "response", "utter_ordered", "utter_tea_comes")
    expect(page).to_have_url(re.compile("/content/response/utter_tea_comes$"))
    expect(field).to_be_focused()
    page.keyboard.insert_text(": a")
    expect(field).to_have_value("Fine: aA {size} tea goes to {town}.")
    page.keyboard.press("Delete")
    saved(page)
    expect(page.get_by_role("main", name="utter_tea_comes")).to_be_visible()
    said = api.item(api.assistant(desk)["id"], "response", "utter_tea_comes")["body"]
    assert said[0]["text"] == "Fine: a {size} tea goes to {town}."


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("flow", "/flows/order_tea?step=ask_town"),
        ("flow", "/flows/order_tea?view=yaml&line=4"),
        ("slot", "/content/slot/town?view=yaml"),
        ("intent", "/nlu/intent/order"),
    ],
)
def test_the_page_of_what_a_colleague_renames_stays_as_it_is(
    page: Page, api: Api, desk: str, kind: str, path: str
) -> None:
    page.goto(f"/a/{desk}{path}")
    work = page.get_by_role("main").locator(".cm-content, .react-flow__node-step, [contenteditable], input").first
    work.focus()
    page.keyboard.press("Shift")  # who works with keys is led to the work of a page that opens
    work.evaluate("(part) => (part.kept = true)")
    name = path.partition("?")[0].rpartition("/")[2]
    renamed(api, desk, kind, name, f"{name}_now")
    followed = re.compile(re.escape(path.replace(name, f"{name}_now")) + "$")
    expect(page).to_have_url(followed)
    expect(page.get_by_role("main").get_by_role("button", name=f"More for {name}_now")).to_be_visible()
    page.wait_for_function("document.activeElement?.kept === true")
    # The browser's way back leads to it too.
    page.evaluate("(address) => window.__TSR_ROUTER__.history.push(address)", f"/a/{desk}{path}")
    expect(page).to_have_url(followed)


def test_a_name_that_is_gone_leads_to_nothing_where_its_item_was_never_open(page: Page, api: Api, desk: str) -> None:
    renamed(api, desk, "flow", "order_tea", "order_a_tea")
    page.goto(f"/a/{desk}/flows/order_tea")
    expect(page.get_by_role("heading", name="There is no such flow")).to_be_visible()
    page.get_by_role("link", name="order_a_tea").click()
    canvas(page)
    aid = api.assistant(desk)["id"]
    item = api.item(aid, "flow", "order_a_tea")
    api.change(aid, {"op": "delete", "item": item["id"], "revision": item["revision"]})
    expect(page.get_by_role("heading", name="There is no such flow")).to_be_visible()
    expect(page).to_have_url(re.compile("/flows/order_a_tea$"))
