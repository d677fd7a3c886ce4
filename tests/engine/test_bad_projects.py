"""Projects, models, action servers and language models that are no good, met as their users meet them.

Each gets words that say what is wrong, or the pattern that the semantics name; the conversation goes on, the bot stays
up, and its log says why once.
"""

from __future__ import annotations

import gzip
import io
import json
import socketserver
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.services.language_model import language_model

from .conftest import run_bot, train_to

SECONDS = 60
ACTION_SECONDS = 3.0  # patience with an action, and with a machine that does much else
STEPS = 2000
TOKEN = "s3cret"
SORRY = "went wrong"

FLOWS = """
flows:
  round:
    name: go round
    description: links lead in a circle
    steps:
      - link: round_again
  round_again:
    description: the other half of the circle
    if: False
    steps:
      - link: round
  long:
    name: a long way
    description: a flow of very many steps
    steps:
{long}
      - action: utter_arrived
  greet:
    name: greet me
    description: says hello
    steps:
      - action: utter_hello
  ask:
    name: ask the server
    description: asks the action server
    steps:
      - action: action_asked
      - action: utter_hello
"""
DOMAIN = """
slots:
  place: {type: text}
  count: {type: float}
actions: [action_asked]
responses:
  utter_hello: [{text: Hello.}]
  utter_arrived: [{text: Arrived.}]
"""


