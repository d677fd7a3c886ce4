"""A sign-in that ends shows nothing any more; a role shows what it may see, and no page full of refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.services.running import PASSWORD
from tests.web.api import Api
from tests.web.chromium import Watch, sign_in
from tests.web.places import canvas
from tests.web.projects import tea_desk

People = Callable[..., tuple[Page, Watch]]


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of a small assistant that only this test changes."""
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    return new_name


def test_signing_out_in_one_tab_signs_out_all_of_them(people: People, desk: str) -> None:
    page, watch = people(signed=False)
    watch.allow("status of 401")
    page.goto(f"/a/{desk}/flows/order_tea")
    sign_in(page, "admin", PASSWORD)
    canvas(page)
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="theme, shortcuts, sign out").click()
    other.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.get_by_text("order_tea")).to_have_count(0)
    page.get_by_role("link", name="Sign in").click()
    sign_in(page, "admin", PASSWORD)
    canvas(page)
    expect(page).to_have_url(f"{page.url.split('/a/')[0]}/a/{desk}/flows/order_tea")


def test_a_role_without_content_sees_a_sentence_instead_of_refusals(people: People, api: Api, desk: str) -> None:
    name = f"viewer-{desk}"
    link = api.send("POST", "/users", {"username": name, "roles": ["conversation-viewer"]})["link"]
    page, _ = people(signed=False)
    page.goto(link)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again", exact=True).fill(PASSWORD)
    page.get_by_role("button").last.click()
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()
    for path in ("", "/flows/order_tea", "/content/slot", "/nlu", "/files", "/versions"):
        page.goto(f"/a/{desk}{path}")
        expect(page.get_by_role("heading", name="Your role doesn’t show this page")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("navigation", name="Sections").get_by_role("link")).to_have_count(1)
