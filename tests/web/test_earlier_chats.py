"""The dock says which text answers, and leads back to the person's earlier chats, also where somebody is quicker."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect
from tests.web.api import Api
from tests.web.places import canvas, new_chat, say
from tests.web.room import LAPTOP

from talkwright.database.ids import uuid7


def test_an_earlier_chat_is_opened_again(page: Page, api: Api, example: str) -> None:
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
    timeline, conversation = (page.get_by_role("region", name=name) for name in ("Timeline", "Conversation"))
    expect(timeline.get_by_text("the first one")).to_be_visible()
    expect(timeline.get_by_text("the second one")).to_have_count(0)
    expect(timeline.get_by_text("null")).to_have_count(0)

    page.set_viewport_size(LAPTOP)
    label, tag = dock.get_by_text("Stack", exact=True), dock.get_by_role("listitem").filter(has_text="find_branch")
    at, beside = label.bounding_box(), tag.first.bounding_box()
    assert at is not None
    assert beside is not None
    assert beside["x"] >= at["x"] + at["width"], "the stack's first flow covers the word before it"

    late: list[Route] = []
    page.route(re.compile(r"/chats\?"), lambda route, _: late.append(route), times=1)
    page.reload()
    page.get_by_label("Your message").fill("Leeds")
    page.get_by_label("Your message").press("Enter")
    expect(conversation.get_by_text("Leeds", exact=True)).to_be_visible()
    late[0].continue_()
    expect(timeline.get_by_role("button", name=re.compile(r"^\d+ Leeds"))).to_be_visible()
    expect(conversation).to_contain_text(re.compile("the second one.*Leeds", re.DOTALL))

    api.send("POST", f"/assistants/{api.assistant(example)['id']}/chats", {"id": str(uuid7())})
    dock.get_by_role("button", name="Earlier chats").click()
    expect(page.get_by_role("menuitem", name="Nothing said yet").first).to_be_visible()


def test_what_is_said_in_another_tab_shows_as_it_is_answered(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/flows/transfer_money")
    canvas(page)
    new_chat(page)
    say(page, "find a branch please, in the first tab")
    other = page.context.new_page()
    other.goto(page.url)
    here, there = (tab.get_by_role("region", name="Conversation") for tab in (page, other))
    expect(there).to_contain_text("in the first tab")
    say(other, "Leeds")
    expect(here).to_contain_text(re.compile("in the first tab.*Leeds", re.DOTALL))
    other.goto(f"/a/{example}/flows/transfer_money?view=yaml")
    expect(there).to_contain_text("Leeds")
    say(page, "find a branch please, once more")
    expect(there).to_contain_text("once more")
    expect(other).to_have_url(re.compile(r"/transfer_money\?view=yaml$"))  # only what is said in it leads a tab away
    assert here.inner_text() == there.inner_text()
    other.close()
