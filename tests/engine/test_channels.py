"""Channels of a running bot: REST streamed, callback, socket.io with sessions, and the operator's own connectors."""

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from wsproto import ConnectionType, WSConnection
from wsproto.events import CloseConnection, RejectConnection, Request, TextMessage

from .conftest import WORKSHOP, RunningBot, run_bot, train_to
from .neighbours import Answer, Asked, Neighbour, neighbour

SECONDS = 20
STREAM = "/webhooks/rest/webhook?stream=true"
SECRET = "a-secret-of-some-length-that-nobody-guesses"
SLOW_FLOW = """flows:
  slow_shelf:
    name: fetch a shelf
    description: Fetch a shelf
    nlu_trigger: [{intent: wants_shelf}]
    steps:
    - action: utter_wait
    - action: action_fetch
    - action: utter_here
"""


def project_with(folder: Path, **files: str) -> Path:
    """The workshop with further files, trained."""
    project = folder / "project"
    copytree(WORKSHOP, project)
    for name, text in files.items():
        (project / f"{name}.yml").write_text(text)
    return train_to(project, folder / "model.tar.gz")


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBot]:
    """A bot with a socket.io channel that has sessions."""
    credentials = json.dumps({"rest": None, "socketio": {"session_persistence": True}})
    model = project_with(tmp_path_factory.mktemp("talkative"), credentials=credentials)
    with run_bot(model) as bot:
        yield bot


class GoneError(Exception):
    """The bot has parted from this client."""


class Socket:
    """A socket.io client over a real WebSocket, at the level of the protocol's packets."""

    def __init__(self, bot: RunningBot, path: str = "/socket.io", auth: Any = None) -> None:
        host, _, port = bot.url.removeprefix("http://").partition(":")
        self._line = socket.create_connection((host, int(port)), timeout=SECONDS)
        self._client = WSConnection(ConnectionType.CLIENT)
        self._packets: deque[str] = deque()
        self._part = ""
        self.send(Request(host=host, target=f"{path}/?EIO=4&transport=websocket"))
        assert self.packet().startswith("0")
        self.send_packet("40" + (json.dumps(auth) if auth is not None else ""))
        self.welcome = self.packet()

    def send(self, event: Any) -> None:
        self._line.sendall(self._client.send(event))

    def send_packet(self, packet: str) -> None:
        self.send(TextMessage(packet))

    def packet(self) -> str:
        """The next packet that is no sign of life."""
        while not self._packets:
            self._client.receive_data(self._line.recv(65_536) or None)
            for event in self._client.events():
                if isinstance(event, CloseConnection | RejectConnection):
                    raise GoneError
                if isinstance(event, TextMessage):
                    self._part += event.data
                    if event.message_finished:
                        self._packets.append(self._part)
                        self._part = ""
            if self._packets and self._packets[0] == "2":
                self._packets.popleft()
                self.send_packet("3")
        return self._packets.popleft()

    def emit(self, event: str, data: Any) -> None:
        self.send_packet("42" + json.dumps([event, data]))

    def next(self) -> Any:
        packet = self.packet()
        assert packet.startswith("42"), packet
        return json.loads(packet[2:])

    def close(self) -> None:
        self._line.close()

    def vanish(self) -> None:
        """Go as a machine that loses its power does: the connection is reset."""
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._line.close()


@contextmanager
def connected(bot: RunningBot, **options: Any) -> Iterator[Socket]:
    client = Socket(bot, **options)
    try:
        yield client
    finally:
        client.close()


def get(url: str) -> httpx2.Response:
    return httpx2.get(url, trust_env=False, timeout=SECONDS)


def test_each_channel_tells_that_it_is_well(talkative: RunningBot) -> None:
    for channel in ("rest", "socketio"):
        assert get(f"{talkative.url}/webhooks/{channel}/").json() == {"status": "ok"}
    assert get(f"{talkative.url}/webhooks/callback/").status_code == 404


def test_a_session_of_socketio_outlasts_its_connection(talkative: RunningBot) -> None:
    with connected(talkative) as client:
        assert client.welcome.startswith("40")
        client.emit("session_request", {"session_id": None})
        event, session = client.next()
        assert event == "session_confirm"
        assert isinstance(session, str)
        client.emit("user_uttered", {"message": "buy a voucher", "session_id": session})
        assert client.next() == ["bot_uttered", {"text": "Who is it for?"}]
    with connected(talkative) as later:
        later.emit("session_request", {"session_id": session})
        assert later.next() == ["session_confirm", session]
        later.emit("user_uttered", {"message": "Bob", "session_id": session, "metadata": {"page": "gifts"}})
        assert later.next() == ["bot_uttered", {"text": "What is the voucher worth?"}]
    tracker = get(f"{talkative.url}/conversations/{session}/tracker").json()
    assert tracker["slots"]["gift_receiver"] == "Bob"
    assert tracker["latest_input_channel"] == "socketio"
    assert tracker["latest_message"]["metadata"]["page"] == "gifts"


