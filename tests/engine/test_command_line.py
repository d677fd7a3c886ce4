"""`talkwright engine …`, `talkwright shell` and `talkwright test …` as people type them."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from talkwright.cli import test as proving  # `test_app` by itself would look like a test to pytest
from talkwright.cli.engine import engine_app
from talkwright.cli.main import main
from talkwright.engine import lines
from talkwright.engine.training import FAILED, train_job

from .conftest import WORKSHOP


@pytest.fixture
def words_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command changes for its whole process is put back after the test."""
    monkeypatch.setattr(lines, "_for_people", False)
    monkeypatch.setattr(lines, "_said", set())


SCENARIOS = Path(__file__).parents[1] / "dialogue" / "scenarios"


def test_playing_scenarios_tells_each_and_every_difference(tmp_path: Path) -> None:
    table = SCENARIOS / "f_cancel.yml"
    right = CliRunner().invoke(proving.test_app, ["scenarios", str(table)])
    (tmp_path / "project.yml").write_text((SCENARIOS / "project.yml").read_text())
    (tmp_path / "wrong.yml").write_text(table.read_text().replace("bot: [", "bot: [never, "))
    wrong = CliRunner().invoke(proving.test_app, ["scenarios", str(tmp_path / "wrong.yml")])
    assert right.exit_code == 0
    assert "passed: T55" in right.output
    assert wrong.exit_code == 1
    assert "failed: T55" in wrong.output
    assert "- never" in wrong.output


def test_a_table_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "table.yml").write_text("scenarios: [")
    done = CliRunner().invoke(proving.test_app, ["scenarios", str(tmp_path / "table.yml")])
    assert done.exit_code == 2
    assert "table.yml" in done.output


def test_training_by_command_writes_the_model(tmp_path: Path) -> None:
    out = tmp_path / "model.tar.gz"
    done = CliRunner().invoke(engine_app, ["train", "--project", str(WORKSHOP), "--out", str(out)])
    assert done.exit_code == 0
    assert out.exists()


def talkwright(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def test_people_are_told_in_words_what_a_validation_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words_for_people: None
) -> None:
    assert talkwright("validate", str(WORKSHOP)) == 0
    assert "10 flows: " in capsys.readouterr().out
    assert talkwright("validate", str(WORKSHOP), "--strict") == 2
    (tmp_path / "data").mkdir()
    broken = "flows:\n  broken:\n    description: x\n    steps:\n      - collect: nowhere\n"
    (tmp_path / "data" / "flows.yml").write_text(broken)
    assert talkwright("validate", str(tmp_path)) == 2
    said = capsys.readouterr().out
    assert "error: data/flows.yml:5, flow broken: The question for `nowhere` names" in said
    assert "nowhere" in said
    assert '{"' not in said


def test_a_persons_training_ends_in_the_folder_of_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words_for_people: None
) -> None:
    assert talkwright("train", str(WORKSHOP), "--out", str(tmp_path / "models")) == 0
    (model,) = (tmp_path / "models").glob("*.tar.gz")
    assert re.fullmatch(r"\d{8}-\d{6}-[a-z]+-[a-z]+\.tar\.gz", model.name)
    assert f"talkwright shell {model}" in capsys.readouterr().out
    assert talkwright("train", str(WORKSHOP), "--out", str(tmp_path), "--name", "../away") == 2
    assert "no path" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "run", "shell", "inspect", "validate"])
def test_each_command_of_a_project_shows_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert talkwright(command, "--help") == 0
    said = capsys.readouterr().out
    assert "Examples:" in said
    assert f"talkwright {command} " in said


def test_a_folder_that_is_no_project_is_not_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "sea.jpg").write_bytes(b"\xff\xd8")
    assert train_job(tmp_path / "photos", tmp_path / "bot.tar.gz") == FAILED
    assert "name a project" in capsys.readouterr().out
    assert not (tmp_path / "bot.tar.gz").exists()


def test_a_shell_for_something_else_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(SystemExit) as ended:
        main(["shell", str(path)])
    assert ended.value.code == 2
    assert "notes.txt" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "shell"])
def test_a_wrong_setting_is_told_in_words(
    workshop_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words_for_people: None,
    command: str,
) -> None:
    monkeypatch.setenv("TALKWRIGHT_ENGINE_STORE", "redis")
    assert talkwright(command, str(workshop_path)) == 2
    said = capsys.readouterr()
    assert "TALKWRIGHT_ENGINE_STORE must be" in said.out + said.err
    assert "pydantic" not in said.out + said.err


def test_a_run_without_models_says_to_train_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words_for_people: None
) -> None:
    monkeypatch.chdir(tmp_path)
    assert talkwright("run") == 2
    assert "Run `talkwright train` first" in capsys.readouterr().out
