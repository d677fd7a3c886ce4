"""The storm: six minutes of kills and freezes under people who train and chat, then calm, in which all comes right."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import time
from pathlib import Path

import pytest
from tests.kills.storm import CHATS, WEIGHTS, storm_at
from tests.services.up import busy

WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
SLACK = float(os.environ.get("STORM_SLACK", max(busy(), WORKERS / (os.cpu_count() or 1))))
"""The one allowance: on a machine that others use as well, so many seconds stand for each of those below."""
SEED = int(os.environ.get("STORM_SEED", "0")) or int(time.time())
SECONDS = float(os.environ.get("STORM_SECONDS", "360"))
CALM_SECONDS = 120.0
START_SECONDS = 120.0
"""Until all assistants run, before it begins."""
KILLS, TRAININGS, TURNS = (math.ceil(count * SECONDS / 360) for count in (200, 30, 500))
"""What must have happened in it, of 360 seconds; a shorter one asks for its share."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout((START_SECONDS + SECONDS + CALM_SECONDS) * SLACK),
]


async def test_whatever_is_killed_people_train_and_chat_and_all_comes_right(tmp_path: Path) -> None:
    sys.stdout.write(f"STORM_SEED={SEED} STORM_SLACK={SLACK:.1f}\n")
    async with storm_at(tmp_path / "home", SEED, SLACK) as storm:
        people = [asyncio.create_task(storm.trains(assistant)) for assistant in storm.assistants.values()]
        for verb, assistant in storm.assistants.items():
            people.extend(asyncio.create_task(storm.talks(assistant, verb)) for _ in range(CHATS))
        strikes = asyncio.create_task(storm.strikes())
        # People and strikes end early by failing only.
        await asyncio.wait([*people, strikes], timeout=SECONDS * SLACK, return_when=asyncio.FIRST_COMPLETED)
        storm.over.set()
        calm = time.monotonic() + CALM_SECONDS * SLACK
        done, waiting = await asyncio.wait([*people, strikes], timeout=CALM_SECONDS * SLACK)
        for task in done:
            task.result()
        assert not waiting, f"what people were at did not end in the calm; {storm}"
        await storm.stage.heals(calm - time.monotonic())
        sys.stdout.write(f"{storm}\n")
        assert storm.faults() == []
        assert storm.kills.keys() == WEIGHTS.keys(), storm
        assert storm.kills.total() >= KILLS, storm
        assert storm.trainings["succeeded"] >= TRAININGS, storm
        assert storm.turns >= TURNS, storm
