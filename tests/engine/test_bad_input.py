"""What callers may send that is no good: each is answered in words, and the bot goes on."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from talkwright.engine.agent import Agent
from talkwright.engine.model import Model
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

from .bot_server import served_app
from .conftest import NoActions

SECONDS = 20
WEBHOOK = "/webhooks/rest/webhook"
ONE = "/conversations/ann"
BODIES = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
event_types = st.sampled_from(
    ["user", "bot", "slot", "stack", "action", "session_started", "restart", "followup", "flow_started", "active_loop",
     "pause", "reset_slots", "action_execution_rejected", "reminder", "undo", "rewind", "", "nonsense"]
)  # fmt: skip
patches = st.sampled_from(
    [
        '[{"op": "add", "path": "/0", "value": {"flow_id": "gift_voucher", "step_id": "START", "type": "flow"}}]',
        '[{"op": "add", "path": "/0", "value": {"flow_id": "nowhere", "step_id": "x", "type": "flow"}}]',
        '[{"op": "add", "path": "/0", "value": 7}]',
        '[{"op": "remove", "path": "/9"}]',
        '[{"op": "add", "path": "", "value": {}}]',
        "[",
    ]
)
fields = st.fixed_dictionaries(
    {"event": event_types},
    optional={
        "timestamp": json_values,
        "metadata": json_values,
        "name": st.sampled_from(["gift_receiver", "gift_amount", "nowhere", "action_listen"]) | json_values,
        "value": json_values,
        "text": json_values,
        "update": patches | json_values,
        "parse_data": json_values,
        "data": json_values,
        "flow_id": st.sampled_from(["gift_voucher", "nowhere"]) | json_values,
        "step_id": json_values,
    },
)


@pytest.fixture(scope="module")
def bot(workshop: Model) -> Iterator[TestClient]:
    agent = Agent(workshop.assistant, LocalUnderstanding(workshop.classifier), NoActions())
    with TestClient(served_app(workshop, agent), raise_server_exceptions=False) as client:
        yield client


def dumped(value: Any) -> str:
    return json.dumps(value)


def is_told(answer: httpx2.Response) -> bool:
    """An answer that is good, or a refusal in the form of the API; never a fault of the bot's."""
    if answer.status_code >= 500:
        return False
    return answer.status_code < 400 or answer.json()["code"] == answer.status_code


@BODIES
@given(
    body=json_values
    | st.fixed_dictionaries({"message": json_values}, optional={"sender": json_values, "metadata": json_values})
)
def test_any_body_is_answered_by_the_webhook(bot: TestClient, body: Any) -> None:
    assert is_told(bot.post(WEBHOOK, content=dumped(body)))
    assert is_told(bot.post(WEBHOOK, params={"stream": "true"}, content=dumped(body)))


@BODIES
@given(
    body=json_values
    | st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("name", "text", "entities", "sender", "parse_data"), json_values)
    )
)
@pytest.mark.parametrize(
    "route", [f"{ONE}/messages", f"{ONE}/trigger_intent", f"{ONE}/execute", "/model/parse", "/model/predict"]
)
def test_any_body_is_answered_by_the_api(bot: TestClient, route: str, body: Any) -> None:
    assert is_told(bot.post(route, content=dumped(body)))


