"""Places with what they read from the server: what they show before it comes, without it and where there is nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from playwright.sync_api import Locator, Page, Route, expect
from tests.web.api import Api
from tests.web.places import FLOW, canvas, drawer, heading, item, open_dock, row, row_of, text_of


def nothing(name: str) -> dict[str, str | bytes]:
    """A project with nothing in it but how it would be trained."""
    return {"config.yml": f"recipe: default.v1\nlanguage: en\nassistant_id: {name}\n"}


NOTHING: tuple[tuple[str, str, str | None], ...] = (
    ("flows", "No flows yet", "New flow"),
    ("content/action", "No actions yet", None),
    ("content/prompt", "No prompts yet", None),
    ("nlu", "No intents yet", "New intent"),
    ("files", "Choose a file", None),
    ("versions", "No versions yet", "Train"),
    ("settings", "Nothing is set yet", None),
)
"""Pages of an assistant that holds nothing: address, what is said, and the button that begins."""
BROKEN = json.dumps(
    {
        "type": "about:blank",
        "status": 500,
        "code": "server-error",
        "title": "Something went wrong in the studio",
        "detail": "Try again.",
    }
)
REQUEST = "5e1f-77c4"
FRAMES = 600


@dataclass(frozen=True)
class Spot:
    """A part of a page with what it waits for: a piece of an address, told from all others by `reads`."""

    name: str
    path: str
    reads: str
    ready: Callable[[Page], None]
    fails: str
    """What it says where that can't be read."""
    act: Callable[[Page], None] = lambda page: None
    """What is done at the address until the spot is on the page."""
    tea: bool = False
    """Whether it is of the tea house, which has one of each kind, and not of the example."""

    def go(self, page: Page, assistant: str) -> None:
        """Open it, without waiting for what it reads."""
        page.goto(self.path.format(a=f"/a/{assistant}"))
        self.act(page)


def listed(list_name: str, entry: str) -> Callable[[Page], None]:
    """Wait for an entry of a list of links."""
    return lambda page: page.get_by_role("navigation", name=list_name).get_by_role("link", name=entry).first.wait_for()


def beside(aside: str, text: str) -> Callable[[Page], None]:
    """Wait for a text in what stands beside the work."""
    return lambda page: page.get_by_role("complementary", name=aside).get_by_text(text).first.wait_for()


def opened(tab: str, text: str) -> Callable[[Page], None]:
    """Wait for a text in the drawer."""
    return lambda page: page.get_by_role("tabpanel", name=tab).get_by_text(text).first.wait_for()


ITEM = r"/items/[0-9a-f-]{36}$"
RESPONSE = "{a}/content/response/utter_ask_amount"
SPOTS = (
    Spot("studio", "/", "/api/session", heading("Assistants"), "Your sign-in can’t be read"),
    Spot("home", "/", r"/api/assistants\?limit=200$", row_of("Harbour Bank"), "The assistants can’t be read"),
    Spot("users", "/users", "/api/users", row_of("admin"), "The users can’t be read"),
    Spot(
        "assistant", "{a}/flows", r"/api/assistants\?.*name=", heading("Choose a flow"), "The assistant can’t be read"
    ),
    Spot("flows", "{a}/flows", "/api/.*kind=flow", listed("Flows", "add_contact"), "The flows can’t be read"),
    Spot("flow", "{a}/flows/" + FLOW, ITEM, canvas, "This flow can’t be read"),
    Spot("responses", "{a}/content/response", "/api/.*kind=response", row("Responses"), "The responses can’t be read"),
    Spot("response", RESPONSE, ITEM, item("utter_ask_amount"), "utter_ask_amount can’t be read"),
    Spot(
        "used",
        RESPONSE,
        "/api/.*/used",
        lambda page: page.get_by_role("button", name=FLOW).wait_for(),
        "The uses can’t be read",
    ),
    Spot("slots", "{a}/content/slot", "/api/.*kind=slot", row("Slots"), "The slots can’t be read"),
    Spot("slot", "{a}/content/slot/amount", ITEM, item("amount"), "amount can’t be read"),
    Spot("actions", "{a}/content/action", "/api/.*kind=action", row("Actions"), "The actions can’t be read"),
    Spot(
        "prompts",
        "{a}/content/prompt",
        "/api/.*kind=prompt",
        row("Prompts"),
        "The prompts can’t be read",
        tea=True,
    ),
    Spot("nlu", "{a}/nlu", "/api/.*kind=intent", listed("NLU data", "transfer_money"), "The NLU data can’t be read"),
    Spot("intent", "{a}/nlu/intent/transfer_money", ITEM, item("transfer_money"), "transfer_money can’t be read"),
    *(
        Spot(
            kind,
            f"{{a}}/{section}/{kind}/{quote(name, safe='')}",
            ITEM,
            text_of(name),
            f"{name} can’t be read",
            tea=True,
        )
        for section, kind, name in (
            ("content", "action", "action_book"),
            ("content", "prompt", "prompts/hello.jinja2"),
            ("nlu", "entity", "town"),
            ("nlu", "synonym", "Rome"),
            ("nlu", "lookup", "town"),
            ("nlu", "regex", "cups"),
        )
    ),
    Spot(
        "settings",
        "{a}/settings",
        "/api/.*/secrets",
        row_of("ACTION_SERVER_URL"),
        "The secrets can’t be read",
    ),
    Spot("files", "{a}/files", "/api/.*kind=config", listed("Project files", "config.yml"), "The files can’t be read"),
    Spot(
        "file",
        "{a}/files/config/config.yml",
        ITEM,
        lambda page: page.locator(".cm-content").wait_for(),
        "config.yml can’t be read",
    ),
    Spot("versions", "{a}/versions", "/api/.*/versions", row_of("Ready"), "The versions can’t be read"),
    Spot("training", "{a}/versions", "/api/.*/log", beside("Training of", "Learn"), "The log can’t be read"),
    Spot(
        "problems",
        "{a}/flows",
        "/api/.*/problems$",
        opened("Problems", "utter_ask_"),
        "The problems can’t be read",
        drawer("Problems"),
    ),
    Spot(
        "training-log",
        "{a}/flows",
        r"/api/.*/trainings\?",
        opened("Training log", "Trained"),
        "The trainings can’t be read",
        drawer("Training log"),
    ),
    Spot(
        "history",
        "{a}/flows",
        r"/api/.*/changes\?",
        opened("History", "Imported"),
        "The history can’t be read",
        drawer("History"),
    ),
    Spot(
        "dock",
        "{a}/flows/" + FLOW,
        r"/api/.*/chats\?",
        lambda page: page.get_by_label("Your message").wait_for(),
        "The chat can’t be read",
        open_dock,
    ),
)


