"""From the printed link to the first page, and out again."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.services.running import PASSWORD, RunningStudio
from tests.web.chromium import Watch, sign_in

People = Callable[..., tuple[Page, Watch]]


def test_the_example_is_there_trained_and_running_after_the_first_start(page: Page, example: str) -> None:
    page.goto("/")
    row = page.get_by_role("row", name="Harbour Bank").first
    expect(row).to_contain_text(example)
    expect(row).to_contain_text("Trained")
    expect(row).to_contain_text("Try v1")


def test_the_one_time_link_makes_no_second_administrator(studio: RunningStudio, people: People) -> None:
    page, watch = people(signed=False)
    watch.allow("status of 4")
    page.goto(studio.link.replace(studio.link.partition("/auth")[0], studio.address))
    expect(page.get_by_label("Password again")).to_have_count(0)
    expect(page.get_by_role("heading")).to_be_visible()


def test_a_person_signs_out_and_in_again_and_comes_back_to_the_same_page(people: People, example: str) -> None:
    page, watch = people(signed=False)
    watch.allow("status of 401")
    page.goto(f"/a/{example}/content/response")
    sign_in(page, "admin", "not the password at all")
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, "admin", PASSWORD)
    expect(page.get_by_role("grid", name="Responses")).to_be_visible()
    assert page.url.endswith(f"/a/{example}/content/response")

    page.get_by_role("button", name="theme, shortcuts, sign out").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"/a/{example}/content/response")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
