"""Actions that a bot runs itself, in a process beside it: the real rasa-sdk, the same limits as over HTTP."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from talkwright.conversation.tracker import Tracker
from talkwright.engine.actions import EndpointError
from talkwright.engine.local_actions import LocalActions, read_module
from talkwright.engine.model import Model
from talkwright.engine.ports import ActionFailed, ActionRejected
from talkwright.engine.running import make_actions
from talkwright.engine.settings import EngineSettings
from talkwright.modelservice.engines.base import Order, Serving
from talkwright.modelservice.engines.talkwright import TalkwrightEngine
from talkwright.modelservice.jobs import Desk
from talkwright.modelservice.settings import ModelServiceSettings

from .conftest import ROOT, run_bot, train_to

pytestmark = pytest.mark.anyio
FOLDER = Path(__file__).parent / "action_server"
PYTHON = str(ROOT / ".venv-actions" / "bin" / "python")
MODULE = {"action_endpoint": {"actions_module": "fixture_actions"}}
BEYOND = """
import os
from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class Floods(Action):
    def name(self):
        return "action_floods"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("part_name", "x" * (2 << 20))]


class Leaves(Action):
    def name(self):
        return "action_leaves"

    def run(self, dispatcher, tracker, domain):
        os._exit(3)


class Prints(Action):
    def name(self):
        return "action_prints"

    def run(self, dispatcher, tracker, domain):
        print("no answer, but a line")
        dispatcher.utter_message(text=os.environ.get("TALKWRIGHT_ENGINE_TOKEN", "no key"))
        return []
