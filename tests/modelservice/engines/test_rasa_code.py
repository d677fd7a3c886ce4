"""Real Rasa with a component of the project's own: it runs where that is allowed, and what it breaks off is noticed."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from uuid import uuid4

import pytest
from tests.services.modelservice import service_at, talking, texts
from tests.services.rasa import rasa_python

from talkwright.backend.errors import ProblemError
from talkwright.database.assistants import set_engine

# As those of the conformance suite: minutes by the clock of a busy machine.
pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(1200)]
FOLDER = str(Path(__file__).parents[1] / "own_code")
SECONDS = 900.0
FILES = {
    "config.yml": "recipe: default.v1\nlanguage: en\nassistant_id: desk\npipeline:\n- name: WhitespaceTokenizer\n"
    "- name: desk_nlu.Stumbler\n- name: CountVectorsFeaturizer\n- name: LogisticRegressionClassifier\n"
    "policies:\n- name: RulePolicy\n",
    "domain.yml": "version: '3.1'\nintents: [greet, part]\nresponses:\n  utter_hello:\n  - text: Hello there.\n"
    "  utter_bye:\n  - text: Farewell.\n",
    "data/nlu.yml": "version: '3.1'\nnlu:\n- intent: greet\n  examples: |\n    - hello\n    - good morning\n"
    "- intent: part\n  examples: |\n    - farewell\n    - see you\n",
    "data/rules.yml": "version: '3.1'\nrules:\n- rule: greet\n  steps:\n  - intent: greet\n  - action: utter_hello\n"
    "- rule: part\n  steps:\n  - intent: part\n  - action: utter_bye\n",
}


async def test_a_component_of_ones_own_runs_where_it_is_allowed_and_a_turn_that_it_breaks_off_is_noticed(
    database_url: str, tmp_path: Path
) -> None:
    allowed, refused = (f"desk-{uuid4()}" for _ in range(2))
    given = {
        "TALKWRIGHT_RASA_PYTHON": rasa_python(),
        "TALKWRIGHT_JOB_PROJECT_CODE": json.dumps({allowed: {"folder": FOLDER}}),
    }
    async with service_at(database_url, tmp_path, **given) as service:
        for role in ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer"):
            service.start(role)
        trainings = []
        for name in (refused, allowed):
            assistant = await service.assistant(name)
            async with service.database.transaction() as session:
                await set_engine(session, assistant, "rasa")
            trainings.append(
                await service.train(assistant, {path: text.encode() for path, text in FILES.items()}, deploy=True)
            )
        row = await service.becomes("training", trainings[0], "failed", seconds=SECONDS)
        assert "desk_nlu.Stumbler by its module" in row.reason
        deployment = await service.active(assistant, training=trainings[1], seconds=SECONDS)
        async with talking(service, assistant) as talk:
            chat = await talk.begin()
            assert texts(await talk.say(chat, "hello")) == ["Hello there."]
            began = time.monotonic()
            with pytest.raises(ProblemError) as failed:
                await talk.say(chat, "please stumble")
            assert failed.value.code == "engine-failed"
            assert time.monotonic() - began < 60, "long before the time that a turn may take"
            assert texts(await talk.say(chat, "hello")) == ["Hello there."]
        await service.cancel("deployment", deployment.id)
        async with asyncio.timeout(SECONDS):
            await service.becomes("deployment", deployment.id, "stopped", seconds=SECONDS)
