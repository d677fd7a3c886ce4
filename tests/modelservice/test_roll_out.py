"""Consumers are exchanged for newer ones while bots run and talk: the bot's process stays, and so does the chat."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from uuid import uuid4

import pytest
from tests.services.modelservice import project, service_at, talking, texts

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

ROLES = ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer")


@pytest.mark.parametrize("end", ["in order", "killed"])
async def test_a_bot_and_its_chat_go_on_when_its_consumer_is_exchanged(
    fresh_database_url: str, tmp_path: Path, end: str
) -> None:
    settings = {"TALKWRIGHT_ADOPT_SECONDS": "120"}
    async with service_at(fresh_database_url, tmp_path, **settings) as service:
        *_, consumer = [service.start(role) for role in ROLES]
        name = f"bot-{uuid4()}"
        assistant = await service.assistant(name)
        training = await service.train(assistant, project(name), deploy=True)
        deployment = await service.active(assistant, training=training)
        engine = service.engine_of(deployment.id)
        async with talking(service, assistant) as talk:
            chat = await talk.begin()
            assert texts(await talk.say(chat, "send money")) == ["Who shall get the money?"]
            if end == "killed":
                assert consumer.pid is not None
                os.kill(consumer.pid, signal.SIGKILL)  # another one is started in its place
            else:
                await service.stop(consumer)
                assert texts(await talk.say(chat, "/SetSlots(recipient=Ann)")) == ["How much?"]
                service.start("running-consumer")
            async with asyncio.timeout(60):
                while True:
                    (attempt,) = await service.attempts("deployment", deployment.id)
                    if attempt.epoch == 2:
                        break
                    await asyncio.sleep(0.05)
            if end == "killed":
                assert texts(await talk.say(chat, "/SetSlots(recipient=Ann)")) == ["How much?"]
            assert "Sent 20" in " ".join(texts(await talk.say(chat, "/SetSlots(amount=20)")))
        assert service.engine_of(deployment.id) == engine
        assert (attempt.outcome, attempt.state, attempt.number) == (None, "ready", 1)
        row = await service.row("deployment", deployment.id)
        assert (row.state, row.active, row.ready_at) == ("running", True, deployment.ready_at)
        await service.cancel("deployment", deployment.id)
        await service.becomes("deployment", deployment.id, "stopped", seconds=30)
        assert service.jobs() == []
