"""Asking whether a started model answers wakes nobody: no conversation begins, nobody beside the bot is asked."""

import asyncio
import json
import socket
from pathlib import Path

import httpx2
import pytest

from talkwright.engine.model import load_model
from talkwright.engine.running import make_actions, make_agent
from talkwright.engine.settings import EngineSettings
from talkwright.engine.understanding.choice import Choice
from talkwright.modelservice.engines.readiness import answers

from .bot_server import served_app
from .conftest import train_to

pytestmark = pytest.mark.anyio

DOMAIN = "actions: [action_session_start]\nresponses:\n  utter_hello: [{text: Hello.}]\n"
"""The project's own beginning of a conversation is an action of its server."""
FLOWS = "flows:\n  greet: {name: greet me, description: says hello, steps: [{action: utter_hello}]}\n"


def project_with(folder: Path, llm: socket.socket, actions: socket.socket) -> Path:
    """A project that asks a language model about every message, and an action server at each beginning."""
    addresses = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in (llm, actions)]
    model = {"provider": "self-hosted", "model": "m", "api_base": f"{addresses[0]}/v1"}
    generator = {"name": "CompactLLMCommandGenerator", "llm": {"model_group": "one"}}
    files = {
        "config": json.dumps({"assistant_id": "wary", "language": "en", "pipeline": [generator]}),
        "endpoints": json.dumps(
            {
                "model_groups": [{"id": "one", "models": [model]}],
                "action_endpoint": {"url": f"{addresses[1]}/webhook"},
            }
        ),
        "domain": DOMAIN,
        "flows": FLOWS,
    }
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


async def is_asked(server: socket.socket) -> None:
    """Wait until somebody connects to a server, which ends the connection."""
    async with asyncio.timeout(20):
        link, _ = await asyncio.get_running_loop().sock_accept(server)
    link.close()


async def test_whether_a_model_answers_is_asked_of_nobody_else(tmp_path: Path) -> None:
    settings = EngineSettings(engine_understanding=Choice.LLM)
    with socket.create_server(("127.0.0.1", 0)) as llm, socket.create_server(("127.0.0.1", 0)) as actions:
        model = load_model(train_to(project_with(tmp_path / "project", llm, actions), tmp_path / "model.tar.gz"))
        agent = make_agent(model, make_actions(model.assistant.endpoints, settings), settings)
        transport = httpx2.ASGITransport(app=served_app(model, agent))
        async with httpx2.AsyncClient(transport=transport, base_url="http://bot") as client:
            assert await answers(client, model.model_id)
            for server in (llm, actions):
                server.setblocking(False)
                with pytest.raises(BlockingIOError):
                    server.accept()
            said = {"sender": "ann", "message": "good morning"}  # which asks both of them
            talking = asyncio.create_task(client.post("/webhooks/rest/webhook", json=said))
            await is_asked(actions)
            await is_asked(llm)
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
            await agent.close()
