"""Where a bot gets its models from, and how one takes over from another while people talk."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import httpx2
import pytest

from talkwright.engine.fetching import SourceError, newest_model, read_server

from .conftest import WORKSHOP, RunningBot, run_bot, train_to
from .neighbours import Answer, Asked, neighbour

SECONDS = 20
TOKEN = "s3cret"
SHELF = """flows:
  fetch_shelf:
    name: fetch a shelf
    description: Fetch a shelf
    nlu_trigger: [{intent: wants_shelf}]
    steps:
    - action: action_fetch
    - action: utter_version
"""


@pytest.fixture(scope="module")
def make_version(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Trains the workshop with an action, and a response that tells the version."""

    def make(version: str, actions: str = "http://127.0.0.1:9/webhook") -> Path:
        folder = tmp_path_factory.mktemp(version)
        project = folder / "project"
        copytree(WORKSHOP, project)
        (project / "shelf.yml").write_text(SHELF)
        (project / "more.yml").write_text(
            "actions: [action_fetch]\nintents: [wants_shelf, tells_version]\n"
            f"slots:\n  of_{version}: {{type: text, mappings: [{{type: from_llm}}]}}\n"
            f"responses:\n  utter_version: [{{text: version {version}}}]\n"
        )
        (project / "endpoints.yml").write_text(f"action_endpoint:\n  url: {actions}\n")
        return train_to(project, folder / f"{version}.tar.gz")

    return make


def say(bot: RunningBot, text: str, sender: str = "ann") -> list[dict[str, Any]]:
    body = {"sender": sender, "message": text}
    answer = httpx2.post(f"{bot.url}/webhooks/rest/webhook", json=body, trust_env=False, timeout=SECONDS)
    said: list[dict[str, Any]] = answer.raise_for_status().json()
    return said


def version_of(bot: RunningBot) -> str:
    answer = httpx2.post(
        f"{bot.url}/conversations/probe/execute?token={TOKEN}", json={"name": "utter_version"}, trust_env=False
    )
    return str(answer.json()["messages"][0]["text"]) if answer.status_code == 200 else f"answered {answer.status_code}"


def status(bot: RunningBot) -> httpx2.Response:
    return httpx2.get(f"{bot.url}/status?token={TOKEN}", trust_env=False)


def put(bot: RunningBot, body: Any) -> httpx2.Response:
    return httpx2.put(f"{bot.url}/model?token={TOKEN}", json=body, trust_env=False, timeout=SECONDS)


def line_of(bot: RunningBot, stage: str) -> dict[str, Any]:
    """The next line of this stage; it waits for it."""
    assert bot.process.stdout is not None
    return next(line for line in map(json.loads, bot.process.stdout) if line.get("stage") == stage)


def test_the_newest_model_of_a_folder_runs(workshop_path: Path, tmp_path: Path) -> None:
    for name, age in (("old", 200), ("new", 100), ("older", 300)):
        copyfile(workshop_path, tmp_path / f"{name}.tar.gz")
        moment = os.stat(tmp_path / f"{name}.tar.gz").st_mtime - age
        os.utime(tmp_path / f"{name}.tar.gz", (moment, moment))
    (tmp_path / ".new.tar.gz.part").write_bytes(b"unfinished")
    (tmp_path / "notes.txt").write_text("no model")
    assert newest_model(tmp_path) == tmp_path / "new.tar.gz"
    with run_bot(tmp_path, TALKWRIGHT_ENGINE_TOKEN=TOKEN) as bot:
        assert status(bot).json()["model_file"] == "new.tar.gz"


def test_a_bot_of_an_empty_folder_waits_for_its_first_model(workshop_path: Path, tmp_path: Path) -> None:
    with run_bot(tmp_path, TALKWRIGHT_ENGINE_TOKEN=TOKEN) as bot:
        assert status(bot).status_code == 409
        copyfile(workshop_path, tmp_path / "first.tar.gz")
        assert put(bot, {"model_file": "first.tar.gz"}).status_code == 204
        assert say(bot, "buy a voucher")[0]["text"] == "Who is it for?"


class ModelServer:
    """A model server as the ecosystem has it, whose model a test changes."""

    def __init__(self) -> None:
        self.model: Path | None = None
        self.broken = False

    def __call__(self, asked: Asked) -> Answer:
        if self.broken:
            return Answer(500)
        if self.model is None:
            return Answer(404)
        if asked.headers.get("if-none-match") == self.model.name:
            return Answer(304)
        return Answer(body=self.model.read_bytes(), headers={"ETag": self.model.name, "filename": self.model.name})


