"""Content is edited, trained and talked to in the browser, and is still there after a restart."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.services.running import RunningStudio
from tests.web.api import Api
from tests.web.chromium import Watch
from tests.web.places import FLOW, canvas, new_chat, open_dock, say
from tests.web.projects import tea_desk


def dock(page: Page) -> Locator:
    """The Try dock."""
    return page.get_by_role("region", name="Try the assistant")


def conversation(page: Page) -> Locator:
    """The bubbles of the chat."""
    return page.get_by_role("region", name="Conversation")


def train(page: Page, version: str) -> None:
    """Train with the button, and wait until the dock says that the new version answers."""
    page.get_by_role("banner").get_by_role("button", name="Train", exact=True).click()
    open_dock(page)
    expect(dock(page)).to_contain_text(f"{version} since", timeout=90_000)


@pytest.mark.slow
def test_an_edited_text_is_trained_said_and_outlives_a_restart(
    page: Page, api: Api, studio: RunningStudio, new_name: str
) -> None:
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    page.goto(f"/a/{new_name}/content/response/utter_ask_town")
    page.get_by_role("textbox", name="Text 1, English").fill("Where may the kettle travel?")
    expect(page.get_by_role("status").filter(has_text="Saved ·")).to_be_visible()
    train(page, f"{new_name}-1")
    new_chat(page)
    say(page, "order tea")
    conversation(page).get_by_role("button", name="Large").click()
    expect(conversation(page)).to_contain_text("Where may the kettle travel?")

    page.goto("about:blank")
    studio.restart()
    api.move_to(studio.address)
    page.goto(f"{studio.address}/a/{new_name}/content/response/utter_ask_town")
    expect(page.get_by_role("textbox", name="Text 1, English")).to_have_value("Where may the kettle travel?")
    open_dock(page)
    expect(conversation(page)).to_contain_text("Where may the kettle travel?")
    api.running(new_name)
    say(page, "Leeds")
    expect(conversation(page)).to_contain_text("A large tea goes to Leeds.")
    page.get_by_role("button", name="History").click()
    history = page.get_by_role("tabpanel", name="History").get_by_role("listitem")
    expect(history.filter(has_text="utter_ask_town")).to_be_visible()
    page.goto(f"{studio.address}/a/{new_name}/versions")
    expect(page.get_by_role("row").filter(has=page.get_by_label("Note of version 1"))).to_contain_text("Ready")


def test_an_assistant_is_written_from_nothing_trained_and_answers(page: Page, api: Api, new_name: str) -> None:
    page.goto("/")
    page.get_by_role("button", name="New assistant").first.click()
    form = page.get_by_role("dialog", name="New assistant")
    form.get_by_label("Title").fill("Ferry desk")
    form.get_by_label("Id").fill(new_name)
    form.get_by_role("button", name="Create").click()

    page.get_by_role("button", name="New flow").first.click()
    form = page.get_by_role("dialog", name="New flow")
    form.get_by_label("Id").fill("book_ferry")
    form.get_by_label("Description").fill("Book a place on the ferry to an island")
    form.get_by_role("button", name="Create").click()
    canvas(page)
    create(page, "slot", "New slot", name="island")
    create(page, "response", "New response", name="utter_ask_island", text="Which island do you sail to?")
    create(page, "response", "New response", name="utter_booked", text="The ferry to {island} waits for you.")

    page.goto(f"/a/{new_name}/flows/book_ferry?view=yaml")
    editor = page.get_by_role("textbox", name="Text of book_ferry")
    expect(editor).to_contain_text("action: utter_book_ferry")
    typed_steps = "steps:\n      - collect: island\n      - action: utter_booked\n"
    head = editor.inner_text().partition("steps:")[0]
    editor.fill(head.replace("\u200b", "") + typed_steps)
    expect(page.get_by_role("status").filter(has_text="Saved ·")).to_be_visible()
    page.get_by_role("button", name="Canvas").click()
    expect(page.locator(".react-flow__node-step")).to_have_count(2)
    expect(page.locator(".react-flow__node-step").first).to_contain_text("Which island do you sail to?")

    train(page, f"{new_name}-1")
    new_chat(page)
    say(page, "book a ferry")
    expect(conversation(page)).to_contain_text("Which island do you sail to?")
    say(page, "Skye")
    expect(conversation(page)).to_contain_text("The ferry to Skye waits for you.")


@contextlib.contextmanager
def dying_backend(page: Page, studio: RunningStudio, path: str) -> Iterator[None]:
    """A request is sent that the backend does, and then dies with its answer."""
    backend = studio.process_of("backend")

    def die(route: Route) -> None:
        route.fetch()
        os.kill(backend, signal.SIGKILL)
        route.abort("connectionreset")

    page.route(re.compile(path), die, times=1)
    with page.expect_event("requestfailed", lambda request: re.search(path, request.url) is not None):
        yield


def test_nobody_who_chats_and_trains_notices_that_the_backend_dies(
    watched: tuple[Page, Watch], api: Api, studio: RunningStudio, new_name: str
) -> None:
    page, watch = watched
    watch.allow("ERR_|Failed to fetch|status of 50")
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    page.goto(f"/a/{new_name}/flows/order_tea")
    train(page, f"{new_name}-1")
    new_chat(page)
    page.get_by_label("Your message").fill("order tea")
    with dying_backend(page, studio, "/chats$"):  # the first words begin the chat
        page.get_by_label("Your message").press("Enter")
    large = conversation(page).get_by_role("button", name="Large")
    large.wait_for()
    with dying_backend(page, studio, "/messages$"):
        large.click()
    expect(conversation(page)).to_contain_text("To which town?")
    expect(conversation(page).locator(".bubble.me")).to_have_text(["order tea", "Large"])
    expect(conversation(page).get_by_role("button", name="Send again")).to_have_count(0)

    page.goto(f"/a/{new_name}/content/response/utter_ask_town")
    page.get_by_role("textbox", name="Text 1, English").fill("Where may the kettle travel?")
    expect(page.get_by_role("status").filter(has_text="Saved ·")).to_be_visible()
    with dying_backend(page, studio, "/trainings$"):
        page.get_by_role("banner").get_by_role("button", name="Train", exact=True).click()
    expect(dock(page)).to_contain_text(f"{new_name}-2 since", timeout=90_000)
    assert len(api.get(f"/assistants/{api.assistant(new_name)['id']}/trainings")["items"]) == 2


def create(page: Page, kind: str, title: str, *, name: str, text: str | None = None) -> None:
    """Make an item with its small form."""
    assistant = page.url.partition("/a/")[2].partition("/")[0]
    page.goto(f"/a/{assistant}/content/{kind}")
    page.get_by_role("button", name="New", exact=True).click()
    form = page.get_by_role("dialog", name=title)
    form.get_by_label("Name").fill(name)
    if text is not None:
        form.get_by_label("Text").fill(text)
    form.get_by_role("button", name="Create").click()
    expect(page.get_by_role("main", name=name)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Saved ·")).to_be_visible()


def test_the_path_of_a_conversation_is_lit_on_the_canvas_that_follows_it(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/flows/check_balance")
    canvas(page)
    new_chat(page)
    say(page, "I want to send some money")
    page.wait_for_url(f"**/flows/{FLOW}**")
    nodes = page.locator(".react-flow__node-step .node")
    expect(nodes.and_(page.locator(".active"))).to_contain_text("recipient")
    say(page, "Clara")
    expect(nodes.and_(page.locator(".active"))).to_contain_text("amount")
    expect(page.locator(".node.lit, .node.active")).to_have_count(3)
    expect(page.locator("path.edge.lit")).to_have_count(2)

    page.get_by_role("switch", name="Follow the conversation").click()
    say(page, "what's my balance")
    expect(conversation(page)).to_contain_text("euros")
    assert page.url.partition("?")[0].endswith(f"/flows/{FLOW}")


def test_a_click_in_the_timeline_shows_the_step_on_the_canvas(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/content/response")
    new_chat(page)
    say(page, "I want to send some money")
    page.get_by_role("region", name="Timeline").get_by_role("link", name="Waiting at recipient").click()
    canvas(page)
    expect(page.locator(".node.sel")).to_contain_text("recipient")


def test_a_chat_without_a_model_offers_to_train_first(page: Page, api: Api, new_name: str) -> None:
    api.bring_in(new_name, "Untrained desk", tea_desk(new_name))
    page.goto(f"/a/{new_name}/flows/order_tea")
    open_dock(page)
    expect(dock(page)).to_contain_text("Nothing runs yet")
    expect(dock(page).get_by_role("button", name="Train")).to_be_visible()
    expect(page.get_by_label("Your message")).to_have_count(0)
    assert api.get(f"/assistants/{api.assistant(new_name)['id']}/chats")["items"] == []


def test_a_chat_greets_once_when_it_is_started(page: Page, api: Api, example: str) -> None:
    page.goto(f"/a/{example}/content/response")
    new_chat(page)
    page.get_by_label("Your message").fill("I want to send some money")
    page.get_by_label("Your message").press("Enter")
    expect(conversation(page)).to_contain_text("Who should get the money?")
    greeting = conversation(page).locator(".bubble.bot").filter(has_text="Hello, this is Harbour Bank")
    expect(greeting).to_have_count(1)
    chats = f"/assistants/{api.assistant(example)['id']}/chats"
    before = len(api.get(chats)["items"])
    page.get_by_role("button", name="New chat").click()
    expect(conversation(page).locator(".bubble.me")).to_have_count(0)
    expect(greeting).to_have_count(1)
    expect(page.get_by_text("Say something as your users would")).to_be_visible()
    page.reload()
    expect(greeting).to_have_count(1)
    assert len(api.get(chats)["items"]) == before + 1


def test_an_answer_that_comes_after_another_chat_was_begun_stays_in_its_own(page: Page, example: str) -> None:
    page.goto(f"/a/{example}/content/response")
    new_chat(page)
    say(page, "I want to send some money")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile("/messages$"), hold, times=1)
    page.get_by_label("Your message").fill("Emma")
    page.get_by_label("Your message").press("Enter")
    expect(conversation(page).locator(".bubble.me")).to_have_count(2)
    page.get_by_role("button", name="New chat").click()
    greeting = conversation(page).locator(".bubble.bot").filter(has_text="Hello, this is Harbour Bank")
    expect(greeting).to_have_count(1)
    expect(conversation(page).locator(".bubble.me")).to_have_count(0)
    with page.expect_response(re.compile("/messages$")) as answer:
        held[0].continue_()
    answer.value.finished()
    say(page, "check my balance")  # what came late has been taken or left by then
    expect(conversation(page).locator(".bubble.me")).to_have_text(["check my balance"])
    expect(greeting).to_have_count(1)


def test_a_greeting_whose_request_was_cut_comes_by_itself(watched: tuple[Page, Watch], api: Api, example: str) -> None:
    page, watch = watched
    watch.allow("Failed to load resource")
    page.goto(f"/a/{example}/content/response")
    new_chat(page)
    say(page, "I want to send some money")
    chats = f"/assistants/{api.assistant(example)['id']}/chats"
    before = len(api.get(chats)["items"])
    restart = "**/chats/*/restart"
    page.route(restart, lambda route: route.abort("connectionfailed"))
    with page.expect_event("requestfailed", lambda sent: sent.url.endswith("/restart")):
        page.get_by_role("button", name="New chat").click()
    expect(conversation(page).locator(".typing")).to_be_visible()
    page.unroute(restart)
    expect(dock(page).get_by_role("alert")).to_have_count(0)
    expect(conversation(page).locator(".bubble.bot").filter(has_text="Hello, this is Harbour Bank")).to_have_count(1)
    expect(conversation(page).locator(".bubble.me")).to_have_count(0)
    assert len(api.get(chats)["items"]) == before + 1


def test_a_dock_that_opens_at_a_model_without_a_greeting_leaves_no_chat(page: Page, api: Api, new_name: str) -> None:
    assistant = api.bring_in(new_name, "Quiet desk", tea_desk(new_name))
    api.trained(new_name)
    page.goto(f"/a/{new_name}/flows/order_tea")
    open_dock(page)
    expect(page.get_by_text("Say something as your users would")).to_be_visible()
    assert api.get(f"/assistants/{assistant['id']}/chats")["items"] == []
