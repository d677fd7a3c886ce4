"""Projects come in by the file dialog or by dropping them, and a report says what is in them."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page, expect
from tests.web.api import Api, archive
from tests.web.chromium import Watch
from tests.web.places import BROKEN, choose
from tests.web.projects import tea_desk

pytestmark = pytest.mark.xdist_group("browser")

_DROP = """([text, name]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  const transfer = new DataTransfer()
  transfer.items.add(new File([bytes], name, { type: 'application/zip' }))
  return transfer
}"""


def test_a_dropped_archive_becomes_an_assistant(page: Page, new_name: str) -> None:
    page.goto("/import")
    packed = base64.b64encode(archive(tea_desk(new_name))).decode()
    dropped = page.evaluate_handle(_DROP, [packed, "tea.zip"])
    zone = page.get_by_role("region", name="Project")
    zone.dispatch_event("dragover", {"dataTransfer": dropped})
    zone.dispatch_event("drop", {"dataTransfer": dropped})
    expect(page.get_by_text("tea.zip")).to_be_visible()
    page.get_by_role("textbox", name="Title").fill("Dropped tea")
    page.get_by_role("textbox", name="Id").fill(new_name)
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("link", name="Open Dropped tea").click()
    page.get_by_role("link", name="order_tea").click()
    expect(page.locator(".react-flow__node-step")).to_have_count(3)
    page.go_back()
    expect(page.get_by_role("heading", name="Choose a flow")).to_be_visible()


def test_the_report_of_a_project_with_errors_says_what_is_wrong_and_what_was_kept(page: Page, new_name: str) -> None:
    page.goto("/import")
    choose(page, "broken.zip", archive(BROKEN))
    page.get_by_role("textbox", name="Id").fill(new_name)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("which does not exist").first).to_be_visible()
    expect(page.get_by_text("goes on at nowhere")).to_be_visible()
    aside = page.get_by_role("complementary", name="The new assistant")
    expect(aside).to_contain_text("notes/readme.txt")
    expect(aside).to_contain_text(".git/config")


def test_what_is_no_archive_is_refused_on_the_spot(page: Page) -> None:
    page.goto("/import")
    choose(page, "notes.txt", b"not an archive")
    expect(page.get_by_role("alert")).to_contain_text("neither a .zip nor a .tar.gz")


def test_an_archive_that_cannot_be_read_is_refused_with_its_reason(
    page: Page, watch: Watch, api: Api, new_name: str
) -> None:
    watch.allow("status of 4")
    page.goto("/import")
    choose(page, "cut.zip", archive(tea_desk(new_name))[:200])
    page.get_by_role("textbox", name="Id").fill(new_name)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert api.find(new_name) is None