def project(folder: Path, **files: str) -> Path:
    """A project of these files; `.yml` is added to their names."""
    written = {
        "config": "assistant_id: odd\nlanguage: en\npipeline: []\n",
        "domain": DOMAIN,
        "flows": FLOWS.format(long=STEPS * "      - set_slots: [{count: 1}]\n"),
        **files,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def trained(folder: Path, out: Path) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of a training, and its lines."""
    command = [sys.executable, "-m", "talkwright.engine", "train", "--project", str(folder), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=4 * SECONDS, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@dataclass
class Talk:
    """A bot in a process of its own, and what it has logged."""

    url: str
    process: subprocess.Popen[str]

    def say(self, text: str, sender: str = "ann") -> list[str]:
        body = {"sender": sender, "message": text}
        answer = httpx2.post(f"{self.url}/webhooks/rest/webhook", json=body, trust_env=False, timeout=SECONDS)
        return [message["text"] for message in answer.raise_for_status().json()]

    def events(self, sender: str = "ann") -> list[dict[str, Any]]:
        asked = {"include_events": "ALL", "token": TOKEN}
        tracker = httpx2.get(f"{self.url}/conversations/{sender}/tracker", params=asked, trust_env=False)
        found: list[dict[str, Any]] = tracker.raise_for_status().json()["events"]
        return found

    def logged(self) -> list[dict[str, Any]]:
        """The lines of its log, once it has ended."""
        self.process.terminate()
        rest, _ = self.process.communicate(timeout=SECONDS)
        return [line for line in map(json.loads, rest.splitlines()) if "event" in line]


@contextmanager
def talk(model: Path, **variables: str) -> Iterator[Talk]:
    with run_bot(model, **variables) as bot:
        yield Talk(bot.url, bot.process)
        assert bot.process.returncode in (None, 0), "the bot stays up"


@pytest.fixture(scope="module")
def odd_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    code, lines = trained(project(folder / "project"), folder / "model.tar.gz")
    assert code == 0, lines[-1]
    return folder / "model.tar.gz"


def http(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def answer(*events: dict[str, Any], text: str | None = None) -> bytes:
    responses = [{"text": text}] if text else []
    return http("200 OK", json.dumps({"events": list(events), "responses": responses}).encode())


SLOT = {"event": "slot", "name": "nowhere", "value": 1}
KNOWN = {"event": "slot", "name": "place", "value": "Rome"}
STACK = {"event": "stack", "update": '[{"op": "add", "path": "/0", "value": 7}]'}
SERVERS: dict[str, tuple[list[bytes | float], str]] = {
    # what the server does: bytes that it sends and seconds that it waits; then what the user hears first
    "hangs": ([3600.0], SORRY),
    "answers late": ([ACTION_SECONDS * 2, answer(text="late")], SORRY),
    "answers twice": ([answer(text="once") + answer(text="twice")], "once"),
    "names an unknown slot": ([answer(SLOT, KNOWN, text="set")], "set"),
    "writes the stack": ([answer(STACK, KNOWN, text="moved")], "moved"),
    "answers two megabytes": ([answer(text="x" * (2 << 20))], SORRY),
    "answers no JSON": ([http("200 OK", b"<html>")], SORRY),
    "answers another shape": ([http("200 OK", b'{"events": {"a": 1}, "responses": "no"}')], "Hello."),
    "leaves": ([b""], SORRY),
}


class Rude(socketserver.BaseRequestHandler):
    """Does what the server was told to each who asks."""

    server: RudeServer

    def handle(self) -> None:
        self.request.recv(65_536)
        with suppress(OSError):  # the bot may have parted
            for step in self.server.does:
                if isinstance(step, float):
                    self.server.closing.wait(step)
                else:
                    self.request.sendall(step)


class RudeServer(socketserver.ThreadingTCPServer):
    """An action server that is no good."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, does: list[bytes | float]) -> None:
        super().__init__(("127.0.0.1", 0), Rude)
        self.does = does
        self.closing = threading.Event()
        self.address = f"http://127.0.0.1:{self.server_address[1]}/webhook"


@pytest.fixture(scope="module")
def rude() -> Iterator[RudeServer]:
    server = RudeServer([])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def odd_bot(odd_model: Path, rude: RudeServer) -> Iterator[Talk]:
    """One bot for all that it must live through."""
    variables = {
        "TALKWRIGHT_ENGINE_ACTIONS_URL": rude.address,
        "TALKWRIGHT_ENGINE_ACTIONS_TIMEOUT": str(ACTION_SECONDS),
        "TALKWRIGHT_ENGINE_TOKEN": TOKEN,
    }
    with talk(odd_model, **variables) as bot:
        yield bot
        assert bot.process.poll() is None, "it has lived through all of it"


def test_flows_that_link_in_circles_are_stopped_and_the_conversation_goes_on(odd_bot: Talk) -> None:
    assert SORRY in odd_bot.say("go round", "circles")[0]
    assert "Hello." in odd_bot.say("greet me", "circles")
    assert SORRY in odd_bot.say("go round", "circles")[0]


def test_a_flow_of_two_thousand_steps_ends_or_is_stopped_and_others_go_on(odd_bot: Talk) -> None:
    said = odd_bot.say("a long way", "steps")
    assert "Arrived." in said or SORRY in said[0]
    assert "Hello." in odd_bot.say("greet me", "steps")


@pytest.mark.parametrize("name", SERVERS)
def test_an_action_server_that_is_no_good_costs_its_flow_and_nothing_more(
    odd_bot: Talk, rude: RudeServer, name: str
) -> None:
    rude.does, heard = SERVERS[name]
    said = odd_bot.say("ask the server", name)
    assert heard in said[0], said
    assert "twice" not in " ".join(said)
    assert "Hello." in odd_bot.say("greet me", name), "the conversation goes on"
    events = odd_bot.events(name)
    asked = next(event for event in events if event["event"] == "action" and event["name"] == "action_asked")
    slots = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    if heard == SORRY:
        assert asked["metadata"]["execution_success"] is False
        assert rude.address in asked["metadata"]["execution_error_message"]
    assert "nowhere" not in slots
    if name.startswith(("names", "writes")):
        assert slots["place"] == "Rome", "what can be taken is"


def test_the_log_says_once_why_an_action_failed(odd_model: Path, rude: RudeServer) -> None:
    rude.does = [http("500 Oops", b'{"error": "the secret of the server"}')]
    with talk(odd_model, TALKWRIGHT_ENGINE_ACTIONS_URL=rude.address) as bot:
        assert SORRY in bot.say("ask the server", "log")[0]
        (line,) = [line for line in bot.logged() if line["event"] == "action_failed"]
    assert (line["action"], line["sender_id"], line["reason"]) == ("action_asked", "log", "it answered 500")
    assert "secret" not in str(line)


LLM = """
assistant_id: odd
language: en
pipeline:
  - name: CompactLLMCommandGenerator
    llm: {{model_group: one}}
{more}
"""


@contextmanager
def asking(folder: Path, address: str, *, more: str = "", prompt: str | None = None) -> Iterator[Talk]:
    """A bot that asks a language model about every message."""
    group = {"id": "one", "models": [{"provider": "openai", "model": "m", "api_base": address}]}
    made = project(
        folder / "project",
        config=LLM.format(more=more),
        endpoints=json.dumps({"model_groups": [group]}),
        flows="flows:\n  greet: {name: greet me, description: says hello, steps: [{action: utter_hello}]}\n",
    )
    if prompt is not None:
        (made / "broken.jinja2").write_text(prompt)
    variables = {"OPENAI_API_KEY": "none", "TALKWRIGHT_ENGINE_UNDERSTANDING": "llm"}
    with talk(train_to(made, folder / "model.tar.gz"), **variables) as bot:
        yield bot


def test_a_language_model_that_answers_a_megabyte_costs_its_message_and_nothing_more(tmp_path: Path) -> None:
    large = ["x" * (1 << 20), "start flow greet\n" * 60_000, b"{" * (1 << 20)]
    with language_model() as scripted, asking(tmp_path, scripted.address) as bot:
        for number, answered in enumerate(large):
            scripted.answers = [answered]
            assert bot.say("well then", f"large {number}"), "something is said"
            scripted.answers = ["start flow greet"]
            assert "Hello." in bot.say("hello there", f"large {number}"), "the conversation goes on"


@pytest.mark.parametrize("prompt", ["{{ 1 // 0 }}", "{% for x in range(10**9) %}{{ x }}{% endfor %}"])
def test_a_prompt_that_raises_or_never_ends_is_an_error_and_the_bot_stays(tmp_path: Path, prompt: str) -> None:
    more = "    prompt_template: broken.jinja2"
    with (
        language_model("start flow greet") as scripted,
        asking(tmp_path, scripted.address, more=more, prompt=prompt) as bot,
    ):
        assert SORRY in bot.say("well then")[0]
        assert SORRY in bot.say("well then", "bob")[0]
        assert scripted.requests == [], "nobody is asked"


CONTRADICTIONS = {
    "a slot of two types": ({"domain_b": "slots:\n  place: {type: bool}\n"}, "place"),
    "a response twice": ({"domain_b": "responses:\n  utter_hello: [{text: Hi.}]\n"}, "utter_hello"),
    "a slot that is no map": ({"domain_b": "slots:\n  other: [1, 2]\n"}, "other"),
    "a flow twice": ({"flows_b": "flows:\n  greet: {description: x, steps: [{action: utter_hello}]}\n"}, "greet"),
    "a file that is no YAML": ({"domain_b": "slots: [}\n"}, "domain_b"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_files_that_contradict_each_other_are_refused_by_name(tmp_path: Path, name: str) -> None:
    files, named = CONTRADICTIONS[name]
    code, lines = trained(project(tmp_path / "project", **files), tmp_path / "model.tar.gz")
    errors = [line["problem"] for line in lines if line.get("problem", {}).get("severity") == "error"]
    assert code == 2
    assert any(named in json.dumps(problem) for problem in errors), errors
    assert not (tmp_path / "model.tar.gz").exists()


def tar_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def zip_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def bomb() -> bytes:
    """A tar whose first member claims three gigabytes of zeros, which follow."""
    entry = tarfile.TarInfo("padding")
    entry.size = 3 << 30
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as packed:
        packed.write(entry.tobuf())
        packed.write(bytes(1 << 20))
    return buffer.getvalue()


RASA = {"model_id": "0" * 32, "trained_at": "2026-01-01T00:00:00", "rasa_open_source_version": "3.21.0"}
ARCHIVES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a zip": (lambda _: zip_of({"metadata.json": b"{}"}), "can't be read as a model"),
    "a model of another engine": (
        lambda _: tar_of({"metadata.json": json.dumps(RASA).encode(), "components/flows/a.json": b"{}"}),
        "made by another engine",
    ),
    "a tar of something else": (lambda _: tar_of({"README.md": b"hello", "src/a.py": b""}), "can't be read"),
    "a cut model": (lambda model: model[: len(model) // 2], "can't be read as a model"),
    "a model with other bytes inside": (
        lambda model: model[:3000] + bytes(200) + model[3200:],
        "can't be read as a model",
    ),
    "an empty file": (lambda _: b"", "can't be read as a model"),
    "a bomb": (lambda _: bomb(), "larger than 1 GiB"),
    "deep metadata": (lambda _: tar_of({"metadata.json": b"[" * 100_000}), "can't be read"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_that_are_no_model_are_refused_and_the_one_that_runs_goes_on(
    odd_bot: Talk, odd_model: Path, tmp_path: Path, name: str
) -> None:
    made, says = ARCHIVES[name]
    path = tmp_path / "other.tar.gz"
    path.write_bytes(made(odd_model.read_bytes()))
    body = {"model_file": str(path)}
    refused = httpx2.put(f"{odd_bot.url}/model", params={"token": TOKEN}, json=body, trust_env=False, timeout=SECONDS)
    assert refused.status_code == 400
    assert says in refused.json()["message"]
    assert "Hello." in odd_bot.say("greet me", name)


def test_a_bot_that_is_started_with_no_model_says_so_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "other.tar.gz"
    path.write_bytes(bomb())
    command = [sys.executable, "-m", "talkwright.engine", "run", "--model", str(path), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 2
    assert "larger than 1 GiB" in json.loads(done.stdout.splitlines()[-1])["message"]
    assert "Traceback" not in done.stderr
