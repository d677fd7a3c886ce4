"""The Users page: a second person is let in, gets roles, loses them and is let in no more, all in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, Route, expect
from tests.web.api import Api
from tests.web.chromium import Watch, set_password, sign_in

PASSWORD = "a-second-harbour"
People = Callable[..., tuple[Page, Watch]]


def open_users(page: Page) -> None:
    page.goto("/users")
    page.get_by_role("row", name="admin").wait_for()


def invite(page: Page, name: str, *, role: str | None = None, place: str | None = None) -> str:
    """Invite somebody by the page; gives the one-time link."""
    page.get_by_role("button", name="Invite").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name to sign in with").fill(name)
    if role is not None:
        dialog.get_by_label("Role").select_option(label=role)
    if place is not None:
        dialog.get_by_label("Where it counts").select_option(label=place)
    dialog.get_by_role("button", name="Make the link").click()
    link = dialog.get_by_label("One-time link").input_value()
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row", name=name)).to_be_visible()
    return link


def menu(page: Page, name: str, entry: str) -> None:
    page.get_by_role("button", name=f"More for {name}").click()
    page.get_by_role("menuitem", name=entry, exact=True).click()


def test_a_second_person_is_invited_to_one_assistant_and_let_in_no_more(
    people: People, page: Page, example: str, new_name: str
) -> None:
    open_users(page)
    link = invite(page, new_name, role="Business user", place="Harbour Bank")
    assert "Business user in Harbour Bank" in page.get_by_role("row", name=new_name).inner_text()
    guest, watch = people(signed=False)
    watch.allow("status of 40[134]")
    set_password(guest, link, PASSWORD)
    expect(guest.get_by_role("row", name="Harbour Bank").first).to_be_visible()
    expect(guest.get_by_role("navigation", name="Sections").get_by_role("link", name="Users")).to_have_count(0)
    guest.goto("/users")
    expect(guest.get_by_role("heading", name="You may not manage users")).to_be_visible()
    menu(page, new_name, "Disable")
    expect(page.get_by_role("row", name=new_name).get_by_text("Disabled")).to_be_visible()
    guest.goto("/")
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("row", name=new_name).get_by_text("Disabled")).to_have_count(0)
    sign_in(guest, new_name, PASSWORD)
    guest.get_by_role("heading", name="Assistants", exact=True).wait_for()


def test_roles_are_given_and_taken_back_and_a_lost_password_is_replaced(
    people: People, page: Page, example: str, new_name: str
) -> None:
    open_users(page)
    invite(page, new_name)
    row = page.get_by_role("row", name=new_name)
    expect(row.get_by_text("No roles")).to_be_visible()
    menu(page, new_name, "Roles")
    dialog = page.get_by_role("dialog", name=f"Roles of {new_name}")
    for role, place in (("Flow builder", "All assistants"), ("NLU editor", "Harbour Bank")):
        dialog.get_by_label("Give a role").select_option(label=role)
        dialog.get_by_label("Where it counts").select_option(label=place)
        dialog.get_by_role("button", name="Give", exact=True).click()
        expect(dialog.get_by_role("listitem").filter(has_text=role)).to_be_visible()
    dialog.get_by_role("button", name="Take back: Flow builder").click()
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    dialog.get_by_role("button", name="Done").click()
    expect(row.get_by_text("NLU editor in Harbour Bank")).to_be_visible()
    expect(row.get_by_text("Flow builder")).to_have_count(0)
    menu(page, new_name, "Link for a new password")
    link = page.get_by_label("One-time link").input_value()
    page.get_by_role("button", name="Done").click()
    guest, watch = people(signed=False)
    watch.allow("status of 40[134]")
    set_password(guest, link, PASSWORD)
    expect(guest.get_by_role("row", name="Harbour Bank").first).to_be_visible()


def test_what_is_refused_is_said_in_the_page(page: Page, watch: Watch, api: Api) -> None:
    watch.allow("status of 409")
    open_users(page)
    menu(page, "admin", "Disable")
    expect(page.get_by_role("status").get_by_text(re.compile("last administrator"))).to_be_visible()
    page.get_by_role("button", name="Invite").click()
    dialog = page.get_by_role("dialog", name="Invite a person")
    dialog.get_by_role("button", name="Make the link").click()
    expect(dialog.get_by_role("alert")).to_contain_text("A name needs a letter")
    dialog.get_by_label("Name to sign in with").fill("admin")
    dialog.get_by_role("button", name="Make the link").click()
    expect(dialog.get_by_role("alert")).to_contain_text("admin")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_label("Filter by name").fill("nobody at all")
    expect(page.get_by_text(re.compile("^0 of "))).to_be_visible()


def test_a_dialog_stays_open_while_it_sends_and_keeps_the_focus(page: Page, watch: Watch) -> None:
    watch.allow("status of 409")
    sent: list[Route] = []
    open_users(page)
    page.route(
        "**/api/users", lambda route: sent.append(route) if route.request.method == "POST" else route.continue_()
    )
    page.get_by_role("button", name="Invite").click()
    dialog = page.get_by_role("dialog", name="Invite a person")
    dialog.get_by_label("Name to sign in with").fill("admin")
    go, cancel = (dialog.get_by_role("button", name=name) for name in ("Make the link", "Cancel"))
    go.click()
    expect(go).to_have_attribute("aria-busy", "true")
    page.keyboard.press("Escape")
    page.mouse.click(5, 5)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search or run")).to_have_count(0)
    expect(go).to_be_focused()
    cancel.press("Enter")
    expect(cancel).to_be_focused()
    (route,) = sent
    route.continue_()
    expect(dialog.get_by_role("alert")).to_contain_text("admin")
    expect(cancel).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Invite")).to_be_focused()


def test_the_page_is_reached_from_the_rail_and_the_palette(page: Page) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Users").click()
    expect(page.get_by_role("heading", name="Users", exact=True)).to_be_visible()
    page.goto("/")
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or run").fill("users")
    page.get_by_role("option", name="Users").click()
    page.wait_for_url(re.compile("/users$"))
