"""The order in which a run with several workers takes the test files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.services.schedule import OWN_HOUSES, ROOMS, SECONDS, next_file, room_of

ROOT = Path(__file__).parents[1]
KILLS, UP, FIGURES = "tests/kills/test_kills.py", "tests/up/test_up.py", "tests/test_figures.py"
STATES, ROOM, FILES = "tests/web/test_states.py", "tests/web/test_room.py", "tests/web/test_files.py"


def test_whatever_it_names_is_there() -> None:
    assert [file for file in (*SECONDS, *ROOMS, *OWN_HOUSES) if not (ROOT / file).exists()] == []


def test_the_longest_file_comes_first_and_short_ones_in_the_order_in_which_they_were_found() -> None:
    assert next_file({FIGURES: 900, UP: 160, KILLS: 200}, "", [], 2) == KILLS
    assert next_file({FIGURES: 1, "tests/test_house.py": 2}, "", [], 2) == FIGURES


def test_what_waits_for_a_long_test_of_its_worker_is_short() -> None:
    assert next_file({KILLS: 200, FIGURES: 1, UP: 160}, "", [], 2, will_wait=True) == FIGURES


def test_a_room_that_nobody_has_opened_comes_before_all_else_and_whoever_opened_it_stays() -> None:
    assert next_file({KILLS: 200, STATES: 100, FILES: 5}, "", ["", ""], 3) == STATES
    assert next_file({KILLS: 200, FILES: 5}, "tests/web/", ["", ""], 3) == FILES
    assert room_of(OWN_HOUSES[0]) == ""


def test_a_second_worker_opens_a_room_only_where_one_would_be_the_last_to_end() -> None:
    waiting = {KILLS: 200, STATES: 100, ROOM: 100}
    assert next_file(waiting, "", ["tests/web/"], 2) == KILLS
    assert next_file({STATES: 100}, "", ["tests/web/"], 2) == STATES
    assert next_file({FILES: 5}, "", ["tests/web/"], 2) is None
    assert next_file({STATES: 100}, "", ["tests/web/"] * 4, 5) is None


def test_all_tests_of_a_file_run_on_one_worker(tmp_path: Path) -> None:
    files = [tmp_path / "tests" / f"test_{name}.py" for name in "abcde"]
    files[0].parent.mkdir()
    for file in files:
        file.write_text("import pytest\n@pytest.mark.parametrize('each', range(5))\ndef test_it(each): pass\n")
    words = ["-n", "2", "-v", "-p", "xdist", "-p", "tests.services.schedule", "-c", "/dev/null"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, f"--rootdir={tmp_path}", str(tmp_path / "tests")],
        cwd=ROOT,
        env=environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "25 passed" in done.stdout, done.stdout + done.stderr
    ran = [line.split() for line in done.stdout.splitlines() if "PASSED" in line]
    places = {(words[0], next(word for word in words if "::" in word).partition("::")[0]) for words in ran}
    assert len(ran) == 25
    assert Counter(Path(file).name for _, file in places) == dict.fromkeys((file.name for file in files), 1)
    assert {worker for worker, _ in places} == {"[gw0]", "[gw1]"}
