"""Files that can't be read stay, say why, and become what stands in them once they can."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.web.api import Api
from tests.web.projects import tea_desk

BROKEN = "slots:\n  city:\n    type: text\n   mappings: []\nresponses:\n  utter_city:\n    - text: Which city?\n"
MENDED = "slots:\n  city:\n    type: text\n    mappings: []\nresponses:\n  utter_city:\n    - text: Which city?\n"


def test_a_mended_file_says_what_it_has_become(page: Page, api: Api, new_name: str) -> None:
    api.bring_in(new_name, "Tea desk", tea_desk(new_name) | {"domain/more.yml": BROKEN})
    page.goto(f"/a/{new_name}/files")
    page.get_by_role("link", name="domain/more.yml").click()
    page.get_by_role("textbox", name=re.compile("Text of")).get_by_text("mappings").click()
    page.keyboard.press("Home")
    page.keyboard.type(" ")
    page.get_by_role("heading", name="Project files").click()
    expect(page.get_by_role("heading", name="domain/more.yml can be read now")).to_be_visible()
    expect(page.get_by_role("button", name="Slot city")).to_be_visible()
    page.get_by_role("button", name="Response utter_city").click()
    expect(page.get_by_role("textbox", name="Text 1, English")).to_have_value("Which city?")


def test_a_file_that_is_no_utf_8_says_so_and_is_replaced(page: Page, api: Api, new_name: str) -> None:
    files: dict[str, str] = tea_desk(new_name)
    latin = MENDED.replace("Which city?", "Größe der Stadt?").encode("latin-1")
    api.bring_in(new_name, "Tea desk", files | {"domain/more.yml": latin})
    page.goto(f"/a/{new_name}/files")
    page.get_by_role("link", name="domain/more.yml").click()
    expect(page.get_by_role("heading", name="This file can’t be read")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("is not UTF-8 text")).to_be_visible()
    page.get_by_label("Replace it with a file").set_input_files(
        {"name": "more.yml", "mimeType": "text/yaml", "buffer": MENDED.encode()}
    )
    expect(page.get_by_role("heading", name="domain/more.yml can be read now")).to_be_visible()
    expect(page.get_by_role("button", name="Response utter_city")).to_be_visible()
