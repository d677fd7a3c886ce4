"""The pages, dialogs and states that people see, each with the way there; for the checks and the pictures alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect
from tests.web.api import archive

FLOW = "transfer_money"
IMPORT = re.compile(r"^Import( \d+ items?)?$")
"""The button that imports; it says how many items once they are counted."""
# A flow with a step that goes nowhere, a slot and a response that nothing knows.
BROKEN = {
    "config.yml": "recipe: default.v1\nlanguage: en\nassistant_id: broken-desk\n",
    "domain.yml": "version: '3.1'\nslots:\n  city:\n    type: text\n    mappings:\n      - type: from_llm\n",
    "data/flows.yml": (
        "flows:\n  book_trip:\n    description: Book a trip\n    steps:\n"
        "      - collect: city\n      - collect: seats\n        next: nowhere\n      - action: utter_booked\n"
    ),
    "notes/readme.txt": "Kept as it is.\n",
    ".git/config": "[core]\n",
    ".git/HEAD": "ref: refs/heads/main\n",
}


_GO = "(address) => window.__TSR_ROUTER__.history.push(address)"
_IS_THERE = """() => {
  const { status, isLoading, location, resolvedLocation } = window.__TSR_ROUTER__.state
  return status === 'idle' && !isLoading && resolvedLocation?.href === location.href
}"""


@dataclass(frozen=True)
class Place:
    """One picture's worth: its name, its address, and what is done there until it shows."""

    name: str
    path: str
    show: Callable[[Page], None]

    def open(self, page: Page, assistant: str) -> None:
        """Go there and wait until nothing loads any more."""
        page.goto(self.address(assistant))
        self.show(page)
        settled(page)

    def reach(self, page: Page, assistant: str) -> None:
        """Go there as a link of the client does, which takes a fraction of opening it anew; nothing may float."""
        if not page.evaluate("'__TSR_ROUTER__' in window"):
            self.open(page, assistant)
            return
        page.evaluate(_GO, self.address(assistant))
        page.wait_for_function(_IS_THERE)
        self.show(page)
        settled(page)

    def address(self, assistant: str) -> str:
        """Its address in an assistant."""
        return self.path.format(a=f"/a/{assistant}")


def settled(page: Page) -> None:
    """Wait until the fonts are there and no skeleton or busy part is left."""
    page.mouse.move(0, 899)  # over nothing that answers
    expect(page.locator('.sk, [aria-busy="true"]')).to_have_count(0)
    page.evaluate("document.fonts.ready.then(() => null)")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def heading(name: str) -> Callable[[Page], None]:
    """Wait for a heading."""
    return lambda page: page.get_by_role("heading", name=name).first.wait_for()


def row(table: str) -> Callable[[Page], None]:
    """Wait for the first row of a table."""
    return lambda page: page.get_by_role("grid", name=table).get_by_role("row").nth(1).wait_for()


def row_of(text: str) -> Callable[[Page], None]:
    """Wait for a row that says something."""
    return lambda page: page.get_by_role("row", name=text).first.wait_for()


def canvas(page: Page) -> None:
    """Wait until the flow is drawn."""
    page.locator(".react-flow__node-step").first.wait_for()


def _step(page: Page) -> None:
    canvas(page)
    page.locator(".react-flow__node-step").nth(1).click()
    page.get_by_role("complementary", name="Inspector").get_by_text("Step 2 of").wait_for()


def _editor(page: Page) -> None:
    page.locator(".cm-content").wait_for()


def item(name: str) -> Callable[[Page], None]:
    """Wait until an item is open in its form."""
    return lambda page: page.get_by_role("main", name=name).get_by_role("button", name="YAML").wait_for()


def saved(page: Page) -> None:
    """Wait until everything typed is on the server."""
    expect(page.get_by_role("status").filter(has_text=re.compile("^Saved ·"))).to_be_visible()


def text_of(name: str) -> Callable[[Page], None]:
    """Wait until an item is open as the text that it is in the project's files."""
    return lambda page: page.get_by_role("main", name=name).locator(".cm-content").wait_for()


