"""`talkwright test scenarios`: exit codes, the choice of rows and profiles, and the documented example."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from talkwright.cli.test import test_app as app

DOCUMENT = Path(__file__).parents[2] / "docs/formats/scenarios.md"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example of the document, outside of the repository."""
    found = re.search(r"```yaml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert found is not None
    path = tmp_path / "greeter.yml"
    path.write_text(found[1])
    return path


def run(*arguments: str) -> tuple[int, str]:
    outcome = CliRunner().invoke(app, ["scenarios", *arguments])
    return outcome.exit_code, outcome.output


def test_the_documented_example_passes_in_both_profiles(example: Path) -> None:
    code, said = run(str(example))
    assert (code, said.splitlines()[-1]) == (0, "2 of 2 scenarios passed")


def test_a_wrong_row_fails_with_a_diff(example: Path) -> None:
    example.write_text(example.read_text().replace("stack: idle", "stack: greet(r) ?name"))
    code, said = run(str(example), "--profile", "default")
    assert code == 1
    assert said.splitlines()[:7] == [
        "failed: G1 an answer ends the flow (default)",
        "    turn 1: the user says [start greet]",
        '    turn 2: the user says [set name "Ann"]',
        "    turn 3: the user says [set continue_conversation true]",
        "    turn 3, stack:",
        "        - greet(r)",
        "        - ?name",
    ]


def test_nothing_played_is_a_failure_and_what_cant_be_played_another(example: Path) -> None:
    assert run(str(example), "--only", "G2") == (1, "0 of 0 scenarios passed\n")
    code, said = run(str(example), "--profile", "lax")
    assert code == 2
    assert "no profile “lax”" in said
    example.write_text(example.read_text().replace("    slots: {}\n    set", "    set", 1))
    code, said = run(str(example))
    assert code == 2
    assert "says nothing about slots" in said


def test_a_flow_that_cant_be_read_is_told_instead_of_left_out(example: Path) -> None:
    example.write_text(example.read_text().replace("{collect: name}", "{colect: name}"))
    code, said = run(str(example))
    assert code == 2
    assert "flow greet: Step" in said


def test_help_has_examples_and_names_the_document() -> None:
    code, said = run("--help")
    assert code == 0
    assert "talkwright test scenarios tests/greeting.yml" in said
    assert "docs/formats/scenarios.md" in said
