"""Reading what jobs print: any text at all is a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.modelservice.jobs import MESSAGE_CHARACTERS, parse_line


def test_a_progress_line_is_read() -> None:
    line = parse_line(3, 1.5, '{"stage": "classifier", "progress": 0.5, "message": "Half way"}')
    assert (line.number, line.stage, line.progress, line.message) == (3, "classifier", 0.5, "Half way")


def test_a_problem_becomes_an_error_with_its_message() -> None:
    line = parse_line(1, 0, '{"problem": {"code": "x", "message": "The slot is missing."}}')
    assert line.level == "error"
    assert line.message == "The slot is missing."
    assert line.problem == {"code": "x", "message": "The slot is missing."}


def test_warnings_and_hints_are_no_errors() -> None:
    levels = [
        parse_line(1, 0, f'{{"problem": {{"severity": "{each}", "message": "m"}}}}').level
        for each in ("warning", "hint")
    ]
    assert levels == ["warning", "info"]


def test_a_traceback_line_is_a_plain_message() -> None:
    assert parse_line(1, 0, "  File x").message == "File x"


def test_ports_outside_the_range_and_progress_beyond_one_are_not_believed() -> None:
    line = parse_line(1, 0, '{"port": 70000, "progress": 7}')
    assert line.port is None
    assert line.progress == 1.0


def test_long_lines_are_cut_and_nul_is_replaced() -> None:
    assert len(parse_line(1, 0, "x" * 100_000).message) == MESSAGE_CHARACTERS + 1
    assert "\x00" not in parse_line(1, 0, "a\x00b").message


@pytest.mark.parametrize("name", ["message", "stage"])
def test_nothing_that_a_database_refuses_in_text_gets_through(name: str) -> None:
    written = str(getattr(parse_line(1, 0, f'{{"{name}": "a\\u0000b\\ud800c"}}'), name))
    assert "\x00" not in written
    assert written.encode().startswith(b"a")


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    parse_line(1, 0, text)
    parse_line(1, 0, "{" + text)
