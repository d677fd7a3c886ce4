"""Code of projects in jobs: refused, unless the operator allows it for the assistant; then it runs from his folder."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest
from pydantic import ValidationError
from tests.services.modelservice import CONFIG, Service, service_at, talking, texts

from talkwright.database.deployments import ADDRESSED, SECRET_PURPOSE
from talkwright.identity.secrets import keyring
from talkwright.modelservice.engines.base import Order, Serving
from talkwright.modelservice.engines.talkwright import TalkwrightEngine
from talkwright.modelservice.project_code import ProjectCode, allowed_to, read_allowed
from talkwright.modelservice.settings import ModelServiceSettings

ROOT = Path(__file__).parents[2]
FOLDER = str(Path(__file__).parent / "own_code")
PYTHON = str(ROOT / ".venv-actions" / "bin" / "python")
FLOW = """
flows:
  greet:
    name: greet me
    description: Greet somebody.
    steps:
    - action: action_greets
"""
OWN = ProjectCode(folder="/opt/desk", python="/opt/actions/bin/python")


def project(name: str) -> dict[str, bytes]:
    """A project whose action and channel are code of its own, which lies in it as well."""
    files = {
        "config.yml": CONFIG.format(name=name),
        "domain.yml": "actions: [action_greets]\n",
        "data/flows.yml": FLOW,
        "endpoints.yml": "action_endpoint:\n  actions_module: desk_actions\n",
        "credentials.yml": "desk_channels.Desk:\n  greeting: open\n",
        "desk_actions.py": "raise RuntimeError('what lies in the project is never run')\n",
    }
    return {path: text.encode() for path, text in files.items()}


async def greeted(service: Service, name: str) -> tuple[list[str], int, list[str]]:
    """What a new assistant of this name says, the status of its own channel, and its log."""
    assistant = await service.assistant(name)
    training = await service.train(assistant, project(name), deploy=True)
    deployment = await service.active(assistant, training=training)
    async with talking(service, assistant) as talk:
        said = texts(await talk.say(await talk.begin(), "greet me"))
    (attempt,) = await service.attempts("deployment", deployment.id)
    token = keyring(None, service.home).decrypt(attempt.secret, SECRET_PURPOSE).decode()
    async with httpx2.AsyncClient(headers={ADDRESSED: str(deployment.id)}, trust_env=False) as client:
        channel = await client.get(f"{attempt.address}/webhooks/desk/", params={"token": token})
    return said, channel.status_code, await service.log("deployment", deployment.id)


@pytest.mark.slow
@pytest.mark.anyio
async def test_code_of_a_project_runs_from_the_operators_folder_where_he_allows_it(
    database_url: str, tmp_path: Path
) -> None:
    allowed, refused, astray = (f"desk-{uuid4()}" for _ in range(3))
    word = {allowed: {"folder": FOLDER, "python": PYTHON}, astray: {"folder": "/no/such/folder"}}
    async with service_at(database_url, tmp_path, TALKWRIGHT_JOB_PROJECT_CODE=json.dumps(word)) as service:
        for role in ("training-orchestrator", "training-consumer", "running-orchestrator", *["running-consumer"] * 3):
            service.start(role)
        said, status, log = await greeted(service, allowed)
        assert said[0] == "This is the desk's own code."
        assert status == 200, log
        said, status, log = await greeted(service, refused)
        assert "This is the desk's own code." not in said
        assert status == 404
        assert sum("TALKWRIGHT_JOB_PROJECT_CODE" in line for line in log) == 2, "actions and channel, in words"
        said, status, log = await greeted(service, astray)
        assert "This is the desk's own code." not in said
        assert any("There is no folder /no/such/folder" in line for line in log), log
        assert any("desk_channels.Desk" in line and "ModuleNotFoundError" in line for line in log), log


def test_the_word_is_given_by_name_or_id_and_no_name_counts_as_an_id() -> None:
    one, other = uuid4(), UUID("a1990000-0000-7000-8000-000000000001")
    text = json.dumps(
        {"desk": {"folder": "/opt/desk", "python": "/opt/actions/bin/python"}, str(other): {"folder": "/o"}}
    )
    allowed = read_allowed(text)
    assert allowed_to(allowed, one, "desk") == OWN
    assert allowed_to(allowed, other, "whatever") == ProjectCode(folder="/o")
    assert allowed_to(allowed, one, "another") is None
    assert allowed_to(allowed, one, str(other)) is None, "an assistant that is named as another one's id"
    assert read_allowed("") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "a map in JSON"),
        ('["desk"]', "a map in JSON"),
        ('{"desk": true}', "must give desk a `folder`, and perhaps"),
        ('{"desk": {"folder": "/opt", "modules": []}}', "must give desk a `folder`, and perhaps"),
        ('{"desk": {"python": "/usr/bin/python3"}}', "must give desk a `folder`"),
        ('{"desk": {"folder": "code"}}', "must give desk an absolute path as its folder"),
    ],
)
def test_a_word_that_cannot_be_read_is_refused_at_the_start_with_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ModelServiceSettings(job_project_code=text)


def test_a_training_by_our_engine_runs_no_code_of_a_project_even_where_its_bot_may() -> None:
    engine = TalkwrightEngine(ModelServiceSettings())
    training = engine.training_job(Order(name="j", project="p", code=OWN)).environment
    assert (training["TALKWRIGHT_ENGINE_ACTIONS_FOLDER"], training["TALKWRIGHT_ENGINE_PROJECT_CODE"]) == ("", "false")
    assert "PYTHONPATH" not in training
    serving = Serving(model="m", deployment="d", token="secret")
    running = engine.running_job(Order(name="j", project="p", code=OWN), serving).environment
    assert (running["TALKWRIGHT_ENGINE_ACTIONS_FOLDER"], running["PYTHONPATH"]) == ("/opt/desk", "/opt/desk")
    assert running["TALKWRIGHT_ENGINE_ACTIONS_PYTHON"] == "/opt/actions/bin/python"