"""


@asynccontextmanager
async def actions(folder: Path = FOLDER, module: str = "fixture_actions") -> AsyncIterator[LocalActions]:
    async with LocalActions(read_module(module, folder, PYTHON), timeout=30.0) as running:
        yield running


async def test_actions_run_beside_the_bot_as_they_do_on_an_action_server(workshop: Model) -> None:
    domain, tracker = workshop.assistant.domain, Tracker("ann", {"part_count": 3})
    async with actions() as running:
        result = await running.run("action_looks", tracker, domain)
        assert [message.get("text") or message["response"] for message in result.responses] == [
            "ann has 3",
            "utter_part_ordered",
        ]
        slot, known, followup = result.events
        assert (slot["name"], slot["value"], followup["name"]) == ("part_name", "bell", "action_listen")
        assert "part_count" in known["value"], "it knows the domain"
        with pytest.raises(ActionRejected, match="not now"):
            await running.run("action_rejects", tracker, domain)
        with pytest.raises(ActionFailed, match="RuntimeError"):
            await running.run("action_breaks", tracker, domain)
        with pytest.raises(ActionFailed, match="404"):
            await running.run("action_unknown", tracker, domain)
        assert (await running.run("action_looks", tracker, domain)).responses, "the next one runs"


async def test_an_action_that_hangs_fails_alone_and_the_next_one_runs(workshop: Model) -> None:
    domain, tracker = workshop.assistant.domain, Tracker("ann", {})
    async with actions() as running:
        await running.run("action_looks", tracker, domain)
        running._timeout = 0.3
        dawdling = asyncio.create_task(running.run("action_dawdles", tracker, domain))
        assert (await running.run("action_looks", tracker, domain)).responses, "beside the one that hangs"
        with pytest.raises(ActionFailed, match=r"did not answer within 0\.3 seconds"):
            await dawdling
        running._timeout = 30
        assert (await running.run("action_looks", tracker, domain)).responses, "in a new process"


async def test_what_would_break_a_bot_breaks_the_process_beside_it(
    workshop: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beyond.py").write_text(BEYOND)
    monkeypatch.setenv("TALKWRIGHT_ENGINE_TOKEN", "secret")
    domain, tracker = workshop.assistant.domain, Tracker("ann", {})
    async with actions(tmp_path, "beyond") as running:
        with pytest.raises(ActionFailed, match="larger than 1 MiB"):
            await running.run("action_floods", tracker, domain)
        with pytest.raises(ActionFailed, match="its process ended"):
            await running.run("action_leaves", tracker, domain)
        result = await running.run("action_prints", tracker, domain)
        assert result.responses[0]["text"] == "no key", "the bot's secrets are no business of actions"


async def test_what_cannot_be_loaded_is_told(workshop: Model, tmp_path: Path) -> None:
    domain, tracker = workshop.assistant.domain, Tracker("ann", {})
    async with LocalActions(read_module("fixture_actions", FOLDER, sys.executable)) as running:
        with pytest.raises(ActionFailed, match=r"rasa-sdk is not installed .*pip install rasa-sdk"):
            await running.run("action_looks", tracker, domain)
    async with actions(tmp_path, "nowhere") as running:
        with pytest.raises(ActionFailed, match="can't be loaded from"):
            await running.run("action_looks", tracker, domain)
    async with LocalActions(read_module("fixture_actions", FOLDER, str(tmp_path / "python"))) as running:
        with pytest.raises(ActionFailed, match="can't be run"):
            await running.run("action_looks", tracker, domain)
    with pytest.raises(EndpointError, match="module's name"):
        read_module("../elsewhere", FOLDER, None)
    with pytest.raises(EndpointError, match="no folder"):
        read_module("actions", tmp_path / "away", None)


def test_a_project_runs_its_own_code_only_where_that_is_allowed() -> None:
    refused = make_actions(MODULE, EngineSettings())
    assert refused.where is None
    allowed = EngineSettings(engine_actions_folder=FOLDER, engine_actions_python=PYTHON)
    assert make_actions(MODULE, allowed).where == "the module fixture_actions"
    address = EngineSettings(engine_actions_folder=FOLDER, engine_actions_url="http://127.0.0.1:1/webhook")
    assert make_actions(MODULE, address).where == "http://127.0.0.1:1/webhook"


def test_a_studio_s_jobs_never_run_code_of_projects() -> None:
    engine = TalkwrightEngine(ModelServiceSettings())
    order = Order(name="j", project="p", desk=Desk(url="http://127.0.0.1:1", token="secret"))
    training = engine.training_job(order)
    running = engine.running_job(order, Serving(model="m", deployment="d", token="secret"))
    for job in (training, running):
        assert job.environment["TALKWRIGHT_ENGINE_ACTIONS_FOLDER"] == ""
        assert job.environment["TALKWRIGHT_ENGINE_PROJECT_CODE"] == "false"
    found = {"TALKWRIGHT_ENGINE_ACTIONS_FOLDER": str(FOLDER), **running.environment}
    assert found["TALKWRIGHT_ENGINE_ACTIONS_FOLDER"] == "", "whatever the operator hands to jobs"


def test_a_running_bot_speaks_with_its_own_actions(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    (project / "data" / "flows.yml").write_text(
        "flows:\n  look:\n    description: look after parts\n    name: look after parts\n"
        "    steps:\n      - action: action_looks\n"
    )
    (project / "domain.yml").write_text(
        "slots:\n  part_count: {type: any}\n  part_name: {type: text}\n  repair_note: {type: text}\n"
        "actions: [action_looks]\nresponses:\n  utter_part_ordered: [{text: Ordered.}]\n"
    )
    (project / "endpoints.yml").write_text("action_endpoint:\n  actions_module: fixture_actions\n")
    model = train_to(project, tmp_path / "model.tar.gz")
    variables = {"TALKWRIGHT_ENGINE_ACTIONS_FOLDER": str(FOLDER), "TALKWRIGHT_ENGINE_ACTIONS_PYTHON": PYTHON}
    with run_bot(model, **variables) as bot:
        said = httpx2.post(
            f"{bot.url}/webhooks/rest/webhook",
            json={"sender": "ann", "message": "look after parts"},
            trust_env=False,
            timeout=60,
        ).json()
        assert [message["text"] for message in said][:2] == ["ann has None", "Ordered."]
        children = Path(f"/proc/{bot.process.pid}/task/{bot.process.pid}/children").read_text().split()
        assert children
    for child in children:
        assert not os.path.exists(f"/proc/{child}"), "it ends with the bot"
