"""An assistant with a language model: its key is set in the settings, and the dock tells how turns were understood."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.services.language_model import language_model
from tests.web.api import Api
from tests.web.axe import violations
from tests.web.places import open_dock, say
from tests.web.projects import bank_with

KEY = "sk-canary-of-the-quay-5520"
ANSWER = "start flow transfer_money\nset slot recipient Clara\nstart flow unheard_of"
VAGUE = "would you be so kind as to help somebody of mine out of a fix"


def how(page: Page, said: str) -> Locator:
    """How the turn in which this was said was understood."""
    turn = page.locator(".turn").filter(has=page.get_by_role("button", name=said))
    return turn.locator(".how")


@pytest.mark.slow
def test_a_key_is_set_the_model_decides_and_without_it_the_local_model_does(
    page: Page, api: Api, new_name: str
) -> None:
    with language_model(ANSWER) as scripted:
        assistant = api.bring_in(new_name, "Bank with a model", bank_with(scripted.address, new_name))
        api.trained(new_name)
        page.goto(f"/a/{new_name}/versions")
        open_dock(page)
        set_what_lacks(page)
        say(page, VAGUE)
        look_how_it_was_understood(page)
        assert scripted.requests[0]["headers"]["authorization"] == f"Bearer {KEY}"
        assert KEY not in page.content()
        path = f"/assistants/{assistant['id']}/chats"
        (chat,) = api.get(path)["items"]
        assert KEY not in str(api.get(f"{path}/{chat['id']}/timeline"))

    say(page, "well then, whatever you think is best for them and me")
    told = how(page, "well then, whatever")
    expect(told).to_contain_text(re.compile("The language model gave no answer: .*it can't be reached"))
    expect(told).to_contain_text("Local understanding decided instead:")
    earlier = how(page, VAGUE).get_by_role("button", name="How it understood")
    expect(earlier).to_have_attribute("aria-expanded", "false")
    earlier.press("Enter")
    expect(how(page, VAGUE)).to_contain_text("7 in · 3 out")


def set_what_lacks(page: Page) -> None:
    """Follow the dock's notice to the settings and set the key there."""
    lacking = page.get_by_role("region", name="Try the assistant").get_by_role("note", name="Language model")
    expect(lacking).to_contain_text("set OPENAI_API_KEY in the assistant's settings")
    expect(lacking).to_contain_text("the local model understands alone")
    lacking.get_by_role("link", name="Open the settings").click()
    row = page.get_by_role("row", name=re.compile("OPENAI_API_KEY"))
    expect(row).to_contain_text("Not set")
    row.get_by_role("button", name="Set OPENAI_API_KEY").click()
    form = page.get_by_role("dialog", name="Set OPENAI_API_KEY")
    form.get_by_label("Value").fill(KEY)
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="The assistant starts again")).to_be_visible()
    expect(row).to_contain_text("by admin")
    expect(lacking).to_have_count(0, timeout=30_000)


def look_how_it_was_understood(page: Page) -> None:
    """The last turn tells in words, figures and, where they are opened, texts what the language model did."""
    told = how(page, VAGUE)
    expect(told).to_contain_text("The local model wasn’t sure")
    expect(told).to_contain_text("scripted answered, and its answer decided.")
    expect(told).to_contain_text("7 in · 3 out")
    expect(told).to_contain_text("unheard_ofthere is no such flow, or it can't start now")
    told.get_by_role("button", name="Raw answer").click()
    expect(told.get_by_role("region", name="Raw answer")).to_have_text(ANSWER)
    told.get_by_role("button", name="Prompt", exact=True).click()
    expect(told.get_by_role("region", name="Prompt")).to_contain_text(f"USER: {VAGUE}")
    assert violations(page, "#dock") == []
