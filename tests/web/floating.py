"""What floats over a page: menus, dialogs, lists drawn over the work; each with its source and the way there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from playwright.sync_api import Page, expect
from tests.services.running import ROOT
from tests.web.places import (
    FLOW,
    Place,
    canvas,
    dialog,
    drawer,
    heading,
    item,
    open_dock,
    palette,
    person,
    row_of,
    switcher,
)
from tests.web.places import shortcuts as keys
from tests.web.room import LAPTOP, arrange

SOURCES = ROOT / "web" / "src"
_PART = re.compile(
    r'<(?:Dialog|Menu|Modal\.Root|Popover|HoverCard|Combobox|Drawer\.Root|dialog)[\s>]|"(?:pop|list-over)[ "]'
)
_DIALOG_ITSELF = "ui/Dialog.tsx"
GUEST = "guest-of-the-house"
"""A person whose row on the Users page has a menu of its own."""
SECRET = "TEA_KEY"
"""A secret that the assistant of one's own has."""
RESPONSE = "{a}/content/response/utter_ask_amount"


class Floating(Place):
    """Something that floats, named by the file of its source below web/src; `show` opens it over its page."""


def in_the_source() -> Counter[str]:
    """How many parts float in each file of the web client."""
    found = {
        path.relative_to(SOURCES).as_posix(): len(_PART.findall(path.read_text()))
        for path in SOURCES.rglob("*.tsx")
        if not path.name.endswith(".test.tsx")
    }
    return Counter({path: count for path, count in found.items() if count and path != _DIALOG_ITSELF})


def unseen(listed: Sequence[Floating]) -> dict[str, int]:
    """How many parts of which files nobody opens."""
    return dict(in_the_source() - Counter(each.name for each in listed))


def menu(button: str, entry: str) -> Callable[[Page], None]:
    """Open a menu by its button."""

    def show(page: Page) -> None:
        page.get_by_role("button", name=button).first.click()
        page.get_by_role("menuitem", name=entry, exact=True).or_(
            page.get_by_role("menuitemradio", name=entry)
        ).wait_for()

    return show


def chosen(button: str, entry: str, title: str, within: str = "") -> Callable[[Page], None]:
    """Open a dialog by an entry of a menu, and wait for what it reads."""

    def show(page: Page) -> None:
        menu(button, entry)(page)
        page.get_by_role("menuitem", name=entry, exact=True).click()
        page.get_by_role("dialog", name=title).get_by_text(within).first.wait_for()

    return show


def after(*steps: Callable[[Page], None]) -> Callable[[Page], None]:
    """One thing after another."""

    def show(page: Page) -> None:
        for step in steps:
            step(page)

    return show


