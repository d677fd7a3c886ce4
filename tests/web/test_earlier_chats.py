"""The dock says which text answers, and leads back to the person's earlier chats."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.web.places import canvas, new_chat, say


def test_an_earlier_chat_is_opened_again(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/flows/transfer_money")
    canvas(page)
    new_chat(page)
    dock = page.get_by_role("region", name="Try the assistant")
    expect(dock.get_by_text(re.compile("Answers with the current text|changes? since"))).to_be_visible()
    say(page, "find a branch please, the first one")
    new_chat(page)
    say(page, "find a branch please, the second one")
    dock.get_by_role("button", name="Earlier chats").click()
    page.get_by_role("menuitem", name=re.compile("the first one")).click()
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_text("the first one")).to_be_visible()
    expect(timeline.get_by_text("the second one")).to_have_count(0)
    expect(timeline.get_by_text("null")).to_have_count(0)
