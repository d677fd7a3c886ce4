"""What the engine's tests share: trained models, running bots and the ecosystem's real action server."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.assistant.project import read_project
from talkwright.engine.agent import Agent
from talkwright.engine.model import Model, load_model, write_model
from talkwright.engine.ports import ActionFailed
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

ROOT = Path(__file__).parents[2]
WORKSHOP = Path(__file__).parent / "projects" / "workshop"
START_SECONDS = 60


@dataclass
class RunningBot:
    """A bot in a process of its own."""

    url: str
    process: subprocess.Popen[str]


def train_to(project: Path, out: Path) -> Path:
    """Train without the checks and lines of a job."""
    items = [
        ItemBody(item.kind, item.name, item.body)
        for item in read_project(project).items
        if item.kind not in ("test", "file")
    ]
    assistant, _ = build_assistant(items)
    write_model(out, items, assistant, train_classifier(assistant), trained_at=None)
    return out


@pytest.fixture(scope="session")
def workshop_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained model of the bicycle workshop."""
    return train_to(WORKSHOP, tmp_path_factory.mktemp("models") / "workshop.tar.gz")


@pytest.fixture(scope="session")
def workshop(workshop_path: Path) -> Model:
    return load_model(workshop_path)


class NoActions:
    """The workshop has no actions of its own."""

    async def run(self, name: str, tracker: object, domain: object) -> object:
        raise ActionFailed(f"no {name} here")


@pytest.fixture
def agent(workshop: Model) -> Agent:
    return Agent(workshop.assistant, LocalUnderstanding(workshop.classifier), NoActions())


@contextmanager
def run_bot(model: Path | str, *options: str, **environment: str) -> Iterator[RunningBot]:
    """A bot on a free port, until the block ends; `model` may be a file, a folder or an address."""
    command = [sys.executable, "-m", "talkwright.engine", "run", "--model", str(model), "--port", "0", *options]
    variables = {**os.environ, **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                said = json.loads(line)
                if said.get("stage") == "ready":
                    yield RunningBot(f"http://127.0.0.1:{said['port']}", process)
                    break
            else:
                pytest.fail("the bot ended before it was ready")
        finally:
            process.terminate()
            process.communicate(timeout=START_SECONDS)


@pytest.fixture(scope="session")
def start_bot() -> Callable[..., object]:
    return run_bot


@contextmanager
def run_actions(folder: Path, module: str = "actions") -> Iterator[str]:
    """The real rasa-sdk server with the actions of a folder; gives its webhook's address."""
    python = ROOT / ".venv-actions" / "bin" / "python"
    assert python.exists(), "the action server's venv is missing: run `make .venv-actions/.stamp`"
    port = free_port()
    variables = {**os.environ, "PYTHONPATH": str(folder)}
    command = [str(python), "-m", "rasa_sdk", "--actions", module, "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=variables, cwd=folder
    ) as process:
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "up and running" in line:
                    break
            else:
                pytest.fail("the action server ended before it was ready:\n" + "".join(lines))
            await_health(f"http://127.0.0.1:{port}/health")
            yield f"http://127.0.0.1:{port}/webhook"
        finally:
            process.terminate()
            process.communicate(timeout=START_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_health(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with opener.open(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > deadline:
                raise


@pytest.fixture(scope="session")
def action_server() -> Iterator[str]:
    """The webhook of the action server that tests/engine/action_server is made for."""
    with run_actions(Path(__file__).parent / "action_server", "fixture_actions") as address:
        yield address
