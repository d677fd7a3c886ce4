"""The acceptance table of the dialogue machine: every row of every scenario file, in both profiles."""

import asyncio
import re
from pathlib import Path

import pytest

from talkwright.assistant.compatibility import Compatibility
from talkwright.engine.testing.scenario_files import Scenario, load_scenarios
from talkwright.engine.testing.scenarios import play

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = [row for path in sorted(FOLDER.glob("[a-z]_*.yml")) for row in load_scenarios(path)]
PLAYED = [(row, profile) for row in SCENARIOS for profile in row.profiles]


@pytest.mark.parametrize(("scenario", "profile"), PLAYED, ids=lambda value: getattr(value, "id", value))
def test_a_row_goes_exactly_as_written(scenario: Scenario, profile: Compatibility) -> None:
    result = asyncio.run(play(scenario, profile))
    assert result.passed, str(result)


def test_all_rows_of_the_table_are_there_and_in_both_profiles() -> None:
    numbered = {int(found[1]) for row in SCENARIOS if (found := re.fullmatch(r"T(\d+)[a-z]?", row.id))}
    assert numbered == set(range(1, 104))
    for row in SCENARIOS:
        assert len(row.profiles) == 2, row.id


def test_every_row_beyond_the_table_names_its_section_and_no_id_stands_twice() -> None:
    ids = [row.id for row in SCENARIOS]
    assert len(ids) == len(set(ids))
    beyond = [row for row in SCENARIOS if not re.fullmatch(r"T\d+[a-z]?", row.id)]
    assert [row.id for row in beyond if not re.fullmatch(r"\d+(\.\d+)?", row.section or "")] == []
    assert len(beyond) >= 140
