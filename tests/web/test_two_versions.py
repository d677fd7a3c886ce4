"""Two versions of an item: one text is written of both, or the choice waits, or it is made over a canvas or in turn."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.web.api import Api, archive
from tests.web.axe import in_both_themes
from tests.web.chromium import Watch
from tests.web.places import canvas
from tests.web.projects import tea_desk
from tests.web.states import Held, conflicting, crossing

THEIRS = "To which street?"
MINE = "Into which town?"


@pytest.fixture
def desk(api: Api, watch: Watch, new_name: str) -> str:
    """The name of a small assistant that only this test changes."""
    watch.allow("status of 409")
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    return new_name


def text(api: Api, desk: str, response: str = "utter_ask_town") -> str:
    """The text that the server holds."""
    body = api.item(api.assistant(desk)["id"], "response", response)["body"]
    assert len(body) == 1
    return str(body[0]["text"])


def saved(page: Page) -> None:
    """Wait until nothing waits any more."""
    expect(page.get_by_role("status").filter(has_text=re.compile("^Saved"))).to_be_visible()


def test_one_text_is_written_of_both_and_checked_before_it_stands(page: Page, api: Api, desk: str) -> None:
    conflicting(page, api, desk, THEIRS, MINE)
    page.get_by_role("button", name="Write one text of both").click()
    joined = page.get_by_role("region", name="What shall stand")
    field = joined.get_by_role("textbox")
    expect(field).to_be_focused()
    begun = field.input_value()
    assert all(word in begun for word in ("To", "Into", "which", "street", "town"))
    field.fill("To {nobody}?")
    expect(joined.get_by_role("status")).to_have_text("There is no slot nobody.")
    field.fill(" ")
    expect(joined.get_by_role("button", name="Save this text")).to_be_disabled()
    field.fill("To which street in {town}?")
    expect(joined.get_by_role("status")).to_have_text("Checked: it can stand like this.")
    assert in_both_themes(page) == {}
    joined.get_by_role("button", name="Save this text").click()
    expect(page.get_by_role("textbox", name="Text 1, English")).to_have_value("To which street in {town}?")
    saved(page)
    assert text(api, desk) == "To which street in {town}?"


def test_lines_of_a_file_are_joined_only_where_they_can_be_read(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/content/response/utter_ask_town?view=yaml")
    lines = page.locator(".cm-content")
    lines.get_by_text("To which town?").click()

    def write() -> None:
        page.keyboard.press("End")
        page.keyboard.type("  # asked once")
        page.get_by_role("heading", name="utter_ask_town").click()

    crossing(page, api, desk, THEIRS, write, response="utter_ask_town")
    page.get_by_role("button", name="Write one text of both").click()
    joined = page.get_by_role("region", name="What shall stand")
    joined.get_by_role("textbox").fill("  utter_ask_town:\n    - text: [\n")
    expect(joined.get_by_role("status")).to_contain_text("Line ")
    expect(joined.get_by_role("button", name="Save this text")).to_be_disabled()
    joined.get_by_role("textbox").fill("  utter_ask_town:\n    - text: To which place?  # asked once\n")
    joined.get_by_role("button", name="Save this text").click()
    saved(page)
    assert text(api, desk) == "To which place?"
    source = api.item(api.assistant(desk)["id"], "response", "utter_ask_town")["parts"][0]["source"]
    assert "# asked once" in source


def test_a_choice_that_is_left_for_later_stays_in_sight_and_comes_back(page: Page, api: Api, desk: str) -> None:
    conflicting(page, api, desk, THEIRS, MINE)
    theirs = page.get_by_role("region", name="Version on the server")
    page.get_by_role("button", name="Decide later").click()
    expect(theirs).to_have_count(0)
    expect(page.get_by_role("textbox", name="Text 1, English")).to_have_value(MINE)
    expect(page.get_by_role("status").filter(has_text=re.compile("^Two versions"))).to_be_visible()
    said = page.get_by_role("status").filter(has_text="utter_ask_town was changed twice at the same time.")
    said.get_by_role("button", name="Look at both").click()
    expect(theirs).to_be_visible()
    expect(said).to_have_count(0)
    page.get_by_role("button", name="Decide later").click()
    page.get_by_role("banner").get_by_role("button", name="Train", exact=True).click()
    notice = page.get_by_role("status").filter(has_text="Not trained: some of your changes")
    notice.get_by_role("button", name="Look at both").click()
    page.get_by_role("button", name="Take theirs").click()
    saved(page)
    assert text(api, desk) == THEIRS


def test_two_versions_of_a_text_that_was_typed_on_a_canvas_are_decided_there(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/flows/order_tea")
    canvas(page)

    def write() -> None:
        page.get_by_text("To which town?").first.dblclick()
        page.get_by_role("textbox", name="Text of utter_ask_town").fill(MINE)
        page.keyboard.press("Enter")

    crossing(page, api, desk, THEIRS, write, response="utter_ask_town")
    expect(page).to_have_url(re.compile("/flows/order_tea"))
    expect(page.locator(".react-flow__node-step").first).to_be_visible()
    expect(page.get_by_text("was changed twice")).to_have_count(0)
    assert in_both_themes(page) == {}
    page.get_by_role("button", name="Decide later").click()
    expect(page.get_by_role("region", name="Your version")).to_have_count(0)
    two = page.get_by_role("status").filter(has_text=re.compile("^Two versions"))
    expect(two).to_be_visible()
    page.get_by_role("button", name="YAML").click()
    expect(page.get_by_role("textbox", name="Text of order_tea")).to_be_visible()
    expect(two).to_be_visible()
    page.get_by_role("button", name="Canvas").click()
    page.get_by_role("button", name="Look at both").click()
    expect(page).to_have_url(re.compile("/flows/order_tea"))
    page.get_by_role("button", name="Keep mine").click()
    expect(page.get_by_role("region", name="Your version")).to_have_count(0)
    expect(page.locator(".react-flow__node-step").nth(1)).to_contain_text(MINE)
    saved(page)
    assert text(api, desk) == MINE


def test_several_are_counted_and_decided_one_after_the_other(page: Page, api: Api, desk: str) -> None:
    conflicting(page, api, desk, THEIRS, MINE)
    conflicting(page, api, desk, "Which cup then?", "Which mug then?", response="utter_ask_size")
    page.get_by_role("link", name="Flows").click()
    said = page.get_by_role("status").filter(has_text="2 items were changed twice at the same time.")
    said.get_by_role("button", name="Decide one after the other").click()
    expect(page).to_have_url(re.compile("utter_ask_town"))
    expect(page.get_by_text("1 of 2")).to_be_visible()
    expect(page.get_by_text("utter_ask_size was changed twice")).to_be_visible()
    page.get_by_role("button", name="Keep mine").click()
    expect(page).to_have_url(re.compile("utter_ask_size"))
    page.get_by_role("button", name="Take theirs").click()
    saved(page)
    expect(page.get_by_text("changed twice")).to_have_count(0)
    assert (text(api, desk), text(api, desk, "utter_ask_size")) == (MINE, "Which cup then?")


def test_what_is_typed_on_as_both_versions_come_presses_nothing(page: Page, api: Api, desk: str) -> None:
    files = tea_desk(desk)
    nlu = "nlu:\n- intent: order\n  examples: |\n    - a tea please\n    - a coffee please\n"
    api.send(
        "POST",
        f"/assistants/{api.assistant(desk)['id']}/import",
        data=archive({**files, "data/nlu.yml": nlu}),
        mime="application/zip",
    )
    page.goto(f"/a/{desk}/nlu/intent/order")
    page.get_by_role("textbox", name="Example 1").focus()
    page.keyboard.press("End")
    sends = Held(page, r"/assistants/[^/]+/changes$")
    page.keyboard.type(", h")
    sends.asked()
    identity = api.assistant(desk)["id"]
    item = api.item(identity, "intent", "order")
    patch = [{"op": "replace", "path": "/examples/0", "value": "a mate please"}]
    api.change(identity, {"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch})
    sends.go_on()
    theirs = page.get_by_role("heading", name="Version on the server")
    expect(theirs).to_be_visible()
    expect(page.get_by_role("textbox", name="Example 1")).to_have_count(0)
    page.keyboard.type("ot one ")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/nlu/intent/order$"))
    assert page.evaluate("document.activeElement.id") == "work"
    expect(theirs).to_be_visible()
