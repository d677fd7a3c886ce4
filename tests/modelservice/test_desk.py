"""Jobs get places for what is theirs, as long as their attempt is held, and nothing else."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.modelservice.stand import Stand

from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.database.work import HeldAttempt
from talkwright.identity.secrets import Keyring
from talkwright.modelservice.desk import serve_desk
from talkwright.modelservice.granting import PURPOSE, JobGrants
from talkwright.modelservice.leases import Lease, Leases
from talkwright.storage.keys import archive_key, log_key, project_key
from talkwright.storage.objects import ObjectStore

pytestmark = pytest.mark.anyio

SHA = "ab" * 32
FACT = {"size": 3, "sha256": SHA}


@dataclass
class Counter:
    """A desk, and the attempt of a training whose job asks it."""

    url: str
    database: Database
    grants: JobGrants
    leases: Leases
    attempt: HeldAttempt
    lease: Lease

    @property
    def token(self) -> str:
        return self.grants.token(self.attempt.id, self.lease.epoch)

    async def ask(
        self, body: Any, *, token: str | None = None, method: str = "POST", path: str = ""
    ) -> httpx2.Response:
        """Ask as a job does."""
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        async with httpx2.AsyncClient(trust_env=False) as client:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            return await client.request(method, self.url + path, content=content, headers=headers)


@pytest.fixture
async def counter(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    stand = Stand(database, tmp_path, monkeypatch)
    leases = Leases(database, uuid7(), 60)
    attempt, lease = await stand.held(await stand.training(), 1, leases)
    grants = JobGrants(database, stand.store, Keyring([b"k" * 32]))
    async with serve_desk(grants) as url:
        yield Counter(url, database, grants, leases, attempt, lease)


async def test_a_job_gets_places_for_its_own_log_model_and_project(counter: Counter) -> None:
    answer = await counter.ask({"log": FACT, "outputs": {"model.tar.gz": FACT}, "inputs": ["project.tar.gz"]})
    told: Mapping[str, Any] = answer.json()
    attempt = counter.attempt
    assert told["outputs"]["model.tar.gz"]["key"] == archive_key(attempt.assistant, attempt.work, attempt.id, SHA)
    assert told["log"]["key"] == log_key(attempt.id)
    assert told["inputs"]["project.tar.gz"]["key"] == project_key(attempt.version)
    assert told["log"]["path"].endswith(log_key(attempt.id))


async def test_a_job_with_credentials_of_its_own_is_told_the_keys_alone(counter: Counter) -> None:
    ask = {"log": FACT, "outputs": {"model.tar.gz": FACT}, "inputs": ["project.tar.gz"], "own": True}
    attempt = counter.attempt
    assert (await counter.ask(ask)).json() == {
        "log": {"key": log_key(attempt.id)},
        "outputs": {"model.tar.gz": {"key": archive_key(attempt.assistant, attempt.work, attempt.id, SHA)}},
        "inputs": {"project.tar.gz": {"key": project_key(attempt.version)}},
    }
    await counter.leases.release(counter.lease)
    assert (await counter.ask(ask)).status_code == 409


@pytest.mark.parametrize(
    "ask",
    [
        {"outputs": {"other.tar.gz": FACT}},
        {"outputs": {"../model.tar.gz": FACT}},
        {"inputs": ["model.tar.gz"]},
        {"inputs": ["/etc/passwd"]},
        {"outputs": {"other.tar.gz": FACT}, "own": True},
    ],
)
async def test_nothing_else_is_granted(counter: Counter, ask: Any) -> None:
    assert (await counter.ask(ask)).status_code == 403


async def test_a_token_of_an_attempt_that_was_taken_over_or_ended_is_refused(counter: Counter) -> None:
    ask = {"log": FACT}
    assert (await counter.ask(ask)).status_code == 200
    await counter.leases.release(counter.lease)
    assert (await counter.ask(ask)).status_code == 409
    other = Leases(counter.database, uuid7(), 60)
    taken = await other.take(counter.lease.key)
    assert isinstance(taken, Lease)
    stale = await counter.ask(ask)
    assert (stale.status_code, stale.text) == (409, "This job's attempt has ended or was taken over.\n")
    fresh = counter.grants.token(counter.attempt.id, taken.epoch)
    assert (await counter.ask(ask, token=fresh)).status_code == 200
    async with counter.database.transaction() as session:
        statement = "UPDATE studio.attempts SET state = 'ended', outcome = 'failed' WHERE id = :id"
        await session.execute(text(statement), {"id": counter.attempt.id})
    assert (await counter.ask(ask, token=fresh)).status_code == 409


async def test_tokens_that_nobody_sealed_are_refused(counter: Counter) -> None:
    foreign = JobGrants(counter.database, ObjectStore("memory:///"), Keyring([b"x" * 32]))
    cut = counter.token[:-4]
    for token in ("nonsense", "AAAA", cut, foreign.token(counter.attempt.id, counter.lease.epoch)):
        answer = await counter.ask({"log": FACT}, token=token)
        assert (answer.status_code, answer.text) == (403, "This is no token of a job.\n")
    assert PURPOSE not in counter.token


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 50_000,
        {"log": {"size": -1, "sha256": SHA}},
        {"log": {"size": True, "sha256": SHA}},
        {"log": {"size": 1, "sha256": "../../x"}},
        {"outputs": [1]},
        {"inputs": {"a": 1}},
        {"inputs": ["x"] * 101},
    ],
)
async def test_what_is_no_request_is_refused(counter: Counter, body: Any) -> None:
    assert (await counter.ask(body)).status_code == 400


async def test_only_one_path_and_one_method_and_short_bodies_are_served(counter: Counter) -> None:
    assert (await counter.ask({}, method="GET")).status_code == 405
    assert (await counter.ask({}, path="/other")).status_code == 404
    assert (await counter.ask(b" " * 70_000)).status_code == 413


async def test_a_database_that_is_away_is_a_reason_to_ask_again(counter: Counter) -> None:
    away = JobGrants(
        Database.at("postgresql://nobody@127.0.0.1:9/none"), ObjectStore("memory:///"), Keyring([b"k" * 32])
    )
    async with serve_desk(away) as url:
        counter.url = url
        assert (await counter.ask({"log": FACT})).status_code == 503