def test_a_model_server_is_asked_again_and_each_new_model_taken(
    make_version: Callable[[str], Path], tmp_path: Path
) -> None:
    one, two = make_version("one"), make_version("two")
    models = ModelServer()
    with neighbour(models) as server:
        endpoints = tmp_path / "endpoints.yml"
        written = {"url": f"{server.url}/models/bank", "token": "let-me-in", "wait_time_between_pulls": 0.2}
        endpoints.write_text(json.dumps({"models": written}))
        options = ("--endpoints", str(endpoints))
        with run_bot("nowhere", *options, TALKWRIGHT_ENGINE_TOKEN=TOKEN) as bot:
            first = server.asked.get(timeout=SECONDS)
            assert first.path == "/models/bank?token=let-me-in"
            assert first.headers["if-none-match"]
            assert status(bot).status_code == 409
            models.model = one
            line_of(bot, "loaded")
            assert version_of(bot) == "version one"
            models.broken = True
            warning = line_of(bot, "warning")["message"]
            assert "goes on" in warning
            assert "let-me-in" not in warning
            assert version_of(bot) == "version one"
            models.broken = False
            models.model = two
            line_of(bot, "loaded")
            assert version_of(bot) == "version two"
            bot.process.terminate()
            out, _ = bot.process.communicate(timeout=SECONDS)
    assert "loaded" not in out, "an unchanged model is not loaded again"


def test_a_signed_address_is_asked_once_and_its_signature_kept_to_oneself(
    make_version: Callable[[str], Path],
) -> None:
    models = ModelServer()
    models.model = make_version("one")
    with (
        neighbour(models) as server,
        run_bot(f"{server.url}/bucket/m.tar.gz?X-Signature=canary", TALKWRIGHT_ENGINE_TOKEN=TOKEN) as bot,
    ):
        line_of(bot, "loaded")
        assert server.asked.get(timeout=SECONDS).path == "/bucket/m.tar.gz?X-Signature=canary"
        assert version_of(bot) == "version one"
        failed = put(bot, {"model_server": {"url": "http://127.0.0.1:9/m?X-Signature=canary"}})
        assert failed.status_code == 400
        assert "canary" not in failed.text
        bot.process.terminate()
        out, _ = bot.process.communicate(timeout=SECONDS)
        assert "canary" not in out
        assert server.asked.empty()


def test_a_turn_under_way_ends_with_its_model_and_the_next_begins_with_the_new_one(
    make_version: Callable[[str, str], Path],
) -> None:
    may_answer = threading.Event()

    def act(_: Asked) -> Answer:
        assert may_answer.wait(SECONDS)
        return Answer(body=b'{"events": [], "responses": []}')

    with neighbour(act) as actions:
        address = f"{actions.url}/webhook"
        one, two = make_version("one", address), make_version("two", address)
        with run_bot(one, TALKWRIGHT_ENGINE_TOKEN=TOKEN) as bot:
            say(bot, "hello", sender="eve")
            said: list[list[dict[str, Any]]] = []
            turn = threading.Thread(target=lambda: said.append(say(bot, "/wants_shelf")))
            turn.start()
            actions.asked.get(timeout=SECONDS)
            assert put(bot, {"model_file": str(two)}).status_code == 204
            assert version_of(bot) == "version two"
            may_answer.set()
            turn.join(SECONDS)
            assert said[0][0]["text"] == "version one"
            assert say(bot, "/wants_shelf", sender="ann")[0]["text"] == "version two"
            slots = httpx2.get(f"{bot.url}/conversations/eve/tracker?token={TOKEN}", trust_env=False).json()["slots"]
            assert "of_two" in slots
            assert "of_one" not in slots


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("http://here", "map"),
        ({}, "http://"),
        ({"url": "http://"}, "http://"),
        ({"url": "http://x", "params": []}, "`params` must be a map"),
        ({"url": "http://x", "wait_time_between_pulls": -1}, "seconds"),
    ],
)
def test_descriptions_of_no_server_are_refused_in_words(written: Any, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        read_server(written)


def test_a_caller_of_the_api_gets_nothing_from_the_bots_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPERATORS_SECRET", "canary")
    written = {"url": "http://x/${OPERATORS_SECRET}"}
    assert "canary" in read_server(written).url
    assert "canary" not in read_server(written, trusted=False).url
