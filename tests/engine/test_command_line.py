"""`talkwright engine …`, `talkwright shell` and `talkwright test …` as people type them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from talkwright.cli import test as proving  # `test_app` by itself would look like a test to pytest
from talkwright.cli.engine import engine_app
from talkwright.cli.main import main
from talkwright.engine.training import FAILED, train_job

from .conftest import WORKSHOP

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