def busy(page: Page) -> Locator:
    """What says that something is on its way, in the shape that it will have."""
    return page.locator('[aria-busy="true"] .sk:visible')


def failure(page: Page, spot: Spot) -> Locator:
    """What says that it can't be read."""
    return page.get_by_role("alert").filter(has_text=spot.fails)


class Held:
    """Requests that wait until they are let through, or answered as a studio does that fails until it is mended."""

    def __init__(self, page: Page, reads: str) -> None:
        self._page = page
        self._reads = re.compile(reads)
        self._waiting: list[Route] = []
        self._answer: Callable[[Route], None] = self._waiting.append
        page.route(self._reads, self._take)

    def _take(self, route: Route) -> None:
        self._answer(route)

    def asked(self) -> None:
        """Wait until there is one."""
        for _ in range(FRAMES):
            if self._waiting:
                return
            self._page.evaluate("new Promise(requestAnimationFrame)")
        raise AssertionError(f"nothing asked for {self._reads.pattern}")

    def go_on(self) -> None:
        """Let them through, and those that come."""
        self._let(lambda route: route.continue_())

    def fail(self) -> None:
        """Answer them, and those that come, as a studio does that fails."""
        headers = {"X-Request-Id": REQUEST}
        problem = "application/problem+json"
        self._let(lambda route: route.fulfill(status=500, content_type=problem, headers=headers, body=BROKEN))

    def end(self) -> None:
        """Stand aside, whatever waits."""
        self._page.unroute(self._reads)

    def _let(self, answer: Callable[[Route], None]) -> None:
        self._answer = answer
        while self._waiting:
            answer(self._waiting.pop())


@contextmanager
def offline(page: Page) -> Iterator[None]:
    """Cut the browser's network."""
    page.context.set_offline(True)
    banner(page).wait_for()
    yield
    page.context.set_offline(False)
    expect(banner(page)).to_have_count(0)


def conflicting(page: Page, api: Api, desk: str, theirs: str, mine: str, *, response: str = "utter_ask_town") -> None:
    """Change a text while somebody else changes it, until both are shown."""
    page.goto(f"/a/{desk}/content/response/{response}")
    field = page.get_by_role("textbox", name="Text 1, English")
    field.wait_for()

    def write() -> None:
        field.fill(mine)
        field.blur()

    crossing(page, api, desk, theirs, write, response=response)


def crossing(page: Page, api: Api, desk: str, theirs: str, write: Callable[[], None], *, response: str) -> None:
    """Change a text as somebody else does while the page's own change of it is on its way."""
    held = Held(page, "/changes$")
    write()
    held.asked()
    aid = api.assistant(desk)["id"]
    item = api.item(aid, "response", response)
    patch = [{"op": "replace", "path": "/0/text", "value": theirs}]
    api.change(aid, {"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch})
    held.go_on()
    page.get_by_role("region", name="Version on the server").get_by_text(theirs.rsplit(maxsplit=1)[-1]).wait_for()
    held.end()


def banner(page: Page) -> Locator:
    """What says that the studio can't be reached."""
    return page.get_by_role("status").filter(has_text="Offline: the studio can’t be reached")
