"""A response and an intent are edited whole in their forms, with no word of YAML but for values of any shape."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.web.api import Api
from tests.web.places import saved
from tests.web.projects import tea_desk

NLU = """\
version: "3.1"
nlu:
- intent: order
  examples: |
    - a tea to Oslo please
    - tea!
    - Tea
"""
DOMAIN = "\nintents:\n  - order\nentities:\n  - place\n"


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of a small assistant with an intent, that only this test changes."""
    files = tea_desk(new_name)
    api.bring_in(new_name, "Tea desk", {**files, "domain.yml": files["domain.yml"] + DOMAIN, "data/nlu.yml": NLU})
    return new_name


def add(page: Page, member: str) -> None:
    """Choose a member from the menu of the first wording."""
    page.get_by_role("region", name="Variation 1").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name=member, exact=True).click()


def test_all_of_a_response_is_edited_in_its_form(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    first = page.get_by_role("region", name="Variation 1")
    first.get_by_role("button", name="Link").click()
    page.get_by_role("textbox", name="Button 1").fill("Our map")
    page.get_by_role("textbox", name="Address 1").fill("https://map.example/{town}")
    add(page, "Channel")
    page.get_by_role("textbox", name="Channel").fill("rest")
    add(page, "Image")
    page.get_by_role("textbox", name="Image").fill("https://map.example/a.png")
    add(page, "Rephrasing")
    expect(page.get_by_role("switch", name="Rephrasing")).to_be_checked()
    add(page, "Prompt for rephrasing")
    page.get_by_role("textbox", name="Prompt for rephrasing").fill("Say it kindly")
    add(page, "Custom payload")
    payload = page.get_by_role("textbox", name="Custom payload, as YAML")
    payload.fill("card: {title: [}")
    expect(first.get_by_role("alert")).to_contain_text("Line 1")
    payload.press("Control+a")
    payload.press("Delete")
    payload.fill("card:\n  title: Town\n  when: 2024-01-01")
    expect(first.get_by_role("alert")).to_have_count(0)
    payload.blur()
    saved(page)
    preview = page.get_by_role("region", name="Preview")
    for shown in ("on rest", "https://map.example/a.png", '"title": "Town"', "Our map"):
        expect(preview).to_contain_text(shown)
    identity = api.assistant(desk)["id"]
    body = api.item(identity, "response", "utter_ask_town")["body"]
    assert body == [
        {
            "text": "To which town?",
            "buttons": [{"title": "Our map", "url": "https://map.example/{town}"}],
            "channel": "rest",
            "image": "https://map.example/a.png",
            "metadata": {"rephrase": True, "rephrase_prompt": "Say it kindly"},
            "custom": {"card": {"title": "Town", "when": "2024-01-01"}},
        }
    ]
    first.get_by_role("button", name="Remove: Custom payload").click()
    first.get_by_role("button", name="Remove: Prompt for rephrasing").click()
    first.get_by_role("button", name="Remove: Rephrasing").click()
    expect(preview).not_to_contain_text("Town")
    saved(page)
    page.reload()
    expect(page.get_by_role("textbox", name="Channel")).to_have_value("rest")
    assert set(api.item(identity, "response", "utter_ask_town")["body"][0]) == {"text", "buttons", "channel", "image"}


def test_an_example_shows_its_entities_until_it_is_written_in_and_stays_as_it_is(
    page: Page, api: Api, desk: str
) -> None:
    page.goto(f"/a/{desk}/nlu/intent/order")
    page.get_by_role("textbox", name="Example 1").fill("a [tea](drink) to [Oslo](place) please")
    saved(page)
    identity = api.assistant(desk)["id"]
    before = api.item(identity, "intent", "order")
    page.reload()
    line = page.get_by_role("textbox", name="Example 1")
    shown = page.locator(".marked").first
    expect(shown).to_have_text("a teadrink to Osloplace please")
    expect(shown.locator(".marked-entity")).to_have_text(["drink", "place"])
    raw = line.evaluate("(input) => getComputedStyle(input).color")
    shown.click(force=True)
    expect(line).to_be_focused()
    expect(shown).to_be_hidden()
    assert line.evaluate("(input) => getComputedStyle(input).color") != raw
    expect(line).to_have_value("a [tea](drink) to [Oslo](place) please")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Remove the mark drink from tea")).to_be_focused()
    expect(shown).to_be_visible()
    page.keyboard.press("Escape")
    line.blur()
    assert api.item(identity, "intent", "order")["parts"] == before["parts"]


def test_words_of_an_example_are_marked_by_selecting_them(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/nlu/intent/order")
    line = page.get_by_role("textbox", name="Example 1")
    expect(page.get_by_text("said twice", exact=True).or_(page.get_by_text("nearly said twice"))).to_be_visible()
    choose(page, 1, "Oslo")
    marking = page.get_by_role("group", name="Mark as an entity")
    expect(marking).to_contain_text("Mark “Oslo” as")
    marking.get_by_role("button", name="place").click()
    expect(line).to_have_value("a tea to [Oslo](place) please")
    choose(page, 1, "tea")
    marking.get_by_role("textbox", name="New entity").fill("drink")
    page.keyboard.press("Enter")
    expect(line).to_have_value("a [tea](drink) to [Oslo](place) please")
    page.get_by_role("button", name="Remove the mark place from Oslo").click()
    expect(line).to_have_value("a [tea](drink) to Oslo please")
    saved(page)
    identity = api.assistant(desk)["id"]
    assert api.item(identity, "intent", "order")["body"]["examples"][0] == "a [tea](drink) to Oslo please"
    assert api.item(identity, "entity", "drink")["body"] == {}
    choose(page, 1, "tea](dri")
    expect(marking).to_have_count(0)


def choose(page: Page, example: int, words: str) -> None:
    """Select words of an example with the keyboard."""
    line = page.get_by_role("textbox", name=f"Example {example}")
    line.press("Home")
    for _ in range(line.input_value().index(words)):
        line.press("ArrowRight")
    for _ in words:
        line.press("Shift+ArrowRight")
