"""The projects that pages of `docs/` have people write work as the pages say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.conftest import ROOT, run_actions

FIRST, RULES = ((ROOT / "docs" / name).read_text() for name in ("first-project.md", "rules-and-forms.md"))
FILE = re.compile(r"^```\w+\n# (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TALK = re.compile(r"^    (You|Bot)  (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The first project's files in a folder, with its action server on a port of its own."""
    folder = written(FIRST, tmp_path_factory.mktemp("workshop"))
    with run_actions(folder) as webhook:
        endpoints = folder / "endpoints.yml"
        endpoints.write_text(endpoints.read_text().replace("http://127.0.0.1:5055/webhook", webhook))
        yield folder


def written(page: str, folder: Path) -> Path:
    """The files of a page, in the folder."""
    for name, text in FILE.findall(page):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def talks_as_shown(page: str, folder: Path) -> None:
    talk = TALK.findall(page)
    typed = [text for who, text in talk if who == "You"]
    shown = talkwright(folder, "shell", said="\n".join([*typed, "/quit", ""]))
    assert re.findall(r"bot › (.+)", shown) == [text for who, text in talk if who == "Bot"]


def talkwright(folder: Path, *words: str, said: str = "") -> str:
    command = [sys.executable, "-m", "talkwright.cli.main", *words]
    done = subprocess.run(command, cwd=folder, input=said, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_is_to_mend_in_the_first_project(workshop: Path) -> None:
    assert "2 flows: nothing to mend" in talkwright(workshop, "validate", "--strict")


def test_the_first_project_talks_as_its_page_shows(workshop: Path) -> None:
    talks_as_shown(FIRST, workshop)


def test_the_first_project_s_tests_pass(workshop: Path) -> None:
    assert "2 of 2 cases passed" in talkwright(workshop, "test", "e2e")


def test_rules_and_a_form_talk_as_their_page_shows(tmp_path: Path) -> None:
    kennel = written(RULES, tmp_path)
    talkwright(kennel, "validate", "--strict")
    talks_as_shown(RULES, kennel)