def test_buttons_become_quick_replies(talkative: RunningBot) -> None:
    with connected(talkative) as client:
        client.emit("session_request", {"session_id": "lena"})
        client.next()
        client.emit("user_uttered", {"message": "my bike is broken, can you fix it", "session_id": "lena"})
        event, message = client.next()
    assert event == "bot_uttered"
    reply = {"content_type": "text", "title": "City bike", "payload": "/SetSlots(bike_kind=city)"}
    assert message["quick_replies"][0] == reply


@pytest.mark.parametrize(
    "data",
    [None, 5, [], {"message": "hi"}, {"message": 5, "session_id": "x"}, {"message": "hi", "session_id": "x" * 300}],
)
def test_what_is_no_message_of_socketio_is_answered_in_words(talkative: RunningBot, data: Any) -> None:
    with connected(talkative) as client:
        client.emit("user_uttered", data)
        event, told = client.next()
    assert event == "error"
    assert told["reason"] == "BadRequest"


def test_packets_that_are_none_end_their_connection_and_nothing_else(talkative: RunningBot) -> None:
    for nonsense in ("42[", "42{}", "9", "42" + "[" * 50_000, "450-x", "x" * 2_000_000):
        with connected(talkative) as client, suppress(GoneError, OSError):
            client.send_packet(nonsense)
            client.emit("session_request", {"session_id": "x"})
            client.packet()
    assert get(f"{talkative.url}/webhooks/socketio/").status_code == 200
    with connected(talkative) as still:
        assert still.welcome.startswith("40")


