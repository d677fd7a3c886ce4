"""What is typed is kept in the browser until the server has it: through a cut, a reload, an upgrade, a new sign-in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from tests.services.running import PASSWORD, RunningStudio
from tests.web.api import Api
from tests.web.chromium import Watch, sign_in
from tests.web.projects import FLOWS, tea_desk

People = Callable[..., tuple[Page, Watch]]
CUT = r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to load resource|Failed to fetch"
TEXTS = {
    "utter_ask_town": ("To which town?", "Which harbour?"),
    "utter_ask_size": ("Which size of cup?", "How large?"),
    "utter_ordered": ("A {size} tea goes to {town}.", "On its way to {town}."),
}

# The pause that ends a typing comes when the test says so.
OWN_PAUSE = """
const after = window.setTimeout
window.setTimeout = (call, pause, ...rest) => pause === 800 ? (window.endTyping = call, 0) : after(call, pause, ...rest)
"""


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of a small assistant that only this test changes."""
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    return new_name


def text_of(page: Page) -> Locator:
    """The first text of the response that is open."""
    return page.get_by_role("textbox", name="Text 1, English")


def type_into(page: Page, desk: str, response: str, text: str) -> None:
    """Open a response from the list and write another text."""
    row = page.get_by_role("grid", name="Responses").get_by_role("row", name=response)
    row.click()
    page.get_by_role("heading", name=response).wait_for()
    text_of(page).fill(text)
    text_of(page).blur()


def body(api: Api, desk: str, response: str) -> object:
    """What the server holds."""
    return api.item(api.assistant(desk)["id"], "response", response)["body"]


def changes(api: Api, desk: str) -> list[str]:
    """Ids of all changes that the server took, newest first."""
    return [change["id"] for change in api.get(f"/assistants/{api.assistant(desk)['id']}/changes")["items"]]


def saved(page: Page) -> None:
    """Wait until nothing waits any more."""
    expect(page.get_by_role("status").filter(has_text=re.compile("^Saved"))).to_be_visible()


def kept(page: Page, count: int) -> None:
    """Wait until the banner tells how many changes wait here."""
    expect(page.get_by_text(re.compile(f": {count} changes? kept here"))).to_be_visible()


def cut(page: Page) -> None:
    """Let nothing through to the server but the pages themselves."""
    page.context.route("**/api/**", lambda route: route.abort())


def mend(page: Page) -> None:
    """Let everything through again."""
    page.context.unroute("**/api/**")


def visit_all(page: Page, desk: str) -> None:
    """Have each response read once, so that it opens without a network."""
    page.goto(f"/a/{desk}/content/response")
    for response, (text, _) in TEXTS.items():
        page.get_by_role("grid", name="Responses").get_by_role("row", name=response).click()
        expect(text_of(page)).to_have_value(text)


def test_three_items_edited_without_a_network_survive_a_reload_and_are_written_once(
    watched: tuple[Page, Watch], api: Api, desk: str
) -> None:
    page, watch = watched
    watch.allow(CUT)
    visit_all(page, desk)
    before = changes(api, desk)
    cut(page)
    for response, (_, text) in TEXTS.items():
        type_into(page, desk, response, text)
    kept(page, 3)
    page.reload()
    expect(page.get_by_text("The studio can’t be reached").first).to_be_visible(timeout=20_000)
    mend(page)
    page.get_by_role("button", name="Try again").first.click()
    expect(text_of(page)).to_have_value(TEXTS["utter_ordered"][1])
    saved(page)
    after = changes(api, desk)
    assert len(after) == len(before) + 3
    assert len(set(after)) == len(after)
    for response, (_, text) in TEXTS.items():
        assert body(api, desk, response)[0]["text"] == text  # type: ignore[index] # a list of variations
    page.reload()
    saved(page)
    assert changes(api, desk) == after


