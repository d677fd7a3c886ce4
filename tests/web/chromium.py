"""Chromium for the tests, and a watch over everything that must not happen in a page."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    ViewportSize,
    expect,
)

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Each test opens fresh profiles and few pages in each: code that runs once is not worth optimising.
    "--js-flags=--no-opt --no-maglev",
]
STEP_MS, CLAIM_MS = 60_000, 20_000
"""How long a busy machine may take for one step, and until what is claimed of a page is true."""
expect.set_options(timeout=CLAIM_MS)
SIZE: ViewportSize = {"width": 1440, "height": 900}
REPORTS = "/api/policy-reports"
LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}
MACHINE = re.compile("net::ERR_NETWORK_CHANGED")
"""What Chromium says when an interface of the machine comes or goes, a container's, say; the page asks again."""
_POLICY = re.compile("policy violated|Content Security Policy")
_REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI || event.sourceFile}`))
"""


def launch(playwright: Playwright) -> Browser:
    """The Chromium that the machine has."""
    found = (
        os.environ.get("CHROMIUM")
        or subprocess.run(
            [ROOT / "scripts" / "find-chromium"], check=True, capture_output=True, text=True
        ).stdout.strip()
    )
    return playwright.chromium.launch(executable_path=found, args=FLAGS, headless=True)


def new_context(
    browser: Browser,
    *,
    state: Path | None = None,
    dark: bool = False,
    address: str | None = None,
    keeps_files: bool = False,
) -> BrowserContext:
    """A browser profile of its own: fixed size, language and time zone, no motion.

    Only one that `keeps_files` has the client's worker: a test doesn't see the requests that the worker answers.
    """
    context = browser.new_context(
        viewport=SIZE,
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
        color_scheme="dark" if dark else "light",
        storage_state=state,
        base_url=address,
        service_workers="allow" if keeps_files else "block",
    )
    context.set_default_timeout(STEP_MS)
    context.add_init_script(_REPORT_VIOLATIONS)
    return context


class Watch:
    """Collects console errors, page errors, violations of the content policy and requests that leave the machine."""

    def __init__(self, context: BrowserContext) -> None:
        self.faults: list[str] = []
        self.broken: list[str] = []
        """What broke a page's content policy, as the page, the browser and its reports tell it."""
        self.requests: list[str] = []
        self._allowed = [MACHINE]
        context.on("request", self._requested)
        context.on("console", self._said)
        context.on("weberror", lambda error: self._fault(f"page error: {error.error}"))

    def allow(self, pattern: str) -> None:
        """Expect faults of this kind: the test brings them about, e.g. a refused request."""
        self._allowed.append(re.compile(pattern))

    def _fault(self, text: str) -> None:
        (self.broken if _POLICY.search(text) else self.faults).append(text)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._fault(f"console: {message.text} ({message.location.get('url', '')})")

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in LOOPBACK:
            self._fault(f"left the machine: {request.url}")
        if parts.path == REPORTS:
            self._fault(f"policy violated: {request.post_data}")

    def unexpected(self) -> list[str]:
        """What happened and was not expected."""
        return self._not_allowed(self.broken) + self._not_allowed(self.faults)

    def take(self) -> list[str]:
        """The unexpected faults since the last time, which are forgotten now; what broke a policy stays."""
        faults, self.faults = self._not_allowed(self.faults), []
        return faults

    def _not_allowed(self, faults: list[str]) -> list[str]:
        return [fault for fault in faults if not any(pattern.search(fault) for pattern in self._allowed)]


def become_administrator(page: Page, link: str, name: str, password: str) -> None:
    """Fill in the page behind the one-time link."""
    page.goto(link)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password again", exact=True).fill(password)
    page.get_by_role("button").last.click()
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()


def set_password(page: Page, link: str, password: str) -> None:
    """Come in by the one-time link of an invitation."""
    page.goto(link)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password again", exact=True).fill(password)
    page.get_by_role("button").last.click()
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()


def sign_in(page: Page, name: str, password: str) -> None:
    """Fill in the sign-in page that is open."""
    page.get_by_label("Name or e-mail").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
