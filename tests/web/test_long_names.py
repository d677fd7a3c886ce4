"""Names as long as they may be are cut with an ellipsis, and tell all of themselves in a tooltip."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.web.api import Api
from tests.web.places import Place, canvas, heading, item, row, row_of, say
from tests.web.projects import CONFIG
from tests.web.room import LAPTOP, arrange, faults, faults_at_all_sizes

LONG = "a_name_as_long_as_people_make_them_when_they_say_all_that_it_is_for_" + "and_then_some_more_" * 3
LONG = LONG[:120].rstrip("_").ljust(120, "x")
LONG_PROJECT = {
    "config.yml": CONFIG.format(name="long-names"),
    "domain.yml": f"""\
version: "3.1"
slots:
  {LONG}:
    type: categorical
    values: [{LONG}, other]
    mappings: [{{type: from_llm}}]
responses:
  utter_ask_{LONG}:
    - text: Which {{{LONG}}}?
      buttons:
        - {{title: {LONG}, payload: "/SetSlots({LONG}={LONG})"}}
  utter_{LONG}:
    - text: {LONG} is {{{LONG}}}.
""",
    "data/flows.yml": f"""\
flows:
  {LONG}:
    name: {LONG}
    description: Order something called {LONG}
    steps:
      - id: {LONG}
        collect: {LONG}
        next:
          - if: slots.{LONG} is "{LONG}"
            then: say_{LONG}
          - else: END
      - id: say_{LONG}
        action: utter_{LONG}
""",
}


@pytest.mark.slow
def test_names_of_a_hundred_and_twenty_letters_are_cut_and_tell_all_of_themselves(
    page: Page, api: Api, new_name: str
) -> None:
    assert len(LONG) == 120
    api.bring_in(new_name, LONG, LONG_PROJECT)
    api.trained(new_name)
    places = (
        Place("home", "/", row_of(new_name)),
        Place("flows", "{a}/flows", heading("Choose a flow")),
        Place("flow", "{a}/flows/" + LONG, canvas),
        Place("step", "{a}/flows/" + LONG + "?step=" + LONG, canvas),
        Place("responses", "{a}/content/response", row("Responses")),
        Place("response", "{a}/content/response/utter_ask_" + LONG, item(f"utter_ask_{LONG}")),
        Place("slot", "{a}/content/slot/" + LONG, item(LONG)),
        Place("versions", "{a}/versions", heading("Versions")),
    )
    found = {}
    arrange(page, dock=False)
    for place in places:
        page.set_viewport_size(LAPTOP)
        place.reach(page, new_name)
        found[place.name] = faults_at_all_sizes(page)
    page.set_viewport_size(LAPTOP)
    found |= {f"dialog {name}": {"laptop": each} for name, each in long_names_in_dialogs(page, new_name).items()}
    found |= {f"chat {name}": {"laptop": each} for name, each in long_names_in_a_chat(page, new_name).items()}
    assert {name: each for name, each in found.items() if any(each.values())} == {}


def long_names_in_dialogs(page: Page, assistant: str) -> dict[str, list[str]]:
    """The menus and dialogs that speak of an item by its name."""
    found = {}
    page.goto(f"/a/{assistant}/flows/{LONG}")
    canvas(page)
    for action in ("Rename", "Duplicate", "Delete"):
        if action == "Delete":  # what is used nowhere goes without a question
            page.goto(f"/a/{assistant}/content/slot/{LONG}")
        page.get_by_role("main").get_by_role("button", name=f"More for {LONG}").click()
        page.get_by_role("menuitem", name=action).click()
        page.get_by_role("dialog").wait_for()
        found[action] = faults(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("banner").get_by_role("button", name=LONG).click()
    page.get_by_role("menuitem", name="New assistant").wait_for()
    found["switcher"] = faults(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type(LONG[:20])
    page.get_by_role("listbox", name="Results").get_by_role("option", name=re.compile(LONG)).first.wait_for()
    found["palette"] = faults(page)
    page.keyboard.press("Escape")
    return found


def long_names_in_a_chat(page: Page, assistant: str) -> dict[str, list[str]]:
    """The dock while it talks of them, beside the flow."""
    page.keyboard.press("Control+j")
    page.get_by_label("Your message").wait_for()
    found = {"beginning": faults(page)}
    say(page, f"order something called {LONG}")
    page.get_by_role("region", name="Conversation").get_by_role("button", name=LONG).click()
    expect(page.get_by_role("region", name="Conversation")).to_contain_text(f"{LONG} is {LONG}.")
    return found | {"talk": faults(page)}
