"""The acceptance table of the dialogue machine: every row of every scenario file."""

import asyncio
from pathlib import Path

import pytest

from talkwright.engine.testing.scenario_files import Scenario, load_scenarios
from talkwright.engine.testing.scenarios import play

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = [row for path in sorted(FOLDER.glob("[a-z]_*.yml")) for row in load_scenarios(path)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_a_row_goes_exactly_as_written(scenario: Scenario) -> None:
    result = asyncio.run(play(scenario))
    assert result.passed, f"{result.title}\n" + "\n".join(result.differences)
