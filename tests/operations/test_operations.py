"""Settings, logs, the management port and the life of a role, as a process of its own shows them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from pydantic import Field, SecretStr

from talkwright.identity.settings import IdentitySettings
from talkwright.operations.config import Section, SettingsError, load, reveal, unknown_variables
from talkwright.operations.logs import configure_logging, get_logger
from talkwright.operations.management import serve_management
from talkwright.operations.settings import OperationsSettings

ROLE = """
import asyncio
from talkwright.operations.role import run_role

async def main(context):
    context.started.set()
    print("up", flush=True)
    await context.stopping.wait()
    print("stopped", flush=True)

run_role("sample", main)
"""


class NeedsTwo(Section):
    """Two settings that must be given."""

    first_thing: str = Field(description="one")
    second_thing: int = Field(description="two")


class NeedsSecret(Section):
    """A secret."""

    some_secret: SecretStr | None = Field(None, description="kept")


class TestSettings:
    def test_all_missing_settings_are_named_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TALKWRIGHT_FIRST_THING", raising=False)
        with pytest.raises(SettingsError) as caught:
            load(NeedsTwo, NeedsSecret)
        assert "TALKWRIGHT_FIRST_THING is not set." in str(caught.value)
        assert "TALKWRIGHT_SECOND_THING is not set." in str(caught.value)

    def test_settings_that_do_not_go_together_are_told_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TALKWRIGHT_IDENTITY_PROVIDER", "openid")
        with pytest.raises(SettingsError, match="TALKWRIGHT_OIDC_ISSUER is not set: TALKWRIGHT_IDENTITY_PROVIDER"):
            load(IdentitySettings)

    def test_a_secret_is_read_from_the_file_that_is_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_text("hush\n")
        monkeypatch.setenv("TALKWRIGHT_SOME_SECRET_FILE", str(tmp_path / "secret"))
        settings = load(NeedsSecret)[NeedsSecret]
        assert reveal(settings.some_secret) == "hush"
        assert "hush" not in repr(settings)

    def test_a_secret_file_that_is_not_there_is_named(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("TALKWRIGHT_SOME_SECRET_FILE", str(tmp_path / "gone"))
        with pytest.raises(SettingsError, match="gone"):
            load(NeedsSecret)

    def test_variables_that_nobody_reads_are_found(self) -> None:
        environment = {"TALKWRIGHT_KNOWN": "1", "TALKWRIGHT_TYPO": "1", "OTHER": "1"}
        assert unknown_variables(["TALKWRIGHT_KNOWN"], environment) == ["TALKWRIGHT_TYPO"]


def client(port: int) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}")


def test_logs_are_lines_of_json_with_the_role() -> None:
    out = io.StringIO()
    configure_logging("sample", OperationsSettings(log_format="json"), out)
    get_logger("somewhere").info("thing.happened", item="42")
    line = json.loads(out.getvalue().splitlines()[-1])
    assert (line["event"], line["item"], line["role"], line["level"]) == ("thing.happened", "42", "sample", "info")


FAILING = """
import asyncio, logging
from talkwright.operations.logs import configure_logging, get_logger
from talkwright.operations.settings import OperationsSettings

configure_logging("sample", OperationsSettings(log_level="debug", log_format="json"))
secret = "what Anna typed"
try:
    raise ValueError(secret)
except ValueError:
    get_logger("talkwright.somewhere").exception("thing.failed", item="42")
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application\\n")
    logging.getLogger("uvicorn.error").error("Traceback (most recent call last):\\n  ValueError: " + secret)
    logging.getLogger("psycopg").warning("error ignored in %s: %s", "rollback", secret)
    logging.getLogger("psycopg").warning("interrupted (%s) after %.1f s: closing", ValueError(secret), 2.5)
    logging.getLogger("psycopg").warning("%(count)d of %(what)s lost", {"count": 3, "what": secret})
    logging.getLogger("psycopg").warning("first line\\n%s", secret)
    logging.getLogger("python_multipart").debug("data %s", secret)

async def lost():
    async def fails():
        raise ValueError(secret)
    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    del task

