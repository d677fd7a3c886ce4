"""Every visible control of every page does something: whoever may see it can use it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page
from tests.services.running import PASSWORD, RunningStudio
from tests.web.api import Api, archive
from tests.web.chromium import Watch, become_administrator, new_context, set_password, sign_in
from tests.web.controls import EFFORTS, Explorer, Spot
from tests.web.places import LEAD_ON, routes_of
from tests.web.tea_house import OUTSIDE, tea_house

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.slow

EFFORT = EFFORTS[os.environ.get("EVERY_CONTROL", "some")]
"""One of eight controls, others each day; `all` and, with what menus, dialogs and drawers hold, `deep` take minutes."""
FIRST = int(os.environ.get("EVERY_CONTROL_FIRST", datetime.now(UTC).toordinal()))
FLOW = "/a/$assistant/flows/order_tea"
INSPECTOR = ".inspector"
DRAWER = ".drawer"
WORK = "#work"

SPOTS: dict[str, tuple[Spot, ...]] = {
    "/": (Spot("/"), Spot("/", press="New assistant")),
    "/import": (Spot("/import"),),
    "/users": (Spot("/users"),),
    "/docs": (Spot("/docs", within=WORK),),
    "/docs/$page": (Spot("/docs/operating"),),
    "/a/$assistant/flows": (Spot("/a/$assistant/flows"), Spot("/a/$assistant/flows", press="New flow")),
    "/a/$assistant/flows/$flow": (
        Spot(FLOW),
        Spot(f"{FLOW}?step=more", within=INSPECTOR),  # below what is in sight; the other steps are pressed
        Spot(f"{FLOW}?view=yaml", within=WORK),
        *(Spot("/a/$assistant/nlu", {"drawer": drawer}, DRAWER) for drawer in ("problems", "log", "history")),
        Spot(FLOW, {"dock": True}, ".dock"),
    ),
    "/a/$assistant/content/$kind": (
        *(Spot(f"/a/$assistant/content/{kind}") for kind in ("response", "slot", "action", "prompt")),
        *(Spot(f"/a/$assistant/content/{kind}", press="New") for kind in ("response", "slot")),
    ),
    "/a/$assistant/content/$kind/$name": (
        *(Spot(f"/a/$assistant/content/response/{name}", within=WORK) for name in ("utter_ask_size", "utter_ordered")),
        *(Spot(f"/a/$assistant/content/slot/{name}", within=WORK) for name in ("size", "sugar")),
        Spot("/a/$assistant/content/action/action_book", within=WORK),
        Spot("/a/$assistant/content/prompt/prompts%2Fhello.jinja2", within=WORK),
    ),
    "/a/$assistant/nlu": (Spot("/a/$assistant/nlu"), Spot("/a/$assistant/nlu", press="New intent")),
    "/a/$assistant/nlu/$kind/$name": (
        *(
            Spot(f"/a/$assistant/nlu/{path}", within=WORK)
            for path in ("intent/order_tea", "synonym/Rome", "entity/town", "lookup/town", "regex/cups")
        ),
    ),
    "/a/$assistant/files": (Spot("/a/$assistant/files"),),
    "/a/$assistant/files/$kind/$name": tuple(
        Spot(f"/a/$assistant/files/{kind}/{kind}.yml", within=WORK)
        for kind in ("config", "endpoints", "credentials", "domain")
    ),
    "/a/$assistant/versions": (Spot("/a/$assistant/versions"),),
    "/a/$assistant/settings": (Spot("/a/$assistant/settings"),),
}
"""By the router's own path, the pages that stand for a route."""
MEANT = {
    "superuser": ["status of 409"],  # the last administrator can't be disabled
    "business-user": [],
}