def test_a_key_closes_the_connections_to_those_without_a_token(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials.yml"
    settings = {"jwt_key": SECRET, "user_message_evt": "said", "bot_message_evt": "heard", "socketio_path": "/talk"}
    credentials.write_text(json.dumps({"socketio": settings}))
    model = train_to(WORKSHOP, tmp_path / "model.tar.gz")
    with run_bot(model, "--credentials", str(credentials)) as bot:
        with connected(bot, path="/talk") as refused:
            assert refused.welcome.startswith("44")
        token = jwt.encode({"alg": "HS256"}, {"user": "ann"}, OctKey.import_key(SECRET))
        with connected(bot, path="/talk", auth={"token": token}) as client:
            assert client.welcome.startswith("40")
            client.emit("said", {"message": "buy a voucher"})
            assert client.next() == ["heard", {"text": "Who is it for?"}]
            bot.process.terminate()
            assert bot.process.wait(SECONDS) == 0


def test_a_bot_ends_though_clients_have_gone_without_a_word(tmp_path: Path) -> None:
    model = project_with(tmp_path, credentials=json.dumps({"socketio": None}))
    with run_bot(model) as bot:
        for _ in range(3):
            client = Socket(bot)
            client.emit("user_uttered", {"message": "buy a voucher"})
            client.vanish()
        with connected(bot):
            bot.process.terminate()
            assert bot.process.wait(SECONDS) == 0


def test_silence_is_minded_where_the_channel_is_told_to(tmp_path: Path) -> None:
    flow = """flows:
  quick_question:
    name: ask me quickly
    description: Ask quickly
    nlu_trigger: [{intent: wants_question}]
    steps:
    - collect: quick_answer
      silence_timeout: 0.2
"""
    domain = "slots:\n  quick_answer: {type: text, mappings: [{type: from_llm}]}\n"
    domain += "responses:\n  utter_ask_quick_answer: [{text: Well?}]\nintents: [wants_question]\n"
    credentials = json.dumps({"socketio": {"enable_silence_timeout": True}})
    model = project_with(tmp_path, credentials=credentials, question=flow, more=domain)
    with run_bot(model) as bot, connected(bot) as client:
        client.emit("user_uttered", {"message": "/wants_question"})
        assert client.next() == ["bot_uttered", {"text": "Well?"}]
        assert client.next() == ["bot_uttered", {"text": "Well?"}]  # asked again, though nobody said anything


def test_answers_are_called_back_in_order(tmp_path: Path) -> None:
    with neighbour(lambda _: Answer()) as listener:
        credentials = json.dumps({"callback": {"url": f"{listener.url}/answers"}})
        model = project_with(tmp_path, credentials=credentials)
        with run_bot(model) as bot:
            body = {"sender": "ann", "message": "buy a voucher"}
            answer = httpx2.post(f"{bot.url}/webhooks/callback/webhook", json=body, trust_env=False, timeout=SECONDS)
            assert answer.text == "success"
            called = listener.asked.get(timeout=SECONDS)
            assert called.path == "/answers"
            assert json.loads(called.body) == {"recipient_id": "ann", "text": "Who is it for?"}
            pushed = httpx2.post(
                f"{bot.url}/conversations/bob/trigger_intent?output_channel=callback",
                json={"name": "asks_hours"},
                trust_env=False,
                timeout=SECONDS,
            )
            assert pushed.status_code == 200
            assert json.loads(listener.asked.get(timeout=SECONDS).body)["recipient_id"] == "bob"


def test_a_callback_that_fails_is_logged_once_and_the_bot_goes_on(tmp_path: Path) -> None:
    with neighbour(lambda _: Answer(500)) as listener:
        model = project_with(tmp_path, credentials=json.dumps({"callback": {"url": listener.url}}))
        with run_bot(model) as bot:
            for sender in ("ann", "bob", "eve"):
                body = {"sender": sender, "message": "buy a voucher"}
                answer = httpx2.post(
                    f"{bot.url}/webhooks/callback/webhook", json=body, trust_env=False, timeout=SECONDS
                )
                assert answer.text == "success"
            bot.process.terminate()
            out, _ = bot.process.communicate(timeout=SECONDS)
    assert out.count("callback_failed") == 1


@contextmanager
def slow_bot(folder: Path, answer: bytes) -> Iterator[tuple[RunningBot, Neighbour, threading.Event]]:
    """A bot that says something, then waits in its action until the event is set; with its action server."""
    may_answer = threading.Event()

    def act(_: Asked) -> Answer:
        assert may_answer.wait(SECONDS)
        return Answer(body=answer)

    domain = "actions: [action_fetch]\nintents: [wants_shelf]\n"
    domain += "responses:\n  utter_wait: [{text: One moment.}]\n  utter_here: [{text: Here.}]\n"
    with neighbour(act) as actions:
        endpoints = f"action_endpoint:\n  url: {actions.url}/webhook\n"
        model = project_with(folder, endpoints=endpoints, shelf=SLOW_FLOW, more=domain)
        with run_bot(model) as bot:
            yield bot, actions, may_answer


@contextmanager
def streamed(bot: RunningBot) -> Iterator[httpx2.Response]:
    """The slow turn's answer as it comes."""
    body = {"sender": "ann", "message": "/wants_shelf"}
    with httpx2.stream("POST", f"{bot.url}{STREAM}", json=body, trust_env=False, timeout=SECONDS) as answer:
        yield answer


def test_streamed_messages_come_while_the_turn_still_runs(tmp_path: Path) -> None:
    said = b'{"events": [], "responses": [{"text": "one\\n\\ntwo"}]}'
    with slow_bot(tmp_path, said) as (bot, _, may_answer), streamed(bot) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert json.loads(next(lines)) == {"recipient_id": "ann", "text": "One moment."}
        may_answer.set()
        rest = [json.loads(line)["text"] for line in lines]
    assert rest[:3] == ["one", "two", "Here."]


def test_who_leaves_a_stream_early_does_not_end_the_turn(tmp_path: Path) -> None:
    done = b'{"events": [{"event": "slot", "name": "order_code", "value": "7"}], "responses": []}'
    with slow_bot(tmp_path, done) as (bot, actions, may_answer):
        with streamed(bot) as answer:
            next(answer.iter_lines())
        actions.asked.get(timeout=SECONDS)
        may_answer.set()
        body = {"sender": "ann", "message": "hello"}
        after = httpx2.post(f"{bot.url}{STREAM}", json=body, trust_env=False, timeout=SECONDS)
        assert after.status_code == 200
        events = get(f"{bot.url}/conversations/ann/tracker?include_events=ALL").json()["events"]
    assert {"Here."} <= {event["text"] for event in events if event["event"] == "bot"}


def test_only_pages_of_named_origins_may_use_a_bot_from_a_browser(workshop_path: Path) -> None:
    with run_bot(workshop_path, TALKWRIGHT_ENGINE_CORS="https://shop.example, https://other.example") as bot:
        for origin, allowed in (("https://shop.example", "https://shop.example"), ("https://evil.example", None)):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            asked = httpx2.options(
                f"{bot.url}/webhooks/rest/webhook", headers=headers, trust_env=False, timeout=SECONDS
            )
            assert asked.headers.get("access-control-allow-origin") == allowed
