"""`talkwright doctor` finds what is really wrong, says how to mend it, and is content with a studio that is well."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest.mock import patch

import psycopg
import pytest
from tests.services.commands import Place
from tests.services.objects import s3_missing, s3_server
from tests.services.postgres import TestServer

from talkwright.cli.checks import Finding
from talkwright.cli.doctor import SECTIONS, examine
from talkwright.database.ids import uuid7
from talkwright.database.settings import DatabaseSettings
from talkwright.operations.config import load

WITH_ACTIONS = {"TALKWRIGHT_PORT": "0"}
ALONE = {**WITH_ACTIONS, "TALKWRIGHT_ACTIONS_PYTHON": "/nowhere/python"}
"""Without the example's action server, which would be started for each look at something else."""


@pytest.fixture
def place(postgres: TestServer, tmp_path: Path) -> Iterator[Place]:
    """A prepared studio that nobody has entered yet."""
    with postgres.database() as name:
        yield Place(tmp_path / "home", postgres.settings(name), ALONE)


def told(place: Place, **more: str) -> dict[str, dict[str, str | None]]:
    """What the command tells of all areas; its exit code must fit."""
    done = replace(place, more={**place.more, **more}).command("doctor", "--json")
    found = {finding["area"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == any(finding["state"] == "wrong" for finding in found.values()), done.stderr
    assert all(finding["mend"] for finding in found.values() if finding["state"] != "well")
    return found


def found(place: Place, area: str, **more: str) -> Finding:
    """What the doctor finds in one area, asked without the command, which would try the engine each time."""
    with patch.dict(os.environ, {**place.environment(), **more}, clear=True):
        (finding,) = examine(load(*SECTIONS), [area])
    assert finding.mend or finding.state == "well"
    return finding


def wrong(place: Place, area: str, **more: str) -> str:
    """What is wrong in one area."""
    finding = found(place, area, **more)
    assert finding.state == "wrong", finding
    return finding.found


def test_a_prepared_studio_is_well_but_for_its_first_administrator(place: Place) -> None:
    findings = told(replace(place, more=WITH_ACTIONS))
    notes = {area: finding["state"] for area, finding in findings.items() if finding["state"] != "well"}
    of_machine = {"engine", "disk", "ports", "actions", "cluster", "engines"}
    assert set(findings) == {"database", "storage", "identity", "roles", *of_machine}
    assert notes.pop("identity") == "note"
    assert notes.pop("actions", "note") == "note"  # where rasa-sdk is not installed
    assert not notes


def test_lines_for_people_say_how_to_mend(place: Place) -> None:
    done = place.command("doctor")
    assert done.returncode == 0
    assert "Open the link that `talkwright up` prints, or that of" in done.stdout
    assert done.stdout.count("\nok ") >= 4


def test_a_new_data_folder_is_left_alone(tmp_path: Path) -> None:
    assert found(Place(tmp_path / "home", None, ALONE), "database").state == "note"
    assert not (tmp_path / "home").exists()


def test_a_database_that_was_not_migrated_is_found(place: Place, postgres: TestServer) -> None:
    with postgres.database(empty=True) as name:
        assert "not migrated" in wrong(replace(place, settings=postgres.settings(name)), "database")


def test_a_database_that_is_away_is_found(place: Place) -> None:
    with closed_port() as port:
        url = f"postgresql://a:b@127.0.0.1:{port}/c"
        away = replace(place, settings=DatabaseSettings(database_url=url))  # type: ignore[arg-type]  # pydantic takes texts
        assert "does not answer" in wrong(away, "database")


def test_an_embedded_server_that_can_not_start_is_found(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "postgres.json").write_text("{}")
    assert "postgres.json" in wrong(Place(home, None, ALONE), "database")


def test_a_store_that_can_not_be_written_is_found(place: Place) -> None:
    findings = told(place, TALKWRIGHT_STORAGE_URL="file:///dev/null/objects")
    assert [area for area, finding in findings.items() if finding["state"] == "wrong"] == ["storage"]


@pytest.mark.skipif(s3_missing() is not None, reason=str(s3_missing()))
def test_a_store_elsewhere_is_tried_as_jobs_use_it_and_what_it_refuses_is_said(place: Place, tmp_path: Path) -> None:
    (tmp_path / "s3").mkdir()
    with s3_server(tmp_path / "s3") as server:
        assert found(place, "storage", **server.settings()).state == "well"
        assert "could not be stored" in wrong(place, "storage", **server.settings(AWS_SECRET_ACCESS_KEY="wrong"))
        bucket = {"TALKWRIGHT_STORAGE_URL": "s3://no-such-bucket", "TALKWRIGHT_STORAGE_RETRY_SECONDS": "1"}
        assert wrong(place, "storage", **server.settings(**bucket))


def test_a_model_that_is_missing_in_the_store_is_found(place: Place) -> None:
    place.fill()
    assert place.settings is not None
    with psycopg.connect(place.settings.application, autocommit=True) as link:
        link.execute(
            "INSERT INTO studio.models (id, model_id, assistant, version, engine, object, bytes, sha256) "
            "SELECT %s, 'm', assistant, version, 'talkwright', 'models/a/b/c.tar.gz', 1, '' FROM studio.trainings",
            (uuid7(),),
        )
    assert "models/a/b/c.tar.gz" in wrong(place, "storage")


def test_keys_that_do_not_open_the_secrets_are_found(place: Place) -> None:
    assert found(place, "identity").state == "note"
    other = base64.b64encode(os.urandom(32)).decode()
    assert "TALKWRIGHT_SECRET_KEYS" in wrong(place, "identity", TALKWRIGHT_SECRET_KEYS=other)


def test_a_sign_in_service_that_is_away_or_another_one_is_found(place: Place) -> None:
    settings = {"TALKWRIGHT_IDENTITY_PROVIDER": "openid"}
    with closed_port() as port:
        assert "does not answer" in wrong(
            place, "identity", **settings, TALKWRIGHT_OIDC_ISSUER=f"http://127.0.0.1:{port}"
        )
    with answering(b'{"issuer": "https://id.example.com"}') as address:
        assert "calls itself https://id.example.com" in wrong(
            place, "identity", **settings, TALKWRIGHT_OIDC_ISSUER=address
        )


def test_roles_that_are_missing_beside_others_are_named(place: Place) -> None:
    assert found(place, "roles").found == "No role of the model service runs here now."
    assert place.settings is not None
    lease = "INSERT INTO studio.leases VALUES (%s, gen_random_uuid(), 1, clock_timestamp() + interval '1 hour')"
    worker = (
        "INSERT INTO studio.workers (id, role, host, started_at, heartbeat_at) "
        "VALUES (gen_random_uuid(), %s, 'here', clock_timestamp(), clock_timestamp() + interval '1 hour')"
    )
    with psycopg.connect(place.settings.application, autocommit=True) as link:
        link.execute(lease, ("lead:training",))
        link.execute(worker, ("training-consumer",))
        missing = "There is no running orchestrator that leads and no running consumer."
        assert wrong(place, "roles") == missing
        link.execute(lease, ("lead:deployment",))
        link.execute(worker, ("running-consumer",))
        assert found(place, "roles").state == "well"
        link.execute("UPDATE studio.workers SET heartbeat_at = heartbeat_at - interval '2 hours'")
    assert wrong(place, "roles") == "There is no training consumer and no running consumer."


def test_a_cluster_that_is_away_and_another_engine_that_is_not_there_are_found(place: Place) -> None:
    away = {"TALKWRIGHT_JOB_EXECUTOR": "kubernetes", "TALKWRIGHT_KUBERNETES_CONFIG": "/nowhere/config"}
    assert "can't be reached" in wrong(place, "cluster", **away)
    assert "/nowhere/python" in wrong(place, "engines", TALKWRIGHT_RASA_PYTHON="/nowhere/python")
    assert "no Rasa is installed" in wrong(place, "engines", TALKWRIGHT_RASA_PYTHON=sys.executable)


def test_a_port_that_is_taken_is_told_and_an_address_of_nobody_is_wrong(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert found(place, "ports", TALKWRIGHT_PORT=str(taken.getsockname()[1])).state == "note"
    assert "can't be had" in wrong(place, "ports", TALKWRIGHT_HOST="203.0.113.7")


def test_an_action_server_that_is_away_or_does_not_start_is_found(place: Place) -> None:
    with closed_port() as port:
        assert "does not answer" in wrong(place, "actions", ACTION_SERVER_URL=f"http://127.0.0.1:{port}/webhook")
    assert "does not start" in wrong(place, "actions", TALKWRIGHT_ACTIONS_PYTHON="/bin/false")


def test_wrong_settings_are_found(place: Place) -> None:
    findings = told(place, TALKWRIGHT_PORT="many")
    assert "TALKWRIGHT_PORT" in str(findings["settings"]["found"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_found(place: Place, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(reason="nothing can be mounted here")
    try:
        assert "0.0 GB are free" in wrong(replace(place, home=disk / "home"), "disk")
    finally:
        subprocess.run(["umount", disk], check=True)


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is taken, but on which nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield nobody.getsockname()[1]


@contextmanager
def answering(body: bytes) -> Iterator[str]:
    """A server that answers everything with the same JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