class House:
    """A studio with an assistant for each role, and an administrator who puts back what the test changed."""

    def __init__(self, studio: RunningStudio, browser: Browser) -> None:
        self.studio = studio
        self._browser = browser
        context = new_context(browser, address=studio.address)
        become_administrator(context.new_page(), studio.link, "admin", PASSWORD)
        self._admin = context
        self.api = Api(studio.address, context.request)
        self.names = {"superuser": "admin", "business-user": "grace"}
        self.assistants = {role: f"tea-house-{role}" for role in self.names}
        for role, name in self.assistants.items():
            made = self.api.bring_in(name, f"Tea house of a {role.replace('-', ' ')}", tea_house(name))
            self.api.send("POST", f"/assistants/{made['id']}/trainings", {"id": str(uuid7()), "deploy": True})
        for name in self.assistants.values():
            self.api.running(name)
        self._heads = {name: self._head(name) for name in self.assistants.values()}
        self._guests = {name: self._invite(name) for name in ("grace", "spare")}

    def _invite(self, name: str) -> str:
        invited = self.api.send("POST", "/users", {"username": name, "roles": ["business-user"]})
        if name == "grace":
            page = new_context(self._browser, address=self.studio.address).new_page()
            set_password(page, invited["link"], PASSWORD)
            page.context.close()
        return str(invited["id"])

    def close(self) -> None:
        """Let go of the browser."""
        self._admin.close()

    def enter(self, page: Page, role: str) -> None:
        """Sign in on the page that is open."""
        sign_in(page, self.names[role], PASSWORD)
        page.get_by_role("navigation", name="Sections").wait_for()

    def talk(self, page: Page, role: str) -> None:
        """Begin a chat, so that there is one to show."""
        api = Api(self.studio.address, page.context.request)
        chats = f"/assistants/{api.assistant(self.assistants[role])['id']}/chats"
        chat = api.send("POST", chats, {"id": str(uuid7())})
        api.send("POST", f"{chats}/{chat['id']}/messages", {"id": str(uuid7()), "text": "I'd like some tea"})

    def _head(self, name: str) -> int:
        changes = self.api.get(f"/assistants/{self.api.assistant(name)['id']}/changes?limit=1")["items"]
        return int(changes[0]["number"])

    def mend(self, writes: list[str], page: Page, role: str) -> None:
        """Put back what these requests may have changed."""
        if any("/chats" in write for write in writes):
            self.talk(page, role)
        if all("/chats" in write for write in writes):
            return
        self._mend_assistants()
        if any("/users" in write for write in writes):
            spare = self._guests["spare"]
            self.api.send("POST", f"/users/{spare}/enable")
            self.api.send("PUT", f"/users/{spare}/grants/business-user")

    def _mend_assistants(self) -> None:
        there = {each["name"]: each for each in self.api.get("/assistants")["items"]}
        for name in there.keys() - self._heads.keys():
            self.api.send("DELETE", f"/assistants/{there[name]['id']}")
        for name, head in self._heads.items():
            if self._head(name) > head:
                path = f"/assistants/{there[name]['id']}/import"
                self.api.send("POST", path, data=archive(tea_house(name)), mime="application/zip")
                self._heads[name] = self._head(name)


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A studio of its own: much is pressed in it that others would not like."""
    folder = tmp_path_factory.mktemp("every-control")
    running = RunningStudio(folder / "home", TALKWRIGHT_EXAMPLE="none")
    running.home.mkdir()
    running.start()
    try:
        made = House(running, browser)
        yield made
        made.close()
    finally:
        running.stop()


@pytest.mark.timeout(900)  # a thousand controls, beside other browsers
@pytest.mark.parametrize("role", ["superuser", "business-user"])
def test_every_visible_control_of_every_page_does_something(house: House, browser: Browser, role: str) -> None:
    context = new_context(browser, address=house.studio.address)
    watch = Watch(context)
    page = context.new_page()
    page.goto("/")
    house.enter(page, role)
    watch.take()  # nobody was signed in at first
    context.route(f"{OUTSIDE}/**", lambda route: route.fulfill(body="Cups"))  # what a bot links to is not asked for
    for pattern in (f"left the machine: {OUTSIDE}", *MEANT[role]):
        watch.allow(pattern)
    assert routes_of(page) == SPOTS.keys() | LEAD_ON.keys(), (
        "each route of web/src/app/router.tsx needs pages here to try"
    )
    house.talk(page, role)
    explorer = Explorer(
        page,
        watch,
        effort=EFFORT,
        mend=lambda writes: house.mend(writes, page, role),
        enter=lambda: house.enter(page, role),
        first=FIRST,
    )
    for path, target in LEAD_ON.items():
        page.goto(path.replace("$assistant", house.assistants[role]).replace("$name", "utter_hours"))
        page.wait_for_url(f"**/a/{house.assistants[role]}{target}")
    for spots in SPOTS.values():
        for spot in spots:
            explorer.explore(spot_of(spot, house.assistants[role]))
    context.close()
    assert explorer.found.wrong() == {}, f"EVERY_CONTROL_FIRST={FIRST} tries the same ones"
    assert watch.broken == [], "something broke a page's content policy"
    if role == "superuser":
        assert explorer.found.unopened == [], "who may do everything is offered these too"


def spot_of(spot: Spot, assistant: str) -> Spot:
    """The page in one assistant."""
    return replace(spot, path=spot.path.replace("$assistant", assistant))
