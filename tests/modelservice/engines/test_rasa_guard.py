"""Networks that no bot asks are closed to Rasa's process, whatever name, redirect or library leads there."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.services.rasa import rasa_python

from talkwright.assistant.addresses import FORBIDDEN_NETWORKS
from talkwright.modelservice.engines.rasa import rasajob
from talkwright.modelservice.engines.rasa.engine import SCRIPT

CLOSED = ["127.0.0.2/32", "fe80::/10"]


@pytest.mark.parametrize(
    ("host", "is_closed"),
    [
        ("127.0.0.2", True),
        ("2130706434", True),
        ("0x7f000002", True),
        ("::ffff:127.0.0.2", True),
        ("fe80::1%lo", True),
        ("127.0.0.1", False),
        ("localhost", False),
        ("no.such.name.invalid", False),
        ("a" * 300, False),
    ],
)
def test_a_host_is_known_in_each_of_its_forms(host: str, is_closed: bool) -> None:
    assert rasajob.Guard(CLOSED).closes(host) is is_closed


OPEN = {
    "action_endpoint": {"url": "http://127.0.0.1:5055/webhook"},
    "nlg": {"url": "http://["},
    "vector_store": {"type": "milvus", "host": "127.0.0.1", "collection": "169.254.169.254 things"},
    "more": [1, None],
}


@pytest.mark.parametrize(
    "endpoints",
    [
        {"model_groups": [{"models": [{"api_base": "https://me:secret@169.254.169.254/v1"}]}]},
        {"vector_store": {"type": "qdrant", "host": "169.254.169.254", "port": 6334}},
        {"vector_store": {"type": "milvus", "uri": "169.254.169.254:19530"}},
        {"vector_store": {"hosts": ["127.0.0.1", "169.254.169.254"]}},
    ],
)
def test_endpoints_that_name_a_closed_address_end_the_job_in_words(
    endpoints: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    guard = rasajob.Guard(list(FORBIDDEN_NETWORKS))
    guard.check(OPEN)
    with pytest.raises(SystemExit) as ended:
        guard.check({**OPEN, **endpoints})
    assert ended.value.code == rasajob.REFUSED
    said = capsys.readouterr().out
    assert "The endpoints name 169.254.169.254, a link-local" in said
    assert "secret" not in said


class Listens(ThreadingHTTPServer):
    """A web server that counts who asks, and may send them elsewhere."""

    def __init__(self, host: str, leads_to: str | None = None) -> None:
        listener = self
        self.asked = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listener.asked += 1
                self.send_response(200 if leads_to is None else 302)
                if leads_to is not None:
                    self.send_header("Location", leads_to)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            do_POST = do_GET  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                pass

        super().__init__((host, 0), Handler)
        self.url = f"http://{host}:{self.server_address[1]}/"

    def __enter__(self) -> Listens:
        threading.Thread(target=self.serve_forever, args=(0.01,)).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


ASKS = """
import asyncio, importlib.util, sys, urllib.request
spec = importlib.util.spec_from_file_location("rasajob", {script!r})
rasajob = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rasajob)
rasajob.Guard({closed!r}).close()
async def by_rasa(url):
    from rasa.utils.endpoints import EndpointConfig
    await EndpointConfig(url=url).request(json={{}})
def by_library(url):
    urllib.request.urlopen(url)
for url in sys.argv[2:]:
    try:
        by_library(url) if sys.argv[1] == "library" else asyncio.run(by_rasa(url))
        print("> asked")
    except Exception as error:
        print(">", error)
"""


@pytest.mark.parametrize(
    "client", ["library", pytest.param("rasa", marks=[pytest.mark.slow, pytest.mark.timeout(300)])]
)
def test_no_connection_is_made_to_a_closed_address_however_it_is_come_to(client: str) -> None:
    with Listens("127.0.0.2") as closed, Listens("127.0.0.1") as other, Listens("127.0.0.1", closed.url) as leads:
        done = subprocess.run(
            [rasa_python() if client == "rasa" else sys.executable, "-I", "-c",
             ASKS.format(script=str(SCRIPT), closed=CLOSED), client, other.url, closed.url, leads.url],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        asked, straight, redirected = (line for line in done.stdout.splitlines() if line.startswith("> "))
        assert asked == "> asked"
        assert rasajob.NOT_ASKED in straight
        assert rasajob.NOT_ASKED in redirected
        assert (other.asked, leads.asked, closed.asked) == (1, 1, 0)