asyncio.run(lost())
raise RuntimeError(secret)
"""


def test_a_failure_is_logged_by_its_kind_and_places_never_by_its_message() -> None:
    ended = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, check=False)
    assert "Anna" not in ended.stderr
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    events = [line["event"] for line in lines]
    assert events == [
        "thing.failed",
        "Exception in ASGI application",
        "Traceback (most recent call last):",
        "error ignored in …: …",
        "interrupted (ValueError) after 2.5 s: closing",
        "3 of … lost",
        "first line",
        "Task exception was never retrieved",
        "process.failed",
    ]
    assert [line.get("error") for line in lines] == ["ValueError"] * 2 + [None] * 5 + ["ValueError", "RuntimeError"]
    assert lines[0]["item"] == "42"
    assert lines[0]["where"][-1].endswith("<module>")


@pytest.mark.anyio
async def test_the_management_port_tells_life_readiness_and_metrics() -> None:
    reasons: list[str | None] = ["starting"]

    async def unready() -> str | None:
        return reasons[0]

    async with (
        serve_management("127.0.0.1", 0, unready) as port,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        assert (await http.get("/live")).status_code == 200
        waiting = await http.get("/ready")
        assert (waiting.status_code, waiting.text) == (503, "starting\n")
        reasons[0] = None
        assert (await http.get("/ready")).status_code == 200
        assert "talkwright_info" in (await http.get("/metrics")).text
        assert (await http.get("/other")).status_code == 404
        assert (await http.post("/live")).status_code == 405


@pytest.mark.anyio
async def test_junk_on_the_management_port_harms_nobody() -> None:
    async def ready() -> None:
        return None

    async with serve_management("127.0.0.1", 0, ready) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x00\xff" * 20_000 + b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):  # it hangs up: whether before or after all was written is chance
            assert await reader.read() == b""
        writer.close()
        async with client(port) as http:
            assert (await http.get("/live")).status_code == 200


@pytest.mark.anyio
async def test_a_check_that_fails_is_answered_with_a_status_and_not_with_silence() -> None:
    async def fails() -> str | None:
        raise LookupError("a secret")

    async with serve_management("127.0.0.1", 0, fails) as port, client(port) as http:
        answer = await http.get("/ready")
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert (await http.get("/live")).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_role_stops_in_order_on_each_signal(number: signal.Signals) -> None:
    command = [sys.executable, "-c", ROLE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as role:
        assert role.stdout is not None
        assert role.stdout.readline() == "up\n"
        role.send_signal(number)
        assert role.stdout.readline() == "stopped\n"
        assert role.wait(10) == 0


@pytest.mark.anyio
async def test_a_port_that_another_process_has_is_told_with_its_setting() -> None:
    async def ready() -> None:
        return None

    async with serve_management("127.0.0.1", 0, ready) as port:
        with pytest.raises(SettingsError, match=rf"port {port}: .*TALKWRIGHT_MANAGEMENT_PORT say where"):
            async with serve_management("127.0.0.1", port, ready):
                pass


def test_a_wrong_setting_of_a_role_is_named_without_a_trace() -> None:
    environment = {**os.environ, "TALKWRIGHT_LOG_LEVEL": "loud", "TALKWRIGHT_DATABASE_POOL_SIZE": "many"}
    command = [sys.executable, "-m", "talkwright.cli.main", "periodic"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "TALKWRIGHT_LOG_LEVEL must be debug, info, warning or error." in ended.stderr
    assert "TALKWRIGHT_DATABASE_POOL_SIZE must be a whole number." in ended.stderr, "both at once"


def test_a_wrong_setting_of_a_migration_is_named_without_a_trace(tmp_path: Path) -> None:
    environment = {**os.environ, "TALKWRIGHT_LOG_LEVEL": "loud", "TALKWRIGHT_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "talkwright.cli.main", "migrate"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (ended.returncode, ended.stderr.splitlines()[1:]) == (
        2,
        ["  TALKWRIGHT_LOG_LEVEL must be debug, info, warning or error."],
    )


def test_a_role_alone_warns_of_variables_that_nobody_reads() -> None:
    environment = {**os.environ, "TALKWRIGHT_TYPO": "1", "TALKWRIGHT_LOG_LEVEL": "loud"}
    command = [sys.executable, "-m", "talkwright.cli.main", "periodic"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert "TALKWRIGHT_TYPO is no setting of Talkwright" in ended.stderr


HANGING = """
import asyncio
from talkwright.operations.role import run_role

async def main(context):
    print("starting", flush=True)
    await asyncio.Event().wait()  # as for a database that is not there

run_role("sample", main)
"""


def test_a_role_that_waits_to_start_stops_at_once() -> None:
    command = [sys.executable, "-c", HANGING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as role:
        assert role.stdout is not None
        assert role.stdout.readline() == "starting\n"
        role.send_signal(signal.SIGTERM)
        assert role.wait(10) == 0


STUBBORN = """
import asyncio
from talkwright.operations import role

async def main(context):
    context.started.set()
    context.drain_seconds = 0.1
    print("started", flush=True)
    while True:
        try:
            await asyncio.Event().wait()  # as for a database that went first
        except asyncio.CancelledError:
            if {ends}:
                raise

role.CUT_SECONDS = 0.1
role.run_role("sample", main)
"""


@pytest.mark.parametrize(("ends", "code"), [(True, 0), (False, 1)])
def test_a_role_that_does_not_end_in_time_is_cut(ends: bool, code: int) -> None:
    command = [sys.executable, "-c", STUBBORN.format(ends=ends)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as role:
        assert role.stdout is not None
        assert role.stdout.readline() == "started\n"
        role.send_signal(signal.SIGTERM)
        assert role.wait(20) == code
