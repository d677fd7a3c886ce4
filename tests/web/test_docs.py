"""The documentation is read in the product: its list, a link from page to page, and a part of one."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_pages_are_found_from_home_and_lead_to_each_other(page: Page) -> None:
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Documentation").click()
    pages = page.get_by_role("navigation", name="Pages of the documentation")
    pages.get_by_role("link", name="Operating").click()
    expect(page).to_have_title("Operating · Talkwright")
    expect(pages.locator("[aria-current]")).to_have_text("Operating")

    page.get_by_role("main").locator('a[href="/docs/kubernetes#doctor-backup-and-restore"]').click()
    part = page.get_by_role("heading", name="Doctor, backup and restore")
    expect(part).to_be_in_viewport()
    expect(pages.locator("[aria-current]")).to_have_text("On Kubernetes")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Operating Talkwright")

    page.set_viewport_size({"width": 1440, "height": 900})
    parts = page.get_by_role("navigation", name="On this page")
    parts.get_by_role("link", name="When something dies").click()
    expect(page.get_by_role("heading", name="When something dies")).to_be_in_viewport()
    expect(parts.locator("[aria-current]")).to_have_text("When something dies")
    pages.get_by_role("link", name="Answers from documents").click()
    expect(parts.get_by_role("listitem").first).to_have_text("A complete project")
    expect(parts.locator("[aria-current]")).to_have_count(0)

    page.goto("/docs/no-such-page")
    expect(page.get_by_role("main").get_by_role("heading", level=1)).to_have_text("There is no such page")
