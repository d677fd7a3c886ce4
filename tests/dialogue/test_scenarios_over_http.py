"""The same rows against a real bot in a process of its own, over the REST channel."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2
import pytest
from tests.dialogue.remote import play_remotely, spoken_turns

from talkwright.assistant.build import build_assistant
from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event
from talkwright.engine.testing.scenario_files import Scenario, load_scenarios
from talkwright.engine.testing.scenarios import Result
from talkwright.engine.training import train

FOLDER = Path(__file__).parent / "scenarios"
ROWS = [row for path in sorted(FOLDER.glob("[a-z]_*.yml")) for row in load_scenarios(path)]
ITEMS = ROWS[0].items
ASSISTANT, _ = build_assistant(ITEMS)
SPOKEN = [row for row in ROWS if row.items == ITEMS and spoken_turns(row, ASSISTANT) is not None]
TOKEN = "only-for-this-test"


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a bot that runs the scenarios' project."""
    model = tmp_path_factory.mktemp("model") / "scenarios.tar.gz"
    train(list(ITEMS), ASSISTANT, model)
    process = subprocess.Popen(
        [sys.executable, "-m", "talkwright.engine", "run", "--model", str(model), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TALKWRIGHT_ENGINE_TOKEN": TOKEN},
    )
    try:
        assert process.stdout is not None
        ready = next(line for line in map(json.loads, process.stdout) if line.get("stage") == "ready")
        yield f"http://127.0.0.1:{ready['port']}"
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def test_enough_rows_can_be_spoken() -> None:
    assert len(SPOKEN) >= 10


@pytest.mark.parametrize("scenario", SPOKEN, ids=lambda scenario: scenario.id)
def test_a_row_goes_the_same_over_http(bot: str, scenario: Scenario) -> None:
    result = asyncio.run(_play(bot, scenario))
    assert result.passed, str(result)


async def _play(address: str, scenario: Scenario) -> Result:
    async with httpx2.AsyncClient(base_url=address, timeout=20) as client:

        async def say(text: str) -> Sequence[Event]:
            body = {"sender": scenario.id, "message": text}
            answer = await client.post("/webhooks/rest/webhook", params={"events": "true", "token": TOKEN}, json=body)
            answer.raise_for_status()
            return [event for data in answer.json()["events"] if isinstance(event := decode(json.dumps(data)), Event)]

        return await play_remotely(scenario, ASSISTANT, say)