def drawer(tab: str) -> Callable[[Page], None]:
    """Open a tab of the drawer; it stays open, so that it is closed by the next address' visitor."""

    def show(page: Page) -> None:
        opened = page.get_by_role("tab", name=tab)
        closed = page.get_by_role("button", name=re.compile(f"^{tab}"))
        (opened.or_(closed)).last.click()
        page.get_by_role("tabpanel", name=tab).wait_for()

    return show


def close_drawer(page: Page) -> None:
    """Leave the frame as it was found."""
    page.get_by_role("button", name="Close the drawer").click()


def palette(page: Page) -> None:
    """Open the command palette over a page."""
    canvas(page)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or run").fill("transfer")
    page.get_by_role("option", name=re.compile(FLOW)).first.wait_for()


def shortcuts(page: Page) -> None:
    """Open the list of keys."""
    canvas(page)
    page.keyboard.press("Shift+?")
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()


def person(page: Page) -> None:
    """Open the person's menu."""
    page.get_by_role("button", name=re.compile("theme, shortcuts, sign out")).click()
    page.get_by_role("menuitem", name="Sign out").wait_for()


def switcher(page: Page) -> None:
    """Open the list of assistants."""
    page.get_by_role("banner").get_by_role("button", name=re.compile("Harbour")).click()
    page.get_by_role("menuitem", name="New assistant").wait_for()


def dialog(button: str, title: str) -> Callable[[Page], None]:
    """Open a dialog by its button."""

    def show(page: Page) -> None:
        page.get_by_role("button", name=button).first.click()
        page.get_by_role("dialog", name=title).wait_for()

    return show


def read(page: Page) -> None:
    """Choose a project with errors, of which nothing is made yet."""
    choose(page, "broken-desk.zip", archive(BROKEN))
    page.get_by_role("button", name="Import 4 items").wait_for()


def report(page: Page) -> None:
    """Import a project with errors and read the report."""
    choose(page, "broken-desk.zip", archive(BROKEN))
    page.get_by_role("textbox", name="Title").fill("Broken desk")
    page.get_by_role("button", name=IMPORT).click()
    page.get_by_role("heading", name="Broken desk is here").wait_for()


def choose(page: Page, name: str, data: bytes) -> None:
    """Choose an archive with the file dialog; one that was chosen before, and waits since, makes room."""
    another = page.get_by_role("button", name="Choose another")
    if another.is_visible():
        another.click()
    page.get_by_label("Choose an archive").set_input_files(
        {"name": name, "mimeType": "application/zip", "buffer": data}
    )


def open_dock(page: Page) -> None:
    """Open the Try dock, where it is closed."""
    button = page.get_by_role("banner").get_by_role("button", name="Try")
    if button.get_attribute("aria-pressed") == "false":
        button.click()
    page.get_by_role("region", name="Try the assistant").get_by_role("heading", name="Try").wait_for()


def version_menu(choice: str, number: int = 1) -> Callable[[Page], None]:
    """Choose something in the menu of a version."""

    def show(page: Page) -> None:
        page.get_by_role("button", name=f"More for version {number}", exact=True).click()
        page.get_by_role("menuitem", name=choice).click()

    return show


def version_history(page: Page) -> None:
    """Open what became of a version."""
    version_menu("What became of it")(page)
    page.get_by_role("list", name="What became of this run").get_by_role("listitem").first.wait_for()


def new_chat(page: Page) -> None:
    """Begin a chat of its own, with suggestions."""
    open_dock(page)
    again = page.get_by_role("button", name="New chat")
    suggestions = page.get_by_text("Say something as your users would")
    again.or_(suggestions).first.wait_for()
    if not suggestions.is_visible():
        again.click()
    suggestions.wait_for()


def say(page: Page, text: str) -> None:
    """Say one sentence and wait for the answer."""
    turns = page.get_by_role("region", name="Timeline").get_by_role("button", pressed=True)
    page.get_by_label("Your message").fill(text)
    page.get_by_label("Your message").press("Enter")
    turns.filter(has_text=text).wait_for()


def talk(*texts: str) -> Callable[[Page], None]:
    """A chat of these sentences."""

    def show(page: Page) -> None:
        new_chat(page)
        for text in texts:
            say(page, text)

    return show


TALK = ("I want to send some money", "Clara", "100 euros")

