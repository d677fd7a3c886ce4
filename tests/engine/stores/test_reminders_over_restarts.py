"""A reminder outlives the process that was told of it: killed and started again, and it comes once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import httpx2
import pytest
from tests.engine.conftest import ROOT, run_bot, train_to

SECONDS = 60
ACTIONS = """
from datetime import datetime, timedelta, timezone

from rasa_sdk import Action
from rasa_sdk.events import ReminderScheduled


class Remind(Action):
    def name(self):
        return "action_remind"

    def run(self, dispatcher, tracker, domain):
        due = datetime.now(timezone.utc) + timedelta(seconds=2)
        dispatcher.utter_message(text="I shall remind you.")
        return [ReminderScheduled("tell_reminder", trigger_date_time=due, name="soon", kill_on_user_message=False)]
"""
FILES = {
    "data/flows.yml": """
flows:
  remind_me:
    name: remind me
    description: remind me of something
    steps:
      - action: action_remind
  tell:
    name: tell what was asked for
    description: says the reminder
    if: False
    nlu_trigger:
      - intent: tell_reminder
    steps:
      - action: utter_reminder
""",
    "data/nlu.yml": 'version: "3.1"\nnlu:\n- intent: tell_reminder\n  examples: |\n    - what did I want\n',
    "domain.yml": """
intents: [tell_reminder]
actions: [action_remind]
responses:
  utter_reminder:
    - text: You wanted to be reminded.
""",
    "config.yml": "assistant_id: reminding\nlanguage: en\npipeline: []\n",
    "endpoints.yml": "action_endpoint:\n  actions_module: reminding_actions\n",
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    (project / "reminding_actions.py").write_text(ACTIONS)
    return train_to(project, tmp_path / "model.tar.gz")


@contextmanager
def listener() -> Iterator[tuple[str, Queue[dict[str, Any]]]]:
    """Who is told what the bot says: an address, and what came to it."""
    heard: Queue[dict[str, Any]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        server.server_close()


def said_by_user(url: str, sender: str) -> list[str]:
    tracker = httpx2.get(f"{url}/conversations/{sender}/tracker?include_events=ALL", trust_env=False).json()
    return [event["text"] for event in tracker["events"] if event["event"] == "user"]


@pytest.mark.slow
def test_a_reminder_comes_once_after_its_process_was_killed(model: Path, store_url: str, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials.yml"
    variables = {
        "TALKWRIGHT_ENGINE_STORE": "postgresql",
        "TALKWRIGHT_ENGINE_STORE_URL": store_url,
        "TALKWRIGHT_ENGINE_ACTIONS_FOLDER": str(tmp_path / "project"),
        "TALKWRIGHT_ENGINE_ACTIONS_PYTHON": str(ROOT / ".venv-actions" / "bin" / "python"),
        "TALKWRIGHT_ENGINE_RECORD": "true",
    }
    with listener() as (address, heard):
        credentials.write_text(json.dumps({"callback": {"url": address}}))
        options = ("--credentials", str(credentials))
        with run_bot(model, *options, **variables) as bot:
            body = {"sender": "ann", "message": "remind me", "metadata": {"message_id": "m1"}}
            httpx2.post(f"{bot.url}/webhooks/callback/webhook", json=body, trust_env=False, timeout=SECONDS)
            assert heard.get(timeout=SECONDS)["text"] == "I shall remind you."
            bot.process.kill()
            bot.process.wait(SECONDS)
        with run_bot(model, *options, **variables) as one, run_bot(model, *options, **variables) as other:
            while (told := heard.get(timeout=SECONDS)["text"]) != "You wanted to be reminded.":
                assert "remind" not in told
            assert said_by_user(one.url, "ann") == ["remind me", "/tell_reminder"]
            detail = httpx2.get(f"{other.url}/conversations/ann/details?message_id=m1", trust_env=False)
            assert detail.json()["trace"]["source"] == "local", "what was recorded outlives the process too"
        with run_bot(model, *options, **variables) as again:
            assert said_by_user(again.url, "ann") == ["remind me", "/tell_reminder"]
        assert "You wanted to be reminded." not in [message["text"] for message in heard.queue]
