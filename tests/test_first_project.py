"""The project that `docs/first-project.md` has people write works as the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.conftest import ROOT, run_actions

PAGE = (ROOT / "docs" / "first-project.md").read_text()
FILE = re.compile(r"^```\w+\n# (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TALK = re.compile(r"^    (You|Bot)  (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The page's files in a folder, with its action server on a port of its own."""
    folder = tmp_path_factory.mktemp("workshop")
    for name, text in FILE.findall(PAGE):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    with run_actions(folder) as webhook:
        endpoints = folder / "endpoints.yml"
        endpoints.write_text(endpoints.read_text().replace("http://127.0.0.1:5055/webhook", webhook))
        yield folder


def talkwright(folder: Path, *words: str, said: str = "") -> str:
    command = [sys.executable, "-m", "talkwright.cli.main", *words]
    done = subprocess.run(command, cwd=folder, input=said, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_is_to_mend(workshop: Path) -> None:
    assert "2 flows: nothing to mend" in talkwright(workshop, "validate", "--strict")


def test_the_shown_talk_is_the_one_that_people_get(workshop: Path) -> None:
    talk = TALK.findall(PAGE)
    typed = [text for who, text in talk if who == "You"]
    shown = talkwright(workshop, "shell", said="\n".join([*typed, "/quit", ""]))
    assert re.findall(r"bot › (.+)", shown) == [text for who, text in talk if who == "Bot"]


def test_its_tests_pass(workshop: Path) -> None:
    assert "2 of 2 cases passed" in talkwright(workshop, "test", "e2e")