def _pressed_new(title: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.get_by_role("main").get_by_role("button", name="New", exact=True).click()
        page.get_by_role("dialog", name=title).wait_for()

    return show


def _members(page: Page) -> None:
    page.get_by_role("main").get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Image").wait_for()


def _slots_offered(page: Page) -> None:
    page.get_by_role("textbox", name="Text 1, English").press("End")
    page.keyboard.type(" {")
    page.get_by_role("listbox", name="Slots").wait_for()


def _earlier_chats(page: Page) -> None:
    open_dock(page)
    page.get_by_role("button", name="Earlier chats").click()
    page.get_by_role("menuitem").first.wait_for()
    expect(page.get_by_role("menuitem", name="Loading")).to_have_count(0)


def _list_over_the_work(page: Page) -> None:
    address = page.url
    page.set_viewport_size(LAPTOP)
    arrange(page, dock=True)
    page.goto(address)
    canvas(page)
    page.get_by_role("button", name="Show the list").click()
    page.get_by_role("complementary", name="Flows").get_by_role("link", name=FLOW).wait_for()


def _revert(page: Page) -> None:
    drawer("History")(page)
    page.get_by_role("button", name="Revert").first.click()
    page.get_by_role("dialog", name="Revert change").wait_for()


FLOATING = (
    Floating(
        "home/CreateDialog.tsx", "/?new=true", lambda page: page.get_by_role("dialog", name="New assistant").wait_for()
    ),
    Floating("home/AssistantMenu.tsx", "/", after(row_of("Harbour Bank"), menu("More for Harbour Bank", "Delete"))),
    Floating(
        "home/AssistantMenu.tsx", "/", chosen("More for Harbour Bank", "Change the title", "Change the title", "Save")
    ),
    Floating(
        "home/AssistantMenu.tsx", "/", chosen("More for Harbour Bank", "Delete", "Delete the assistant", "to confirm")
    ),
    Floating("users/InviteDialog.tsx", "/users", after(row_of("admin"), dialog("Invite", "Invite a person"))),
    Floating("users/UserMenu.tsx", "/users", menu(f"More for {GUEST}", "Roles")),
    Floating(
        "users/UserMenu.tsx", "/users", chosen(f"More for {GUEST}", "Roles", f"Roles of {GUEST}", "Business user")
    ),
    Floating(
        "users/UserMenu.tsx", "/users", chosen(f"More for {GUEST}", "Link for a new password", GUEST, "One-time link")
    ),
    Floating("frame/Palette.tsx", "{a}/flows/" + FLOW, palette),
    Floating("frame/Shortcuts.tsx", "{a}/flows/" + FLOW, keys),
    Floating("frame/PersonMenu.tsx", "{a}/flows/" + FLOW, person),
    Floating("frame/AssistantSwitcher.tsx", "{a}/flows/" + FLOW, switcher),
    Floating("frame/LanguageMenu.tsx", "{a}/flows/" + FLOW, menu("Content language", "German")),
    Floating("frame/Creating.tsx", "{a}/flows", after(heading("Choose a flow"), dialog("New flow", "New flow"))),
    Floating("frame/Creating.tsx", "{a}/content/response", _pressed_new("New response")),
    Floating("frame/Creating.tsx", "{a}/content/slot", _pressed_new("New slot")),
    Floating("frame/Creating.tsx", "{a}/nlu", dialog("New intent", "New intent")),
    Floating(
        "items/ItemMenu.tsx", RESPONSE, after(item("utter_ask_amount"), menu("More for utter_ask_amount", "Delete"))
    ),
    Floating("items/useItemActions.tsx", RESPONSE, chosen("More for utter_ask_amount", "Rename", "Rename the", FLOW)),
    Floating(
        "items/useItemActions.tsx", RESPONSE, chosen("More for utter_ask_amount", "Duplicate", "Duplicate the", "")
    ),
    Floating("items/useItemActions.tsx", RESPONSE, chosen("More for utter_ask_amount", "Delete", "Delete the", FLOW)),
    Floating("content/Members.tsx", RESPONSE, _members),
    Floating("versions/RowMenu.tsx", "{a}/versions", menu("More for version 1", "Delete the model")),
    Floating(
        "versions/DeleteModel.tsx",
        "{a}/versions",
        chosen("More for version 1", "Delete the model", "model", "Show what runs"),
    ),
    Floating("try/Earlier.tsx", "{a}/flows/" + FLOW, _earlier_chats),
    Floating("frame/ListPlace.tsx", "{a}/flows/" + FLOW, _list_over_the_work),
)
"""Over pages of the example."""
OF_ONES_OWN = (
    Floating("drawer/Revert.tsx", "{a}/nlu", _revert),
    Floating("settings/SecretDialog.tsx", "{a}/settings", dialog("Add a secret", "Add a secret")),
    Floating("settings/RemoveDialog.tsx", "{a}/settings", dialog(f"Delete {SECRET}", f"Delete {SECRET}?")),
    Floating("ui/SlotArea.tsx", "{a}/content/response/utter_ask_town", _slots_offered),
)
"""Over pages of an assistant whose content may be changed, in which something was made, and which has a secret."""