PLACES = (
    Place("home", "/", row_of("Harbour Bank")),
    Place("home-new", "/?new=true", lambda page: page.get_by_role("dialog", name="New assistant").wait_for()),
    Place("import", "/import", heading("Import a project")),
    Place("import-read", "/import", read),
    Place("users", "/users", row_of("admin")),
    Place("docs", "/docs", heading("Documentation")),
    Place("docs-page", "/docs/settings", heading("Settings")),
    Place("import-report", "/import", report),
    Place("flows", "{a}/flows", heading("Choose a flow")),
    Place("flows-new", "{a}/flows", dialog("New flow", "New flow")),
    Place("flow", "{a}/flows/" + FLOW, canvas),
    Place("flow-step", "{a}/flows/" + FLOW, _step),
    Place("flow-yaml", "{a}/flows/" + FLOW + "?view=yaml", _editor),
    Place("flow-built-in", "{a}/flows/pattern_correction", canvas),
    Place("responses", "{a}/content/response", row("Responses")),
    Place("response", "{a}/content/response/utter_ask_amount", item("utter_ask_amount")),
    Place("response-yaml", "{a}/content/response/utter_ask_amount?view=yaml", _editor),
    Place("slots", "{a}/content/slot", row("Slots")),
    Place("slot", "{a}/content/slot/amount", item("amount")),
    Place("actions", "{a}/content/action", row("Actions")),
    Place("prompts", "{a}/content/prompt", heading("No prompts yet")),
    Place("nlu", "{a}/nlu", heading("NLU")),
    Place("intent", "{a}/nlu/intent/transfer_money", item("transfer_money")),
    Place("settings", "{a}/settings", row_of("ACTION_SERVER_URL")),
    Place("files", "{a}/files", heading("Project files")),
    Place("file", "{a}/files/config/config.yml", _editor),
    Place("versions", "{a}/versions", heading("Versions")),
    Place("version-history", "{a}/versions", version_history),
    Place("not-found", "{a}/flows/no_such_flow", lambda page: page.get_by_text("There is no").first.wait_for()),
    Place("palette", "{a}/flows/" + FLOW, palette),
    Place("shortcuts", "{a}/flows/" + FLOW, shortcuts),
    Place("person", "{a}/flows/" + FLOW, person),
    Place("switcher", "{a}/flows/" + FLOW, switcher),
    Place("try-empty", "{a}/flows/" + FLOW, new_chat),
    Place("try", "{a}/flows/" + FLOW, talk(*TALK)),
    Place("try-response", "{a}/content/response/utter_ask_amount", open_dock),
)
LEAD_ON = {
    "/a/$assistant": "/flows",
    "/a/$assistant/content": "/content/response",
    "/a/$assistant/responses": "/content/response",
    "/a/$assistant/responses/$name": "/content/response/utter_hours",
}
"""Routes without a page of their own, with the one they lead to."""


def routes_of(page: Page) -> set[str]:
    """All paths that the router knows."""
    paths: list[str] = page.evaluate("Object.keys(window.__TSR_ROUTER__.routesByPath)")
    return {path.rstrip("/") or "/" for path in paths}


def stands_for(place: Place, route: str) -> bool:
    """Whether a place is a page of a route: `$name` in its path is any one part of an address."""
    pattern = re.sub(r"\\\$\w+", "[^/]+", re.escape(route))
    return re.fullmatch(pattern, place.address("any").partition("?")[0]) is not None


OTHER_KINDS = (
    Place("prompts-some", "{a}/content/prompt", row("Prompts")),
    Place("prompt", "{a}/content/prompt/prompts%2Fhello.jinja2", text_of("prompts/hello.jinja2")),
    Place("action", "{a}/content/action/action_book", text_of("action_book")),
    Place("entity", "{a}/nlu/entity/town", text_of("town")),
    Place("synonym", "{a}/nlu/synonym/Rome", text_of("Rome")),
    Place("lookup", "{a}/nlu/lookup/town", text_of("town")),
    Place("regex", "{a}/nlu/regex/cups", text_of("cups")),
)
"""A list and items that the example lacks, and those that are shown as text: in the tea house of tea_house.py."""
DRAWERS = (
    Place("problems", "{a}/flows/" + FLOW, drawer("Problems")),
    Place("training-log", "{a}/flows/" + FLOW, drawer("Training log")),
    Place("history", "{a}/flows/" + FLOW, drawer("History")),
)
