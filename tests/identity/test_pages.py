"""The provider's pages in a real browser: accessible in both themes, by keyboard, and without any script."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright
from tests.services.studio import PASSWORD, RunningStudio, run_studio
from tests.web.chromium import FLAGS, ROOT

pytestmark = pytest.mark.anyio
AXE = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def chromium() -> str:
    """The Chromium that the machine has."""
    found = subprocess.run([ROOT / "scripts" / "find-chromium"], check=True, capture_output=True, text=True)
    return os.environ.get("CHROMIUM") or found.stdout.strip()


@pytest.fixture
async def studio(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with run_studio(fresh_database_url, tmp_path) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        await opened.close()


async def violations(page: Page) -> list[Any]:
    """What axe finds wrong on the page."""
    await page.evaluate(AXE)
    return list(
        await page.evaluate("axe.run().then(found => found.violations.map(each => [each.id, each.nodes[0].html]))")
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_pages_are_accessible_in_both_themes(studio: RunningStudio, browser: Browser, theme: Any) -> None:
    context = await browser.new_context(color_scheme=theme)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(str(await studio.studio.first_administrator_link()))
    assert await violations(page) == []
    await page.get_by_label("Password", exact=True).fill("short")
    await page.get_by_label("Password again").fill("other")
    await page.get_by_role("button", name="Create administrator").click()
    await page.get_by_role("alert").wait_for()
    assert await violations(page) == []
    await page.goto(f"{studio.base_url}/api/sign-in")
    assert await violations(page) == []
    await page.goto(f"{studio.base_url}/auth/password?token=gone")
    assert await violations(page) == []
    assert complaints == []


async def test_the_first_administrator_is_made_by_keyboard_alone(studio: RunningStudio, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(str(await studio.studio.first_administrator_link()))
    await page.keyboard.press("Control+A")
    await page.keyboard.type("ada")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Tab")  # the eye
    assert await page.locator("#password").get_attribute("type") == "password"
    await page.keyboard.press("Enter")
    assert await page.locator("#password").get_attribute("type") == "text"
    await page.get_by_label("Password again").focus()
    await page.keyboard.type(PASSWORD)
    assert await page.locator(".rules .met").count() == 3
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{studio.base_url}/")
    answer = await page.request.get(f"{studio.base_url}/api/session")
    assert (await answer.json())["person"]["name"] == "ada"


async def test_everything_works_without_a_script(studio: RunningStudio, browser: Browser) -> None:
    await studio.administrator()
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{studio.base_url}/api/sign-in")
    await page.get_by_role("link", name="Dark").click()
    assert await page.locator("html").get_attribute("data-theme") == "dark"
    assert await page.locator(".eye:visible").count() == 0
    await page.get_by_label("Name or e-mail").fill("admin")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{studio.base_url}/")
    assert (await page.request.get(f"{studio.base_url}/api/session")).status == 200
