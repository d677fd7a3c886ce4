"""`talkwright engine …` and `talkwright shell` as people type them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from talkwright.cli.engine import engine_app
from talkwright.cli.main import main

from .conftest import WORKSHOP, run_bot

CASES = """
test_cases:
  - test_case: right
    steps: [{user: buy a voucher}, {utter: utter_ask_gift_receiver}]
  - test_case: wrong
    steps: [{user: buy a voucher}, {utter: utter_hours}]
"""


def test_playing_tells_each_outcome_and_fails_if_one_failed(workshop_path: Path, tmp_path: Path) -> None:
    (tmp_path / "cases.yml").write_text(CASES)
    with run_bot(workshop_path) as bot:
        both = CliRunner().invoke(engine_app, ["play", str(tmp_path), "--url", bot.url])
        one = CliRunner().invoke(engine_app, ["play", str(tmp_path), "--url", bot.url, "--case", "right"])
    assert both.exit_code == 1
    assert "expected utter_hours" in both.output
    assert "1 of 2 conversations passed" in both.output
    assert one.exit_code == 0


def test_training_by_command_writes_the_model(tmp_path: Path) -> None:
    out = tmp_path / "model.tar.gz"
    done = CliRunner().invoke(engine_app, ["train", "--project", str(WORKSHOP), "--out", str(out)])
    assert done.exit_code == 0
    assert out.exists()


def test_a_shell_for_something_else_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(SystemExit) as ended:
        main(["shell", str(path)])
    assert ended.value.code == 2
    assert "notes.txt" in capsys.readouterr().err