def test_an_answer_lost_on_the_way_is_asked_for_again_after_a_reload_and_nothing_is_written_twice(
    watched: tuple[Page, Watch], api: Api, desk: str
) -> None:
    page, watch = watched
    watch.allow(CUT)
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    expect(text_of(page)).to_have_value("To which town?")
    before = changes(api, desk)

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()
        route.abort()

    page.context.route("**/changes", lose)
    page.get_by_role("button", name="Variation", exact=True).click()
    kept(page, 1)
    assert len(changes(api, desk)) == len(before) + 1
    page.context.unroute_all(behavior="wait")  # one more try may be on its way through it
    page.reload()
    expect(page.get_by_role("region", name="Variation 2")).to_be_visible()
    saved(page)
    assert len(changes(api, desk)) == len(before) + 1
    assert body(api, desk, "utter_ask_town") == [{"text": "To which town?"}, {"text": ""}]


def test_two_tabs_edit_different_steps_of_one_flow_without_a_question(page: Page, api: Api, desk: str) -> None:
    tabs = {"ask_size": page, "ask_town": page.context.new_page()}
    said = {"ask_size": "size of the cup", "ask_town": "town of the guest"}
    for step, tab in tabs.items():
        tab.goto(f"/a/{desk}/flows/order_tea?step={step}")
        tab.get_by_label("Description for the assistant").wait_for()
    for step, tab in tabs.items():
        tab.get_by_label("Description for the assistant").fill(said[step])
    for tab in tabs.values():
        tab.get_by_label("Description for the assistant").blur()
    for tab in tabs.values():
        saved(tab)
        expect(tab.get_by_role("region", name="Your version")).to_have_count(0)
    written = FLOWS.replace("how large the cup is", said["ask_size"]).replace("where the tea goes", said["ask_town"])
    source = api.item(api.assistant(desk)["id"], "flow", "order_tea")["parts"][0]["source"]
    assert source in written
    assert said["ask_size"] in source
    assert said["ask_town"] in source


@pytest.mark.parametrize("choice", ["Keep mine", "Take theirs"])
def test_two_tabs_that_type_the_same_text_show_both_and_the_person_chooses(
    page: Page, api: Api, desk: str, choice: str
) -> None:
    page.context.add_init_script(OWN_PAUSE)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"/a/{desk}/content/response/utter_ask_town")
        expect(text_of(tab)).to_have_value("To which town?")
    text_of(page).fill("First town?")
    # The other tab has not heard of this text when its own begins.
    text_of(other).fill("Second town?")
    text_of(page).blur()
    expect(other.get_by_role("region", name="Your version")).to_contain_text("Second town?")
    other.evaluate("window.endTyping()")
    for tab in (page, other):
        expect(tab.get_by_role("region", name="Your version")).to_contain_text("Second town?")
        expect(tab.get_by_role("region", name="Version on the server")).to_contain_text("First town?")
    other.get_by_role("button", name=choice).click()
    kept_text = "Second town?" if choice == "Keep mine" else "First town?"
    for tab in (page, other):
        expect(text_of(tab)).to_have_value(kept_text)
        saved(tab)
    assert body(api, desk, "utter_ask_town") == [{"text": kept_text}]


def test_two_versions_of_a_flow_are_decided_over_its_canvas_and_trouble_no_other_page(
    watched: tuple[Page, Watch], api: Api, desk: str
) -> None:
    page, watch = watched
    watch.allow("status of 409")
    page.context.add_init_script(OWN_PAUSE)
    other = page.context.new_page()
    described = "Description for the assistant"
    for tab in (page, other):
        tab.goto(f"/a/{desk}/flows/order_tea?step=ask_size")
        tab.get_by_label(described).wait_for()
    page.get_by_label(described).fill("small or big")
    other.get_by_label(described).fill("amount of tea")
    # Both pages show both versions before that; what follows asks for a page that has nothing more to send.
    with page.expect_response(lambda response: response.url.endswith("/changes") and response.ok):
        page.get_by_label(described).blur()
    expect(other.get_by_role("region", name="Your version")).to_contain_text("amount of tea")
    other.evaluate("window.endTyping()")
    for tab in (page, other):
        expect(tab.get_by_role("region", name="Your version")).to_contain_text("amount of tea")
        expect(tab.get_by_role("region", name="Version on the server")).to_contain_text("small or big")
        expect(tab.get_by_text("You changed this flow here and in another tab at the same time.")).to_be_visible()
        expect(tab.get_by_text("step ask_size, description")).to_be_visible()
        expect(tab.locator(".react-flow__node-step").first).to_be_visible()

    # What is known not to fit is not sent again by a page that is loaded, and marks the flow's page alone.
    sent: list[str] = []
    page.context.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    for tab in (page, other):
        tab.goto(f"/a/{desk}/content/response/utter_ask_town")
        expect(text_of(tab)).to_have_value("To which town?")
        expect(tab.get_by_text("order_tea was changed twice at the same time.")).to_be_visible()
        saved(tab)
        tab.get_by_role("banner").get_by_role("button", name="Train", exact=True).click()
        notice = tab.get_by_role("status").filter(has_text="Not trained: some of your changes")
        expect(notice).to_contain_text("two versions of order_tea wait for your choice")
        notice.get_by_role("button", name="Look at both").click()
        expect(tab.get_by_role("region", name="Your version")).to_contain_text("amount of tea")
    assert [url for url in sent if url.endswith("/changes")] == []
    other.get_by_role("button", name="Keep mine").click()
    for tab in (page, other):
        expect(tab.get_by_role("region", name="Your version")).to_have_count(0)
        saved(tab)
    assert "amount of tea" in api.item(api.assistant(desk)["id"], "flow", "order_tea")["parts"][0]["source"]


