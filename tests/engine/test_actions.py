"""Custom actions over HTTP, against the ecosystem's own action server."""

import asyncio
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from talkwright.assistant.domain import ActionDeclaration, Domain
from talkwright.conversation.tracker import Tracker
from talkwright.engine.actions import ActionEndpoint, EndpointError, HttpActions, read_endpoint
from talkwright.engine.model import Model
from talkwright.engine.ports import ActionFailed, ActionRejected, ActionResult
from talkwright.engine.variables import expand

from .conftest import free_port


def run(address: str, name: str, domain: Domain, *, timeout: float = 10.0, compress: bool = False) -> ActionResult:
    async def once() -> ActionResult:
        async with HttpActions(ActionEndpoint(address), timeout=timeout, compress=compress) as actions:
            tracker = Tracker("ann", {**dict.fromkeys(domain.slots), "part_count": 3.0})
            return await actions.run(name, tracker, domain)

    return asyncio.run(once())


def test_an_action_gets_the_tracker_and_the_domain_and_answers_events_and_responses(
    action_server: str, workshop: Model
) -> None:
    result = run(action_server, "action_looks", workshop.assistant.domain)
    events = {event["event"]: event for event in result.events if event.get("name") != "repair_note"}
    assert events["slot"]["value"] == "bell"
    assert events["followup"]["name"] == "action_listen"
    note = next(event["value"] for event in result.events if event.get("name") == "repair_note")
    assert "part_count" in note.split(","), "the domain came after the server asked for it"
    assert result.responses[0]["text"] == "ann has 3.0"
    assert result.responses[1]["response"] == "utter_part_ordered"
    assert result.responses[1]["buttons"][0]["title"] == "Go on"


def test_a_rejection_is_told_from_a_failure(action_server: str, workshop: Model) -> None:
    with pytest.raises(ActionRejected):
        run(action_server, "action_rejects", workshop.assistant.domain)


@pytest.mark.parametrize(("name", "expected"), [("action_breaks", "500"), ("action_unknown", "404")])
def test_a_failure_names_the_action_and_its_address(
    action_server: str, workshop: Model, name: str, expected: str
) -> None:
    with pytest.raises(ActionFailed) as caught:
        run(action_server, name, workshop.assistant.domain)
    assert name in caught.value.message
    assert action_server in caught.value.message
    assert expected in caught.value.message
    assert caught.value.address == action_server


def test_an_action_that_takes_too_long_fails_with_its_address(action_server: str, workshop: Model) -> None:
    with pytest.raises(ActionFailed, match=r"did not answer within 0\.2 seconds") as caught:
        run(action_server, "action_dawdles", workshop.assistant.domain, timeout=0.2)
    assert caught.value.address == action_server


def test_an_unreachable_server_fails_with_its_address(workshop: Model) -> None:
    address = f"http://127.0.0.1:{free_port()}/webhook"
    with pytest.raises(ActionFailed, match="nothing listens there") as caught:
        run(address, "action_looks", workshop.assistant.domain)
    assert address in caught.value.message


def test_an_action_without_server_fails_and_says_what_to_set(workshop: Model) -> None:
    async def once() -> None:
        async with HttpActions(None) as actions:
            await actions.run("action_looks", Tracker("ann", {}), workshop.assistant.domain)

    with pytest.raises(ActionFailed, match=r"action_endpoint\.url"):
        asyncio.run(once())


@contextmanager
def scripted(answers: list[tuple[int, bytes]]) -> Iterator[tuple[str, list[dict[str, Any]], list[Any]]]:
    """A server that gives these answers in turn; its address, the requests it got, and the connections they came by."""
    requests: list[dict[str, Any]] = []
    connections: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "deflate":
                body = zlib.decompress(body)
            requests.append({"body": json.loads(body), "path": self.path, "headers": dict(self.headers)})
            connections.append(self.client_address)
            status, answer = answers[len(requests) - 1]
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhook", requests, connections
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


OK = (200, b'{"events": [], "responses": []}')
ASKS_FOR_DOMAIN = (449, b'{"error": "unknown domain", "action_name": "x"}')


def test_the_domain_is_sent_only_after_the_server_asked_for_it(workshop: Model) -> None:
    with scripted([ASKS_FOR_DOMAIN, OK]) as (address, requests, _):
        run(address, "action_looks", workshop.assistant.domain)
    first, second = (request["body"] for request in requests)
    assert "domain" not in first
    assert second["domain"]["slots"]
    assert first["domain_digest"] == second["domain_digest"]
    assert first["tracker"]["events"] == []
    assert first["sender_id"] == "ann"


