"""Bots as their users run them: conversations in PostgreSQL, events told to a broker, and an export of what is kept."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from tests.engine.conftest import run_bot
from tests.services.postgres import OWNER, TestServer

from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event
from talkwright.engine.__main__ import main

Engine = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def database(postgres: TestServer) -> Iterator[str]:
    with postgres.database(empty=True) as name:
        yield postgres.url(OWNER, name)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Engine:
    """Does a command of the engine and gives its last line."""

    def run(*words: str, **variables: str) -> dict[str, Any]:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            code = main(words)
        return {**json.loads(capsys.readouterr().out.splitlines()[-1]), "code": code}

    return run


def say(url: str, text: str, sender: str = "ann") -> list[str]:
    answer = httpx2.post(f"{url}/webhooks/rest/webhook", json={"sender": sender, "message": text}, trust_env=False)
    return [message["text"] for message in answer.raise_for_status().json()]


def test_conversations_and_what_is_told_of_them(
    workshop_path: Path, database: str, tmp_path: Path, engine: Engine
) -> None:
    kept = {"TALKWRIGHT_ENGINE_STORE": "postgresql", "TALKWRIGHT_ENGINE_STORE_URL": database}
    command = [sys.executable, "-m", "talkwright.engine", "run", "--model", str(workshop_path), "--port", "0"]
    unready = subprocess.run(command, capture_output=True, text=True, env=kept, timeout=60, check=False)
    assert unready.returncode == 2
    assert "talkwright engine migrate" in unready.stdout.splitlines()[-1]
    assert engine("migrate", **kept)["code"] == 0
    assert engine("migrate", **kept)["steps"] == []

    live, exported = tmp_path / "live.log", tmp_path / "exported.log"
    brokers = {}
    for path in (live, exported):
        brokers[path] = tmp_path / f"{path.stem}.yml"
        brokers[path].write_text(json.dumps({"event_broker": {"type": "file", "path": str(path)}}))
    variables = {**kept, "TALKWRIGHT_ENGINE_BROKER": str(brokers[live]), "TALKWRIGHT_ENGINE_RECORD": "true"}
    with run_bot(workshop_path, **variables) as one, run_bot(workshop_path, **variables) as other:
        assert say(one.url, "buy a voucher") == ["Who is it for?"]
        say(other.url, "Bob")
        assert say(one.url, "50") == ["A voucher of 50 for Bob?"]
    told = [json.loads(line) for line in live.read_text().splitlines()]
    assert {one["sender_id"] for one in told} == {"ann"}
    users = [one for one in told if one["event"] == "user"]
    assert [one["text"] for one in users] == ["buy a voucher", "Bob", "50"]
    assert all("trace" not in one["parse_data"] for one in users)
    assert users[0]["parse_data"]["predicted_commands"] == {
        "LocalUnderstanding": [{"command": "start flow", "flow": "gift_voucher"}]
    }

    done = engine("export", "--broker", str(brokers[exported]), **kept)
    assert (done["code"], done["conversations"], done["events"]) == (0, 1, len(told))
    first, again = ([json.loads(line) for line in path.read_text().splitlines()] for path in (live, exported))
    by_time = sorted(first, key=lambda one: one["timestamp"])
    assert [one["timestamp"] for one in again] == [one["timestamp"] for one in by_time]
    assert [one["event"] for one in again] == [one["event"] for one in by_time]
    part = engine("export", "--broker", str(brokers[exported]), "--begin", str(users[2]["timestamp"]), **kept)
    assert 0 < part["events"] < len(told)
    assert engine("export", "--broker", str(brokers[exported]), "--conversation", "nobody", **kept)["events"] == 0


def test_the_commands_say_what_they_need(tmp_path: Path, engine: Engine) -> None:
    for words in (["migrate"], ["export"]):
        refused = engine(*words)
        assert refused["code"] == 2
        assert "TALKWRIGHT_ENGINE_STORE_URL" in refused["message"]
    away = {
        "TALKWRIGHT_ENGINE_STORE_URL": f"postgresql://u@/x?host={tmp_path}",
        "TALKWRIGHT_ENGINE_STORE_PATIENCE": "0.2",
    }
    assert engine("migrate", **away)["code"] == 1
    assert "--broker" in engine("export", **away)["message"]
    broker = tmp_path / "endpoints.yml"
    broker.write_text("event_broker: {type: file, path: events.log}\n")
    assert engine("export", "--broker", str(broker), **away)["code"] == 1


def test_rows_of_the_sql_broker_are_records(workshop_path: Path, database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as link:
        parts = link.info
        section = {
            "type": "SQL",
            "dialect": "postgresql",
            "url": parts.host,
            "port": parts.port,
            "db": parts.dbname,
            "username": parts.user,
            "password": "${EVENTS_PASSWORD}",
        }
        broker = tmp_path / "endpoints.yml"
        broker.write_text(json.dumps({"event_broker": section}))
        with run_bot(workshop_path, TALKWRIGHT_ENGINE_BROKER=str(broker), EVENTS_PASSWORD=parts.password) as bot:
            assert say(bot.url, "buy a voucher", sender="eve") == ["Who is it for?"]
            count, deadline = 0, time.monotonic() + 20
            while not count and time.monotonic() < deadline:
                count = told(link)
        rows = link.execute("SELECT sender_id, data FROM events ORDER BY id").fetchall()
    read = [decode(data) for _, data in rows]
    assert {sender for sender, _ in rows} == {"eve"}
    assert all(isinstance(event, Event) for event in read)
    times = [event.timestamp for event in read if isinstance(event, Event)]
    assert times == sorted(times)


def told(link: psycopg.Connection[tuple[object, ...]]) -> int:
    if link.execute("SELECT to_regclass('events')").fetchone() == (None,):
        return 0
    row = link.execute("SELECT count(*) FROM events WHERE data LIKE '%bot_turn_ended%'").fetchone()
    return int(str(row[0])) if row else 0