@BODIES
@given(body=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_bytes_that_are_no_json_are_refused(bot: TestClient, body: bytes) -> None:
    for call in (bot.post(WEBHOOK, content=body), bot.put(f"{ONE}/tracker/events", content=body)):
        assert is_told(call)


@BODIES
@given(events=st.lists(fields, max_size=6))
def test_a_conversation_of_nonsense_is_refused_or_can_be_gone_on_with(bot: TestClient, events: list[Any]) -> None:
    for call in (bot.put, bot.post):
        assert is_told(call(f"{ONE}/tracker/events", content=dumped(events)))
        assert bot.get(f"{ONE}/tracker", params={"include_events": "ALL"}).status_code == 200
        assert is_told(bot.post(f"{ONE}/predict"))
        assert bot.get(f"{ONE}/story").status_code == 200
        answer = bot.post(WEBHOOK, params={"events": "true"}, json={"sender": "ann", "message": "buy a voucher"})
        assert answer.status_code == 200, answer.text
        said = [event["event"] for event in answer.json()["events"]]
        assert "bot_turn_ended" in said


@pytest.mark.parametrize("depth", [99, 500, 100_000])
def test_bodies_that_are_nested_deep_are_refused(bot: TestClient, depth: int) -> None:
    metadata = "[" * depth + "]" * depth
    answer = bot.post(WEBHOOK, content=f'{{"message": "hi", "metadata": {{"a": {metadata}}}}}')
    assert (answer.status_code, answer.json()["reason"]) == (400, "BadRequest")
    flat = json.dumps({"message": "buy a voucher", "sender": "flat", "metadata": {"a": [[1]] * 500}})
    assert bot.post(WEBHOOK, content=flat).status_code == 200


def test_unknown_fields_and_choices_are_passed_over_or_named(bot: TestClient) -> None:
    body = {"sender": "eve", "message": "buy a voucher", "colour": "green", "metadata": {"anything": 1}}
    assert bot.post(WEBHOOK, json=body).json()[0]["text"] == "Who is it for?"
    for query in ("stream=maybe", "events=2"):
        answer = bot.post(f"{WEBHOOK}?{query}", json=body)
        assert answer.status_code == 400
        assert query.split("=")[0] in answer.json()["message"]
    too_many = [{"event": "restart"}] * 100_001
    assert "at most" in bot.put(f"{ONE}/tracker/events", json=too_many).json()["message"]
    mixed = [{"event": "restart"}, {"event": ""}]
    assert bot.put(f"{ONE}/tracker/events", json=mixed).json()["message"].startswith("Event 2 ")


def test_an_id_that_no_store_can_keep_is_refused(bot: TestClient) -> None:
    assert bot.get("/conversations/a%00b/tracker").status_code == 400
    assert bot.post(WEBHOOK, json={"sender": "a\0b", "message": "x"}).status_code == 400


@contextmanager
def impatient_bot(model: Path) -> Iterator[tuple[str, int, subprocess.Popen[str]]]:
    """A bot whose patience with clients that hang is a fifth of a second."""
    arguments = ["run", "--model", str(model), "--port", "0"]
    script = (
        "import sys\n"
        "from talkwright.engine.serving import bodies, process\n"
        "process.HEAD_SECONDS = bodies.BODY_SECONDS = 0.2\n"
        "from talkwright.engine.__main__ import main\n"
        f"sys.exit(main({arguments!r}))\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            ready = next(line for line in map(json.loads, running.stdout) if line.get("stage") == "ready")
            yield "127.0.0.1", ready["port"], running
        finally:
            running.terminate()
            running.communicate(timeout=SECONDS)


def to_its_end(client: socket.socket) -> bytes:
    received = b""
    while piece := client.recv(65_536):
        received += piece
    return received


def test_clients_that_hang_are_parted_from_and_the_others_served(workshop_path: Path) -> None:
    head = b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: bot\r\n"
    with impatient_bot(workshop_path) as (host, port, running):
        address = (host, port)
        with (
            socket.create_connection(address, timeout=SECONDS) as silent,
            socket.create_connection(address, timeout=SECONDS) as half,
            socket.create_connection(address, timeout=SECONDS) as slow,
        ):
            half.sendall(head + b"X-Slow: ")
            slow.sendall(head + b"Content-Length: 100\r\n\r\n{")
            assert to_its_end(silent) == b""
            assert to_its_end(half) == b""
            refused = slow.recv(65_536)
            assert refused.startswith(b"HTTP/1.1 408")
            body = {"sender": "ann", "message": "buy a voucher"}
            answer = httpx2.post(f"http://{host}:{port}{WEBHOOK}", json=body, trust_env=False)
            assert answer.json()[0]["text"] == "Who is it for?"
        with socket.create_connection(address, timeout=SECONDS) as rude:
            rude.sendall(b"\x16\x03\x01 this is no HTTP \r\n\r\n")
            assert to_its_end(rude).startswith(b"HTTP/1.1 400")
        with socket.create_connection(address, timeout=SECONDS) as gone:
            gone.sendall(head + b"Content-Length: 100\r\n\r\n{")
        assert running.poll() is None
        assert httpx2.get(f"http://{host}:{port}/version", trust_env=False).status_code == 200


def test_a_client_that_asks_again_and_again_is_no_hanging_one(workshop_path: Path) -> None:
    with impatient_bot(workshop_path) as (host, port, _), httpx2.Client(trust_env=False) as client:
        for _ in range(200):
            assert client.get(f"http://{host}:{port}/version").status_code == 200