def test_a_tab_that_is_closed_leaves_its_changes_to_the_other(watched: tuple[Page, Watch], api: Api, desk: str) -> None:
    page, watch = watched
    watch.allow(CUT)
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    expect(text_of(page)).to_have_value("To which town?")
    other = page.context.new_page()
    other.goto(f"/a/{desk}/content/response")
    other.get_by_role("grid", name="Responses").wait_for()
    cut(page)
    text_of(page).fill("Which harbour?")
    text_of(page).blur()
    kept(page, 1)
    kept(other, 1)
    page.close()
    mend(other)
    other.get_by_role("button", name="Try now").or_(other.get_by_role("grid", name="Responses")).first.click()
    expect(other.get_by_text("kept here")).to_have_count(0)
    expect(other.get_by_role("row", name="utter_ask_town")).to_contain_text("Which harbour?")
    assert body(api, desk, "utter_ask_town") == [{"text": "Which harbour?"}]


def test_a_sign_in_that_ends_while_editing_loses_nothing(
    people: People, studio: RunningStudio, signed_in: Path, api: Api, desk: str
) -> None:
    page, watch = people(signed=False)
    watch.allow("status of 40[13]")
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    sign_in(page, "admin", PASSWORD)
    expect(text_of(page)).to_have_value("To which town?")
    page.context.clear_cookies()
    text_of(page).fill("Which harbour?")
    text_of(page).blur()
    expect(page.get_by_text("Signed out: 1 change kept here")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in").click()
    sign_in(opened.value, "admin", PASSWORD)
    expect(opened.value.get_by_role("heading", name="utter_ask_town")).to_be_visible()
    saved(page)
    expect(text_of(opened.value)).to_have_value("Which harbour?")
    expect(text_of(page)).to_have_value("Which harbour?")
    assert body(api, desk, "utter_ask_town") == [{"text": "Which harbour?"}]


def invited(api: Api, people: People, name: str) -> None:
    """A second person with an account, who may edit; no second administrator, so that the first stays the last."""
    answer = api.send("POST", "/users", {"username": name, "roles": ["flow-builder"]})
    page, _ = people(signed=False)
    page.goto(answer["link"])
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again", exact=True).fill(PASSWORD)
    page.get_by_role("button").last.click()
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()


@pytest.mark.slow
def test_another_person_in_the_same_browser_neither_sees_nor_sends_what_waits(
    people: People, api: Api, desk: str, new_name: str
) -> None:
    invited(api, people, f"berta-{new_name}")
    page, watch = people(signed=False)
    watch.allow("status of 40[139]")
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    sign_in(page, "admin", PASSWORD)
    expect(text_of(page)).to_have_value("To which town?")
    identity = api.assistant(desk)["id"]
    page.context.route("**/changes", lambda route: route.abort())
    watch.allow(CUT)
    text_of(page).fill("Which harbour?")
    text_of(page).blur()
    kept(page, 1)
    left = page.context.new_page()
    left.goto("/")
    left.get_by_role("button", name="theme, shortcuts, sign out").click()
    left.get_by_role("menuitem", name="Sign out").click()
    expect(left.get_by_role("heading", name="Sign in")).to_be_visible()
    page.context.unroute("**/changes")
    before = changes(api, desk)

    left.goto(f"/a/{desk}/content/response/utter_ask_town")
    sign_in(left, f"berta-{new_name}", PASSWORD)
    expect(text_of(left)).to_have_value("To which town?")
    saved(left)
    # The page that was left open is the other person's now, and shows nothing of the first one's.
    expect(text_of(page)).to_have_value("To which town?")
    text_of(left).fill("Berta’s town?")
    text_of(left).blur()
    expect(left.get_by_role("status").filter(has_text="Saved ·")).to_be_visible()
    assert len(changes(api, desk)) == len(before) + 1
    assert body(api, desk, "utter_ask_town") == [{"text": "Berta’s town?"}]

    left.get_by_role("button", name="theme, shortcuts, sign out").click()
    left.get_by_role("menuitem", name="Sign out").click()
    expect(left.get_by_role("heading", name="Sign in")).to_be_visible()
    left.goto(f"/a/{desk}/content/response/utter_ask_town")
    sign_in(left, "admin", PASSWORD)
    expect(left.get_by_role("region", name="Your version")).to_contain_text("Which harbour?")
    expect(left.get_by_role("region", name="Version on the server")).to_contain_text("Berta’s town?")
    left.get_by_role("button", name="Keep mine").click()
    # Which tab of the person sends it is the browser's choice; only that one knows the time.
    expect(left.get_by_role("status").filter(has_text=re.compile("^Saved"))).to_be_visible()
    assert api.item(identity, "response", "utter_ask_town")["body"] == [{"text": "Which harbour?"}]


def test_a_browser_that_keeps_nothing_says_so(watched: tuple[Page, Watch], api: Api, desk: str) -> None:
    page, watch = watched
    watch.allow(CUT)
    refused = "IDBFactory.prototype.open = () => { throw new DOMException('No storage here', 'SecurityError') }"
    page.add_init_script(refused)
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    expect(text_of(page)).to_have_value("To which town?")
    cut(page)
    text_of(page).fill("Which harbour?")
    text_of(page).blur()
    kept(page, 1)
    expect(page.get_by_text("leave it open until then")).to_be_visible()
    mend(page)
    page.get_by_role("button", name="Try now").click()
    saved(page)
    assert body(api, desk, "utter_ask_town") == [{"text": "Which harbour?"}]


@pytest.mark.slow
def test_what_waits_is_neither_shown_nor_sent_by_pages_of_another_assistant_or_of_another_studio_at_the_address(
    watched: tuple[Page, Watch], api: Api, desk: str
) -> None:
    page, watch = watched
    watch.allow(CUT)
    other = f"{desk}-other"
    api.bring_in(other, "Other desk", tea_desk(other))

    def write(assistant: str, text: str, response: str = "utter_ask_size") -> None:
        page.goto(f"/a/{assistant}/content/response/{response}")
        expect(text_of(page)).to_have_value(TEXTS[response][0])
        text_of(page).fill(text)
        text_of(page).blur()

    def be_another(route: Route) -> None:
        told = route.fetch()
        route.fulfill(response=told, json=told.json() | {"instance": "another"})

    page.context.route("**/changes", lambda route: route.abort())
    write(desk, "Which harbour?", "utter_ask_town")
    kept(page, 1)
    page.goto("about:blank")
    page.context.unroute("**/changes")
    before = changes(api, desk)
    write(other, "How large there?")
    expect(page.get_by_role("status").filter(has_text="Saved ·")).to_be_visible()
    assert changes(api, desk) == before
    # Ids of people and assistants differ between studios too; here nothing but the studio's own does.
    page.context.route("**/api/session", be_another)
    write(desk, "How large?")
    expect(page.get_by_role("status").filter(has_text="Saved ·")).to_be_visible()
    assert changes(api, desk)[1:] == before
    page.context.unroute("**/api/session")
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    expect(text_of(page)).to_have_value("Which harbour?")
    saved(page)
    assert body(api, desk, "utter_ask_town") == [{"text": "Which harbour?"}]
    assert changes(api, desk)[2:] == before
