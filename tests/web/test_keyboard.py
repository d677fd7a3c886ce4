"""From the sign-in to a conversation by keyboard alone; the focus is never lost, and what happens is told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.services.running import PASSWORD
from tests.web.api import Api, archive
from tests.web.chromium import Watch
from tests.web.keyboard import Keyboard
from tests.web.places import IMPORT
from tests.web.projects import bank

People = Callable[..., tuple[Page, Watch]]
TOLD = "() => [...document.querySelectorAll('[role=status], [role=alert], [aria-live=polite]:not([aria-busy])')]"


def told(page: Page, text: str, *, seconds: int = 20) -> None:
    """Wait until a live region says something."""
    script = f"(text) => ({TOLD})().some((region) => region.textContent.includes(text))"
    page.wait_for_function(script, arg=text, timeout=seconds * 1000)


def keep_told(page: Page) -> None:
    """Remember every sentence that is told in the frame from now on."""
    page.evaluate(
        """() => {
          window.told = []
          const region = document.querySelector('.told')
          const keep = new MutationObserver(() => window.told.push(region.textContent))
          keep.observe(region, { subtree: true, childList: true })
        }"""
    )


@pytest.mark.usefixtures("example")
def test_the_whole_way_from_the_sign_in_over_an_import_to_a_conversation(
    people: People, api: Api, new_name: str
) -> None:
    page, watch = people(signed=False)
    api.brought.append(new_name)
    watch.allow("status of 401")
    keys = Keyboard(page)
    page.goto("/")

    keys.arrives("Name or e-mail")
    keys.type("admin")
    keys.go_to("^Password")
    keys.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()

    keys.go_to("Skip to the content")
    assert keys.press("Enter")["id"] == "work"
    keys.go_to("^Import a project")
    page.keyboard.press("Enter")
    assert keys.arrives("^Import a project")["id"] == "work"
    with page.expect_file_chooser() as choosing:
        keys.go_to("^Choose an archive$", role="input")  # inside: the browser must listen before the key comes
        page.keyboard.press("Enter")
    packed = archive(bank(new_name))
    choosing.value.set_files({"name": "bank.zip", "mimeType": "application/zip", "buffer": packed})
    page.get_by_text("bank.zip").wait_for()
    keys.where()
    keys.go_to("^Title$")
    keys.type("Harbour Bank")
    keys.go_to("^Id$")
    keys.type(new_name)
    told(page, "Readable")
    keys.go_to(IMPORT.pattern, role="button")
    page.keyboard.press("Enter")
    told(page, "Imported")
    assert keys.arrives("^Harbour Bank is here")["id"] == "work"
    keys.go_to("^Open Harbour Bank$", role="a")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/a/{new_name}/flows")
    page.get_by_role("link", name="transfer_money").wait_for()
    assert keys.arrives("Choose a flow")["id"] == "work"
    keep_told(page)

    keys.press("/")
    keys.arrives("Filter by name or description")
    keys.type("block")
    keys.go_to("^block_card", role="a")
    page.keyboard.press("Enter")
    assert keys.arrives("Flow block_card")["id"] == "work"
    expect(page).to_have_title(re.compile("^block_card · Harbour Bank"))

    keys.go_to("Is it your debit card", role="group")
    assert "block_reason" in keys.press("ArrowDown")["name"]
    assert "debit card" in keys.press("ArrowUp")["name"]
    page.keyboard.press("Enter")
    keys.arrives("^Inspector$")
    keys.go_to("^Question$")
    keys.press("ControlOrMeta+End")
    keys.type(" Say which.")
    told(page, "Saved ·")
    assert "Say which." in keys.press("Escape")["name"]

    keys.press("ControlOrMeta+k")
    keys.type("train this")
    page.keyboard.press("Enter")
    keys.arrives("Say which.")
    page.wait_for_function("() => window.told.at(-1)?.includes('-1 answers in Try now.')", timeout=90_000)
    sentences = page.evaluate("() => window.told")
    assert f"{new_name}-1 is trained and starts now." in sentences
    keys.where()

    keys.press("ControlOrMeta+j")
    keys.arrives("^Your message$")
    page.get_by_text("Say something as your users would").wait_for()
    say(keys, page, "I want to block my card", "Is it your debit card or your credit card? Say which.")
    keys.go_to("^Debit card$", key="Shift+Tab", role="button")
    page.keyboard.press("Enter")
    keys.arrives("^Your message$")
    told(page, "What happened to it?")
    say(keys, page, "I lost it", "Shall I block your debit card now?")
    keys.press("Escape")
    expect(page.get_by_role("region", name="Try the assistant")).to_have_count(0)
    keys.arrives("Say which.")


def say(keys: Keyboard, page: Page, text: str, answer: str) -> None:
    """Say something and hear the answer; the focus stays where the next thing is typed."""
    keys.type(text)
    keys.press("Enter")
    told(page, answer)
    keys.arrives("^Your message$")


def test_dialogs_menus_and_the_drawer_keep_the_focus_and_give_it_back(page: Page, example: str) -> None:
    keys = Keyboard(page)
    page.goto(f"/a/{example}/flows")
    page.get_by_role("link", name="transfer_money").wait_for()

    keys.go_to("^New flow$")
    keys.press("Shift+?")
    assert {keys.press("Tab")["dialog"] for _ in range(4)} == {"Keyboard shortcuts"}
    assert keys.press("Escape")["name"] == "New flow"

    page.keyboard.press("Enter")
    keys.arrives("^Id$")
    keys.type("1 bad name")
    keys.press("Tab", "Enter")
    told(page, "Lower case letters, digits and underscores")
    assert {keys.press("Tab")["dialog"] for _ in range(7)} == {"New flow"}
    page.keyboard.press("Escape")
    keys.arrives("^New flow$")

    keys.go_to("theme, shortcuts, sign out", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Keyboard shortcuts").wait_for()
    keys.go_to("^Keyboard shortcuts", key="ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    keys.press("Tab")
    page.keyboard.press("Escape")
    keys.arrives("theme, shortcuts, sign out")

    keys.go_to("^History$")
    page.keyboard.press("Enter")
    assert keys.arrives("^History$")["role"] == "tab"
    assert keys.press("ArrowLeft")["name"] == "Training log"
    keys.press("Tab", "Tab")
    page.keyboard.press("Escape")
    assert keys.arrives("^Training log$")["tag"] == "button"
    expect(page.get_by_role("tab")).to_have_count(0)


_RING = """() => {
  const at = document.activeElement
  if (at === null || at === document.body) return { at: '', ring: true, cut: false }
  const style = getComputedStyle(at)
  const after = getComputedStyle(at, '::after')
  const drawn = (width, kind, colour) => kind !== 'none' && parseFloat(width) >= 2 && !/rgba\\(.*, 0\\)/.test(colour)
  const outline = drawn(style.outlineWidth, style.outlineStyle, style.outlineColor)
  const border = after.content !== 'none' && drawn(after.borderTopWidth, after.borderTopStyle, after.borderTopColor)
  const bar = at.classList.contains('resizer') || at.classList.contains('resizer-y')
  const reach = parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth)
  const box = at.getBoundingClientRect()
  const ring = { left: box.left - reach, right: box.right + reach, top: box.top - reach, bottom: box.bottom + reach }
  let cut = false
  for (let around = at.parentElement; outline && around; around = around.parentElement) {
    if (getComputedStyle(around).overflow === 'visible') continue
    const edge = around.getBoundingClientRect()
    cut ||= ring.left < edge.left - 1 || ring.right > edge.right + 1
  }
  const field = at.matches('input, textarea, [contenteditable], select')
  return { at: at.outerHTML.slice(0, 120), ring: outline || border || bar || field, cut }
}"""


@pytest.mark.slow
def test_whatever_has_the_focus_shows_it_with_a_whole_ring(page: Page, example: str) -> None:
    for path in ("flows/transfer_money?step=ask_amount", "content/response/utter_ask_amount", "versions"):
        page.goto(f"/a/{example}/{path}")
        page.get_by_role("main").get_by_role("heading").first.wait_for()
        for _ in range(40):
            page.keyboard.press("Tab")
            seen = page.evaluate(_RING)
            assert seen["ring"], f"{path}: no ring around {seen['at']}"
            assert not seen["cut"], f"{path}: the ring is cut around {seen['at']}"
