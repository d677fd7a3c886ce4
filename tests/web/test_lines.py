"""Lines of a list keep their fields: what others insert and remove moves no cursor, and no text into another line."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.web.api import Api
from tests.web.chromium import Watch
from tests.web.places import saved
from tests.web.projects import tea_desk

NLU = """\
version: "3.1"
nlu:
- intent: order
  examples: |
    - a tea please
    - a coffee please
    - a cocoa please
    - a juice please
"""
EXAMPLES = ["a tea please", "a coffee please", "a cocoa please", "a juice please"]
RESPONSES = ["To which town?", "Which town is it?", "Where to?"]


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of a small assistant that only this test changes."""
    files = tea_desk(new_name)
    domain = files["domain.yml"].replace(
        "    - text: To which town?\n", "".join(f"    - text: {text}\n" for text in RESPONSES)
    )
    api.bring_in(new_name, "Tea desk", {**files, "domain.yml": f"{domain}\nintents:\n  - order\n", "data/nlu.yml": NLU})
    return new_name


def examples(api: Api, desk: str) -> list[str]:
    """The examples that the server holds."""
    found: list[str] = api.item(api.assistant(desk)["id"], "intent", "order")["body"]["examples"]
    return found


def another_person(api: Api, desk: str, kind: str, name: str, *patch: dict[str, object]) -> None:
    """Somebody else changes an item, again where the page was faster."""
    identity = api.assistant(desk)["id"]
    while True:
        item = api.item(identity, kind, name)
        edit = {"op": "patch", "item": item["id"], "revision": item["revision"], "patch": list(patch)}
        try:
            api.change(identity, edit)
        except AssertionError as error:
            if '"code":"stale"' not in str(error):
                raise
        else:
            return


def texts(page: Page) -> list[str]:
    """What the lines of the open item say."""
    fields = page.get_by_role("textbox", name=re.compile(r"^(Example \d+|Text \d+, English)$")).all()
    return [field.input_value() for field in fields]


def shows(page: Page, count: int) -> None:
    """Wait until the open item has so many lines."""
    expect(page.get_by_role("textbox", name=re.compile(r"^(Example \d+|Text \d+, English)$"))).to_have_count(count)


@pytest.mark.parametrize("pause", [False, True], ids=["in the middle of a word", "after a pause"])
def test_an_example_is_typed_on_where_somebody_else_removes_and_inserts_others(
    watched: tuple[Page, Watch], api: Api, desk: str, pause: bool
) -> None:
    page, watch = watched
    watch.allow("status of 409")
    page.goto(f"/a/{desk}/nlu/intent/order")
    page.get_by_role("textbox", name="Example 3").focus()
    page.keyboard.press("End")
    page.keyboard.type(", h")
    if pause:
        saved(page)
    another_person(api, desk, "intent", "order", {"op": "remove", "path": "/examples/0"})
    shows(page, 3)
    page.keyboard.type("ot")
    expect(page.get_by_role("textbox", name="Example 2")).to_be_focused()
    saved(page)
    new = [{"op": "add", "path": "/examples/0", "value": text} for text in ("a milk please", "a mate please")]
    another_person(api, desk, "intent", "order", *new)
    shows(page, 5)
    page.keyboard.type(" one")
    expect(page.get_by_role("textbox", name="Example 4")).to_be_focused()
    written = ["a mate please", "a milk please", "a coffee please", "a cocoa please, hot one", "a juice please"]
    assert texts(page) == written
    page.get_by_role("heading", name="order").click()
    saved(page)
    assert examples(api, desk) == written
    expect(page.get_by_text("changed twice")).to_have_count(0)


@pytest.mark.parametrize("pause", [False, True], ids=["in the middle of a word", "after a pause"])
def test_a_variation_is_typed_on_where_somebody_else_removes_another_one(
    watched: tuple[Page, Watch], api: Api, desk: str, pause: bool
) -> None:
    page, watch = watched
    watch.allow("status of 409")
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    page.get_by_role("textbox", name="Text 3, English").focus()
    page.keyboard.press("End")
    page.keyboard.type(" Te")
    if pause:
        saved(page)
    another_person(api, desk, "response", "utter_ask_town", {"op": "remove", "path": "/0"})
    shows(page, 2)
    expect(page.get_by_role("textbox", name="Text 2, English")).to_be_focused()
    page.keyboard.type("ll!")
    assert texts(page) == ["Which town is it?", "Where to? Tell!"]
    page.get_by_role("heading", name="utter_ask_town").click()
    saved(page)
    body = api.item(api.assistant(desk)["id"], "response", "utter_ask_town")["body"]
    assert [variation["text"] for variation in body] == ["Which town is it?", "Where to? Tell!"]


def test_no_undo_puts_the_text_of_a_removed_example_into_another(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/nlu/intent/order")
    page.get_by_role("textbox", name="Example 2").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Backspace")
    shows(page, 3)
    expect(page.get_by_role("textbox", name="Example 1")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("!")
    for _ in range(3):
        page.keyboard.press("Control+z")
    assert texts(page) == ["a tea please", "a cocoa please", "a juice please"]
    page.get_by_role("heading", name="order").click()
    page.keyboard.press("Control+z")
    shows(page, 4)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("textbox", name="Example 2")).to_have_value("a coffee please")
    saved(page)
    assert examples(api, desk) == EXAMPLES


def test_an_example_removed_by_its_last_key_comes_back_with_the_next_undo(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/nlu/intent/order")
    page.get_by_role("textbox", name="Example 2").fill("")
    page.keyboard.press("Backspace")
    shows(page, 3)
    expect(page.get_by_role("textbox", name="Example 1")).to_be_focused()
    page.keyboard.press("Control+z")
    shows(page, 4)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("textbox", name="Example 2")).to_have_value("a coffee please")


def test_an_example_left_empty_goes_without_taking_the_cursor_along(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/nlu/intent/order")
    page.get_by_role("button", name="Example", exact=True).click()
    expect(page.get_by_role("textbox", name="Example 5")).to_be_focused()
    page.get_by_role("textbox", name="Example 2").click()
    shows(page, 4)
    page.keyboard.press("End")
    page.keyboard.type("!")
    assert texts(page) == [EXAMPLES[0], "a coffee please!", *EXAMPLES[2:]]
    # One in the middle: what stands below it is reached by the very press that leaves it.
    page.keyboard.press("Enter")
    shows(page, 5)
    page.get_by_role("button", name="Remove example 4").click()
    shows(page, 3)
    assert texts(page) == ["a tea please", "a coffee please!", "a juice please"]


def test_a_new_example_is_asked_for_twice_and_written(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/nlu/intent/order")
    for _ in range(2):
        page.get_by_role("button", name="Example", exact=True).click()
        expect(page.get_by_role("textbox", name="Example 5")).to_be_focused()
    page.keyboard.type("a water please")
    assert texts(page) == [*EXAMPLES, "a water please"]


def test_a_new_variation_has_the_cursor(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    page.get_by_role("button", name="Variation", exact=True).click()
    expect(page.get_by_role("textbox", name="Text 4, English")).to_be_focused()
    page.keyboard.type("To where then?")
    assert texts(page) == [*RESPONSES, "To where then?"]
