"""From the end of a training until its model answers, the button and the dock say which one does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.web.api import Api
from tests.web.places import canvas, open_dock
from tests.web.projects import tea_desk

pytestmark = pytest.mark.xdist_group("browser")
# Every text that the button, the dock and the screen reader's region had, once each time it came.
_WATCH = """() => {
  window.seen = { button: [], dock: [], told: [] }
  const all = (places) => [...document.querySelectorAll(places)].map((each) => each.textContent)
  const parts = {
    button: () => all('header button').filter((text) => /Train|Start|Running/.test(text)),
    dock: () => all('.answers'),
    told: () => all('.told').filter((text) => text.includes('-2 ')),
  }
  const before = {}
  const look = () => {
    for (const [name, read] of Object.entries(parts)) {
      const texts = read()
      window.seen[name].push(...texts.filter((text) => !(before[name] ?? []).includes(text)))
      before[name] = texts
    }
  }
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
}"""


def test_the_button_and_the_dock_say_which_model_answers_until_the_new_one_does(
    page: Page, api: Api, new_name: str
) -> None:
    desk = api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    api.trained(new_name)
    item = api.item(desk["id"], "response", "utter_ask_size")
    patch = [{"op": "replace", "path": "/0/text", "value": "How large a cup?"}]
    api.change(desk["id"], {"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch})
    page.goto(f"/a/{new_name}/flows/order_tea")
    canvas(page)
    open_dock(page)
    expect(page.locator(".answers")).to_have_count(0)
    page.evaluate(_WATCH)
    page.get_by_role("banner").get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Running the new model").wait_for(timeout=90_000)
    expect(page.locator(".answers")).to_have_count(0)
    page.get_by_label("Your message").fill("I'd like some tea")
    page.get_by_label("Your message").press("Enter")
    expect(page.get_by_role("region", name="Conversation").get_by_text("How large a cup?")).to_be_visible()
    seen = page.evaluate("window.seen")
    starts, runs = (seen["button"].index(text) for text in ("Trained. Starting…", "Running the new model"))
    assert starts < runs
    assert "Trained" not in seen["button"]
    assert seen["dock"] == [f"{new_name}-2 is starting. Until it answers, {new_name}-1 does."]
    for sentence in (f"{new_name}-2 is trained and starts now.", f"{new_name}-2 answers in Try now."):
        assert [text for text in seen["told"] if sentence in text] == [sentence]