def test_requests_are_compressed_where_that_is_asked_for(action_server: str, workshop: Model) -> None:
    domain = workshop.assistant.domain
    with scripted([OK]) as (address, requests, _):
        run(address, "action_looks", domain, compress=True)
    assert requests[0]["headers"]["Content-Encoding"] == "deflate"
    assert requests[0]["body"]["sender_id"] == "ann"
    assert run(action_server, "action_looks", domain, compress=True).responses[0]["text"] == "ann has 3.0"


def test_an_answer_is_read_no_further_than_it_may_be_long(workshop: Model) -> None:
    long = (200, b" " * (1 << 20) + b"null")
    with scripted([long]) as (address, _, __), pytest.raises(ActionFailed, match="larger than 1 MiB"):
        run(address, "action_looks", workshop.assistant.domain)


def test_an_answer_that_never_ends_is_cut_at_the_time_limit(workshop: Model) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(1000):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)

    async def once() -> None:
        server = await asyncio.start_server(trickle, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhook"
        async with server, HttpActions(ActionEndpoint(address), timeout=0.4) as actions:
            await actions.run("action_looks", Tracker("ann", {}), workshop.assistant.domain)

    with pytest.raises(ActionFailed, match=r"within 0\.4 seconds"):
        asyncio.run(once())


def test_an_action_that_declares_send_domain_gets_it_at_once() -> None:
    domain = Domain(
        actions={"action_looks": ActionDeclaration(name="action_looks", send_domain=True)}, raw={"slots": {}}
    )
    with scripted([OK]) as (address, requests, _):
        run(address, "action_looks", domain)
    assert requests[0]["body"]["domain"] == {"slots": {}}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((200, b"<html>"), "not JSON"),
        ((200, b"[]"), "no map"),
        ((449, b"{}"), "449"),
        ((302, b""), "302"),
        ((307, b""), "307"),
    ],
)
def test_an_answer_that_is_none_fails_in_words(workshop: Model, answer: tuple[int, bytes], message: str) -> None:
    with scripted([answer, answer]) as (address, requests, _):
        with pytest.raises(ActionFailed, match=message):
            run(address, "action_looks", workshop.assistant.domain)
        assert {request["path"] for request in requests} == {"/webhook"}  # no redirect is followed


def test_an_empty_answer_means_that_nothing_happens(workshop: Model) -> None:
    with scripted([(200, b"null")]) as (address, _, __):
        assert run(address, "action_looks", workshop.assistant.domain) == ActionResult()


def test_actions_one_after_the_other_share_a_connection(workshop: Model) -> None:
    async def twice(address: str) -> None:
        async with HttpActions(ActionEndpoint(address)) as actions:
            for _ in range(2):
                await actions.run("action_looks", Tracker("ann", {}), workshop.assistant.domain)

    with scripted([OK, OK]) as (address, _, connections):
        asyncio.run(twice(address))
    assert connections[0] == connections[1]


def test_token_headers_and_parameters_of_the_project_are_sent(workshop: Model) -> None:
    async def once(endpoint: ActionEndpoint | None) -> None:
        async with HttpActions(endpoint) as actions:
            await actions.run("action_looks", Tracker("ann", {}), workshop.assistant.domain)

    with scripted([OK]) as (address, requests, _):
        written = {"url": address, "token": "s3", "headers": {"X-Team": "a"}, "params": {"v": 1}}
        asyncio.run(once(read_endpoint({"action_endpoint": written})))
    assert requests[0]["path"] == "/webhook?v=1&token=s3"
    assert requests[0]["headers"]["X-Team"] == "a"


def test_variables_of_the_environment_are_filled_in_but_never_our_own() -> None:
    environment = {"PLACE": "there", "TALKWRIGHT_ENGINE_TOKEN": "secret"}
    text = "http://${PLACE}/${TALKWRIGHT_ENGINE_TOKEN}/${UNSET}"
    assert expand(text, environment) == "http://there/${TALKWRIGHT_ENGINE_TOKEN}/${UNSET}"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"actions_module": "actions"}, "actions_module"),
        ({"url": "grpc://localhost:5055"}, "http://"),
        ({"url": "http://${NOWHERE_SET}/webhook"}, "NOWHERE_SET"),
        ({"url": "http://169.254.169.254/webhook"}, "link-local"),
    ],
)
def test_endpoints_that_cannot_be_used_say_how_to_mend_them(written: dict[str, str], message: str) -> None:
    with pytest.raises(EndpointError, match=message):
        read_endpoint({"action_endpoint": written}, environment={})


def test_an_address_given_by_whoever_runs_the_bot_wins_over_the_project() -> None:
    endpoint = read_endpoint({"action_endpoint": {"actions_module": "actions"}}, url="http://127.0.0.1:1/webhook")
    assert endpoint is not None
    assert endpoint.url == "http://127.0.0.1:1/webhook"
    assert read_endpoint({}) is None
