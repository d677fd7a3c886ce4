"""`talkwright test e2e` as people type it."""

import shutil
import socket
from pathlib import Path

import pytest
from tests.engine.conftest import WORKSHOP, run_bot
from typer.testing import CliRunner, Result

from talkwright.cli import test as proving  # `test_app` by itself would look like a test to pytest

CASES = """
test_cases:
  - test_case: right
    steps: [{user: buy a voucher}, {utter: utter_ask_gift_receiver}]
  - test_case: wrong
    steps: [{user: buy a voucher}, {utter: utter_hours}]
"""
ORACLE = "right: [[start flow gift_voucher]]\nwrong: [[start flow gift_voucher]]\n"


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """A project with two test cases and their oracle."""
    project = tmp_path / "project"
    shutil.copytree(WORKSHOP, project)
    (project / "tests").mkdir()
    (project / "tests" / "cases.yml").write_text(CASES)
    (project / "tests" / "cases.oracle.yml").write_text(ORACLE)
    return project / "tests" / "cases.yml"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(proving.test_app, ["e2e", *map(str, arguments)])


def test_each_outcome_is_told_and_one_failure_fails(cases: Path, tmp_path: Path) -> None:
    files = ["--output", tmp_path / "out", "--junit", tmp_path / "junit.xml", "--coverage"]
    both = run(cases.parent, "--understanding", "oracle", *files)
    assert both.exit_code == 1
    assert "utter: utter_hours" in both.output
    assert "1 of 2 cases passed" in both.output
    assert "data/flows.yml:" in both.output, "steps that nobody came to have their lines"
    assert (tmp_path / "junit.xml").is_file()
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"e2e_results_passed.yml", "coverage_passed.csv"}
    assert run(f"{cases}::right", "--understanding", "oracle").exit_code == 0


def test_a_running_bot_is_played_with(cases: Path, workshop_path: Path) -> None:
    with run_bot(workshop_path) as bot:
        stopped = run(f"{cases}::wrong", "--url", bot.url, "--fail-fast")
        right = run(f"{cases}::right", "--url", bot.url)
    assert stopped.exit_code == 1
    assert right.exit_code == 0


def test_a_bot_that_does_not_answer_is_named(cases: Path) -> None:
    with socket.socket() as silent:  # bound, but nobody listens
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = run(cases, "--url", url)
    assert done.exit_code == 2
    assert url in done.output


def test_a_case_that_is_none_is_named(cases: Path) -> None:
    done = run(f"{cases}::rigth", "--understanding", "oracle")
    assert done.exit_code == 2
    assert "has no case “rigth”. Did you mean “right”?" in done.output


def test_a_folder_without_a_case_does_not_pass(cases: Path) -> None:
    (cases.parent / "none").mkdir()
    done = run(cases.parent / "none", "--project", cases.parent.parent, "--understanding", "oracle")
    assert done.exit_code == 1
    assert "0 of 0" in done.output


def test_what_cannot_be_played_is_named(cases: Path, tmp_path: Path) -> None:
    assert "There is no understanding" in run(cases, "--understanding", "psychic").output
    (tmp_path / "lost.yml").write_text(CASES)
    lost = run(tmp_path / "lost.yml")
    assert (lost.exit_code, "lies in no project" in lost.output) == (2, True)
    assert "doesn't exist" in run(tmp_path / "gone").output
    (cases.parent.parent / "data" / "flows.yml").write_text("flows: {x: {steps: []}}")
    broken = run(cases, "--understanding", "oracle")
    assert (broken.exit_code, "flow x" in broken.output) == (2, True)
