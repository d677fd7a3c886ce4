"""What the first page offers beside the assistants."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.web.projects import tea_desk


def test_the_commands_that_it_offers_work_as_they_are_copied(page: Page, tmp_path: Path) -> None:
    for path, text in tea_desk("my-project").items():
        (tmp_path / "my-project" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "my-project" / path).write_text(text)
    page.goto("/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = page.get_by_role("region", name="From the command line")
    card.get_by_role("button", name="Copy the commands").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The commands are copied")).to_be_visible()
    commands = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert len(commands) > 1
    place = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command in commands:
        expect(card).to_contain_text(command)
        ended = subprocess.run(
            command.split(),
            cwd=tmp_path,
            env=place,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
