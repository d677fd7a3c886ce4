"""Edits are saved by themselves, can be taken back, and never lose what somebody else wrote."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.services.running import RunningStudio
from tests.web.api import Api
from tests.web.chromium import Watch
from tests.web.places import canvas, saved
from tests.web.projects import FLOWS, tea_desk

CHANGES = re.compile(r"/changes$")


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of a small assistant that only this test changes."""
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    return new_name


def stored(api: Api, desk: str, kind: str, name: str) -> object:
    """What the server holds."""
    return api.item(api.assistant(desk)["id"], kind, name)["body"]


class Held:
    """Keeps a page's changes on their way until the test lets them go."""

    def __init__(self, page: Page) -> None:
        self._routes: list[Route] = []
        self._holding = True
        page.route(CHANGES, self._take)

    def _take(self, route: Route) -> None:
        if self._holding and route.request.method == "POST":
            self._routes.append(route)
        else:
            route.continue_()

    def let_go(self) -> None:
        """Send what was held, and hold no more."""
        self._holding = False
        for route in self._routes:
            route.continue_()


def test_an_edit_is_undone_and_redone(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    text = page.get_by_role("textbox", name="Text 1, English")
    text.fill("Whereto?")
    text.blur()
    saved(page)
    page.get_by_role("button", name="Undo").click()
    expect(text).to_have_value("To which town?")
    page.get_by_role("button", name="Redo").click()
    expect(text).to_have_value("Whereto?")
    page.get_by_role("heading", name="utter_ask_town").click()
    page.keyboard.press("Control+z")
    expect(text).to_have_value("To which town?")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    saved(page)
    assert stored(api, desk, "response", "utter_ask_town") == [{"text": "To which town?"}]


def test_a_deleted_item_comes_back_with_undo(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/content/response/utter_ordered")
    page.get_by_role("button", name="More for utter_ordered").click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete the response utter_ordered?")
    expect(dialog.get_by_role("button", name="order_tea")).to_be_visible()
    dialog.get_by_role("button", name="Delete it all the same").click()
    rows = page.get_by_role("grid", name="Responses").get_by_role("row", name="utter_ordered")
    expect(rows).to_have_count(0)
    page.get_by_role("button", name="Undo").first.click()
    expect(rows).to_have_count(1)
    rows.click()
    expect(page.get_by_role("textbox", name="Text 1, English")).to_have_value("A {size} tea goes to {town}.")


def test_a_history_entry_is_reverted(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    text = page.get_by_role("textbox", name="Text 1, English")
    text.fill("Whereto?")
    text.blur()
    saved(page)
    page.get_by_role("button", name="History").click()
    entry = page.get_by_role("tabpanel", name="History").get_by_role("listitem").filter(has_text="utter_ask_town").first
    entry.get_by_role("button", name="Revert").click()
    expect(text).to_have_value("To which town?")


def test_two_browsers_edit_different_steps_of_a_flow_and_both_stay(
    watched: tuple[Page, Watch], people: Callable[..., tuple[Page, Watch]], api: Api, desk: str
) -> None:
    first, watch = watched
    watch.allow("status of 409")
    second, _ = people()
    for tab, step in ((first, "ask_size"), (second, "ask_town")):
        tab.goto(f"/a/{desk}/flows/order_tea?step={step}")
        tab.get_by_label("Description for the assistant").wait_for()
    held = Held(first)
    with first.expect_request(CHANGES):
        first.get_by_label("Description for the assistant").fill("size of the cup")
        first.get_by_label("Description for the assistant").blur()
    second.get_by_label("Description for the assistant").fill("town of the guest")
    second.get_by_label("Description for the assistant").blur()
    saved(second)
    held.let_go()
    saved(first)
    for tab, step, text in ((first, "ask_town", "town of the guest"), (second, "ask_size", "size of the cup")):
        tab.locator(".react-flow__node-step").filter(has_text=step.removeprefix("ask_")).first.click()
        expect(tab.get_by_label("Description for the assistant")).to_have_value(text)
    source = api.item(api.assistant(desk)["id"], "flow", "order_tea")["parts"][0]["source"]
    written = FLOWS.replace("how large the cup is", "size of the cup").replace(
        "where the tea goes", "town of the guest"
    )
    assert source in written


@pytest.mark.parametrize("choice", ["Keep mine", "Take theirs"])
def test_two_edits_of_one_text_are_shown_side_by_side(
    watched: tuple[Page, Watch], api: Api, desk: str, choice: str
) -> None:
    page, watch = watched
    watch.allow("status of 409")
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    held = Held(page)
    with page.expect_request(CHANGES):
        page.get_by_role("textbox", name="Text 1, English").fill("My town?")
        page.get_by_role("textbox", name="Text 1, English").blur()
    write(api, desk, "utter_ask_town", "Their town?")
    held.let_go()

    expect(page.get_by_role("region", name="Your version")).to_contain_text("My town?")
    expect(page.get_by_role("region", name="Version on the server")).to_contain_text("Their town?")
    page.get_by_role("button", name=choice).click()
    kept = "My town?" if choice == "Keep mine" else "Their town?"
    expect(page.get_by_role("textbox", name="Text 1, English")).to_have_value(kept)
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(page.get_by_role("region", name="Your version")).to_have_count(0)
    wait_for(page, lambda: stored(api, desk, "response", "utter_ask_town") == [{"text": kept}])


def wait_for(page: Page, holds: Callable[[], bool]) -> None:
    """Poll the server until it holds what was sent."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("The server never held it.")


def test_yaml_that_cannot_be_read_stays_in_the_editor_and_names_its_line(
    watched: tuple[Page, Watch], api: Api, desk: str
) -> None:
    page, watch = watched
    watch.allow("status of 422")
    page.goto(f"/a/{desk}/flows/order_tea?view=yaml")
    editor = page.get_by_role("textbox", name="Text of order_tea")
    expect(editor).to_contain_text("ask_size")
    broken = "  order_tea:\n    description: Order a cup of tea\n    steps: [\n"
    editor.fill(broken)
    editor.blur()
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text("Not saved, kept here")
    expect(banner).to_contain_text("Line ")
    expect(editor).to_contain_text("steps: [")
    # A training from any page leads back to it.
    page.goto(f"/a/{desk}/content/response")
    expect(page.get_by_role("row", name="utter_ask_town")).to_be_visible()
    page.get_by_role("banner").get_by_role("button", name="Train", exact=True).click()
    notice = page.get_by_role("status").filter(has_text="Not trained: some of your changes")
    expect(notice).to_contain_text("the text of order_tea can’t be read")
    notice.get_by_role("button", name="Open the text").click()
    expect(banner).to_contain_text("Not saved, kept here")
    expect(editor).to_contain_text("steps: [")
    page.get_by_role("button", name="Back to the saved text").click()
    expect(editor).to_contain_text("ask_size")


def test_a_problem_leads_to_its_step(page: Page, api: Api, new_name: str) -> None:
    api.bring_in(new_name, "Tea desk", tea_desk(new_name, flows=f"{FLOWS}      - action: utter_unknown\n"))
    page.goto(f"/a/{new_name}/content/response")
    page.get_by_role("banner").get_by_role("button", name="problem").click()
    problems = page.get_by_role("tabpanel", name="Problems")
    problems.get_by_role("button", name=re.compile("utter_unknown")).click()
    canvas(page)
    expect(page.locator(".node.sel")).to_contain_text("utter_unknown")


def test_training_says_which_errors_stop_it(watched: tuple[Page, Watch], api: Api, new_name: str) -> None:
    page, watch = watched
    watch.allow("status of 422")
    api.bring_in(new_name, "Tea desk", tea_desk(new_name, flows=f"{FLOWS}      - action: utter_unknown\n"))
    page.goto(f"/a/{new_name}/flows/order_tea")
    page.get_by_role("banner").get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("the errors below stop it")).to_be_visible()
    expect(page.get_by_role("tabpanel", name="Problems")).to_contain_text("utter_unknown")


def test_every_edit_of_another_person_appears_while_the_page_is_open(page: Page, api: Api, desk: str) -> None:
    page.goto(f"/a/{desk}/flows/order_tea")
    canvas(page)
    for text in ("Which harbour?", "Which quay?", "Which town then?"):
        write(api, desk, "utter_ask_town", text)
        expect(step(page, "town")).to_contain_text(text)


def write(api: Api, desk: str, response: str, text: str) -> None:
    """Another person gives a response another text."""
    identity = api.assistant(desk)["id"]
    item = api.item(identity, "response", response)
    patch = [{"op": "replace", "path": "/0/text", "value": text}]
    api.change(identity, {"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch})


def test_a_question_on_the_canvas_follows_a_revert_and_is_edited_on_without_a_conflict(
    page: Page, api: Api, desk: str
) -> None:
    page.goto(f"/a/{desk}/flows/order_tea?step=ask_town")
    question = page.get_by_role("complementary", name="Inspector").get_by_label("Question", exact=True)
    question.fill("Whereto?")
    question.blur()
    saved(page)
    page.get_by_role("button", name="History").click()
    entry = page.get_by_role("tabpanel", name="History").get_by_role("listitem").filter(has_text="utter_ask_town").first
    entry.get_by_role("button", name="Revert").click()
    expect(question).to_have_value("To which town?")
    expect(step(page, "town")).to_contain_text("To which town?")
    question.fill("Which harbour?")
    question.blur()
    saved(page)
    wait_for(page, lambda: stored(api, desk, "response", "utter_ask_town") == [{"text": "Which harbour?"}])
    expect(page.get_by_text("at the same time")).to_have_count(0)


def step(page: Page, text: str) -> Locator:
    """A step on the canvas."""
    return page.locator(".react-flow__node-step").filter(has_text=text).first


def test_changes_made_without_a_network_are_kept_and_sent_later(
    watched: tuple[Page, Watch], api: Api, studio: RunningStudio, desk: str
) -> None:
    page, watch = watched
    watch.allow("ERR_INTERNET_DISCONNECTED")
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    text = page.get_by_role("textbox", name="Text 1, English")
    expect(text).to_have_value("To which town?")
    page.context.set_offline(True)
    text.fill("Offline town?")
    text.blur()
    expect(page.get_by_text("Offline: 1 change kept here.")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try now").or_(page.get_by_role("status").filter(has_text="Saved ·")).first.click()
    saved(page)
    assert stored(api, desk, "response", "utter_ask_town") == [{"text": "Offline town?"}]
