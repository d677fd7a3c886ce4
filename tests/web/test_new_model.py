"""From the end of a training until its model answers, the button and the dock say which one does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.services.running import RunningStudio
from tests.web.api import Api
from tests.web.places import canvas, open_dock
from tests.web.projects import tea_desk

# Every text that the button, the dock and the screen reader's region had, once each time it came.
_WATCH = """() => {
  window.seen = { button: [], dock: [], told: [] }
  const all = (places) => [...document.querySelectorAll(places)].map((each) => each.textContent)
  const parts = {
    button: () => all('header button').filter((text) => /Train|Start|answers/.test(text)),
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


@pytest.mark.slow
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
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if sent.method == "POST" else None)
    page.get_by_role("banner").get_by_role("button", name="Train", exact=True).dblclick()
    page.get_by_role("button", name="The new model answers").wait_for(timeout=90_000)
    expect(page.locator(".answers")).to_have_count(0)
    page.get_by_label("Your message").fill("I'd like some tea")
    page.get_by_label("Your message").press("Enter")
    expect(page.get_by_role("region", name="Conversation").get_by_text("How large a cup?")).to_be_visible()
    assert len([url for url in asked if url.endswith("/trainings")]) == 1
    seen = page.evaluate("window.seen")
    starts, runs = (seen["button"].index(text) for text in ("Trained. Starting…", "The new model answers"))
    assert starts < runs
    assert "Trained" not in seen["button"]
    assert seen["dock"] == [f"{new_name}-2 is starting. Until it answers, {new_name}-1 does."]
    for sentence in (f"{new_name}-2 is trained and starts now.", f"{new_name}-2 answers in Try now."):
        assert [text for text in seen["told"] if sentence in text] == [sentence]

    deployment = api.assistant(new_name)["deployment"]["id"]
    api.send("POST", f"/assistants/{desk['id']}/deployments/{deployment}/stop")
    conversation = page.get_by_role("region", name="Conversation")
    expect(conversation.get_by_text(f"{new_name}-2 was stopped, so nothing answers now.")).to_be_visible(timeout=30_000)
    expect(conversation.get_by_role("button")).to_have_text(["Run version 2"])
    expect(page.get_by_label("Your message")).to_have_count(0)
    conversation.get_by_role("button", name="Run version 2").click()
    expect(page.get_by_label("Your message")).to_be_visible(timeout=60_000)


@pytest.mark.slow
def test_a_model_that_did_not_start_says_why_everywhere_and_is_started_again(
    page: Page, api: Api, studio: RunningStudio, new_name: str
) -> None:
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    desk = api.trained(new_name)
    path = f"/assistants/{desk['id']}"
    api.send("POST", f"{path}/deployments/{desk['deployment']['id']}/stop")
    (model,) = (studio.home / "objects" / "models" / desk["id"]).rglob("*.tar.gz")
    lost = model.rename(model.with_suffix(".lost"))
    page.goto(f"/a/{new_name}/versions")
    open_dock(page)
    dock = page.get_by_role("region", name="Try the assistant")
    expect(dock.get_by_text(f"{new_name}-1 was stopped, so nothing answers now.")).to_be_visible()
    dock.get_by_role("button", name="Run version 1", exact=True).click()
    page.get_by_role("banner").get_by_role("button", name="The new model didn’t start").click(timeout=90_000)
    reason = api.get(f"{path}/deployments")["items"][0]["reason"]
    assert reason
    expect(page.get_by_role("row").filter(has=page.get_by_label("Note of version 1"))).to_contain_text("Didn’t start")
    for place in (dock, page.get_by_role("region", name="Drawer"), page.get_by_role("main")):
        expect(place.get_by_text(f"{new_name}-1 didn’t start.")).to_be_visible()
        expect(place.get_by_text(reason).first).to_be_visible()
    everything_in_the_bar_has_room(page)
    home = page.context.new_page()
    home.goto("/")
    home.get_by_role("row", name=new_name).get_by_role("link", name="v1 didn’t start").click()
    expect(home.get_by_role("main").get_by_text(reason).first).to_be_visible()
    home.close()
    lost.rename(model)
    page.get_by_role("region", name="Drawer").get_by_role("button", name="Start again").click()
    expect(dock).to_contain_text(f"{new_name}-1 since", timeout=90_000)
    expect(page.get_by_text("didn’t start")).to_have_count(0)


def everything_in_the_bar_has_room(page: Page) -> None:
    """Where the start of a model failed the bar says most: the name and all buttons stay whole at every width."""
    before = page.viewport_size
    assert before is not None
    for width in (1180, 1001, 1000, 930, 901, 900):
        page.set_viewport_size({"width": width, "height": before["height"]})
        cut = page.get_by_role("banner").evaluate(
            """(bar) => [...bar.querySelectorAll('button, a')].flatMap((each) => {
            const box = each.getBoundingClientRect()
            const outside = box.left < bar.getBoundingClientRect().left || box.right > innerWidth
            const parts = [each, ...each.querySelectorAll('.ell')]
            return outside || parts.some((part) => part.scrollWidth > part.clientWidth + 1) ? [each.textContent] : []
        })"""
        )
        assert cut == [], width
    page.set_viewport_size(before)
