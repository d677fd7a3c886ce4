"""One real studio that is hurt again and again: its processes, its rows, a person who is signed in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import select
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from tests.kills.snapshot import Attempt, Process, Snapshot, Work, faults
from tests.services.studio import PASSWORD, PLAIN, Browser
from tests.services.up import Up, busy, studio

from talkwright.database.ids import uuid7
from talkwright.identity.secrets import keyring

HEALED_SECONDS = 30.0
"""So long after a kill all is well again, of a machine that does nothing else."""
ACTIVE = "SELECT assistant FROM studio.deployments WHERE active AND state = 'running'"


@dataclass
class Stage:
    """A running studio with the example, its database and a signed-in person."""

    up: Up
    url: str
    browser: Browser
    assistant: str
    bots: int = 1
    trainers: int = 1
    orchestrators: int = 1
    adopts: bool = False
    """Whether this `up` found its database running, which is then nobody's child."""
    healings: list[float] = field(default_factory=list)
    """The seconds that it took each time until all was well."""
    _link: psycopg.Connection[Any] | None = None
    _hurt_at: float | None = None
    _deadline: float = 0.0

    @property
    def base(self) -> str:
        """The assistant's address in the API."""
        return f"/api/assistants/{self.assistant}"

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query, over a connection that is made anew after the server's death."""
        for _ in range(2):
            if self._link is None or self._link.closed:
                self._link = psycopg.connect(self.url, autocommit=True)
            with contextlib.suppress(psycopg.OperationalError):
                return self._link.execute(statement, values).fetchall()  # type: ignore[arg-type]  # the tests' own words
        raise psycopg.OperationalError("The server does not answer.")

    def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close()

    def one(self, statement: str, *values: object) -> Any:
        """The one value of a query, or None without a row."""
        rows = self.query(statement, *values)
        return rows[0][0] if rows else None

    def strike(self, pid: int) -> None:
        """End a process without any warning; from now on its time runs in which all has to be well again."""
        kill(pid)
        self.hurt()

    def hurt(self) -> None:
        """Begin the time in which all has to be well again, whatever is awaited in it and however often."""
        self._hurt_at = time.monotonic()
        self._deadline = self._hurt_at + HEALED_SECONDS * busy()

    def rest(self) -> None:
        """Forget a hurt that did not heal; whoever waited for it has failed."""
        self._hurt_at = None

    @property
    def patience(self) -> float:
        """The seconds that may be waited: the rest of those since the last hurt, or as many for what prepares one."""
        return HEALED_SECONDS * busy() if self._hurt_at is None else max(self._deadline - time.monotonic(), 0.0)

    async def insist(self, method: str, path: str, body: object) -> dict[str, Any]:
        """Send a request until it is answered, as a page does that loses its server; refusals fail at once."""
        last, seconds = "nothing answers", self.patience
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        answer = await self.browser.send(method, path, json=body)
                    except httpx2.HTTPError as error:
                        last = type(error).__name__
                    else:
                        if answer.is_success:
                            return dict(answer.json())
                        last = answer.text
                        assert answer.status_code >= 500, last
                        assert answer.headers["content-type"] == "application/problem+json", last
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"{method} {path} was not answered in {seconds:.0f} s: {last}") from None

    async def train(self, training: str) -> None:
        """Ask for a training whose model is to run."""
        await self.insist("POST", f"{self.base}/trainings", {"id": training, "deploy": True})

    async def deploy(self, deployment: str) -> None:
        """Ask for the running version once more."""
        version = self.one("SELECT version FROM studio.deployments WHERE active")
        await self.insist("POST", f"{self.base}/deployments", {"id": deployment, "version": str(version)})

    async def say(self, chat: str, text: str, message: str | None = None) -> list[str]:
        """One turn; gives the names of the responses that the bot uttered."""
        body = {"id": message or str(uuid7()), "text": text}
        answer = await self.insist("POST", f"{self.base}/chats/{chat}/messages", body)
        return [str(entry["name"]) for entry in answer["turn"]["entries"] if entry["kind"] == "bot"]

    async def chat_at_a_question(self) -> str:
        """A new chat in which the bot has just asked for the amount of a transfer."""
        chat = str(uuid7())
        await self.insist("POST", f"{self.base}/chats", {"id": chat, "language": "en"})
        await self.say(chat, "I'd like to send some money")
        assert await self.say(chat, "/SetSlots(recipient=Maya)") == ["utter_ask_amount"]
        return chat

    async def until(self, found: Callable[[], Any], what: str) -> Any:
        """Wait until something is so, and give it; looks every few milliseconds."""
        try:
            async with asyncio.timeout(self.patience):
                while True:
                    with contextlib.suppress(psycopg.OperationalError, OSError, ValueError, StopIteration):
                        if value := found():
                            return value
                    await asyncio.sleep(0.04)
        except TimeoutError:
            raise AssertionError(f"never seen: {what}; {self.up.lines[-20:]}") from None

    def job(self, kind: str, work: str, stage: str = "") -> dict[str, int] | None:
        """The processes of the latest job of some work, its `wrapper` and its `job`; once it said a stage, if named."""
        folders = sorted((self.up.home / "jobs" / kind).glob(f"tw-?-{work}-*"), key=os.path.getmtime)
        if not folders:
            return None
        status = json.loads((folders[-1] / "status.json").read_text())
        if status["code"] is not None or status["pid"] is None:
            return None
        if stage and stage not in _stages(folders[-1]):
            return None
        return {"wrapper": status["wrapper"], "job": status["pid"]}

    def postmaster(self) -> int:
        """The main process of the database server."""
        lock = next(self.up.home.glob("**/postmaster.pid"))
        return int(lock.read_text().splitlines()[0])

    def actions(self) -> int:
        """The example's action server, which knows nothing of the data folder: a child of `up`."""
        children = Path(f"/proc/{self.up.process.pid}/task/{self.up.process.pid}/children").read_text().split()
        return next(int(pid) for pid in children if "actions.py" in Path(f"/proc/{pid}/cmdline").read_text())

    def holder(self, work: str) -> int:
        """The process of the consumer that holds some work."""
        return int(
            self.one(
                "SELECT w.process FROM studio.attempts a JOIN studio.workers w ON w.id = a.worker "
                "WHERE a.work = %s AND a.outcome IS NULL",
                work,
            )
        )

    async def heals(self, seconds: float | None = None) -> None:
        """Wait until nothing is wrong any more; fails with what still is."""
        found: list[str] = ["nothing could be read"]
        try:
            async with asyncio.timeout(self.patience if seconds is None else seconds):
                while found:
                    with contextlib.suppress(psycopg.OperationalError, OSError):
                        found = faults(await self.snapshot())
                    if found:  # looking at all processes of the machine is work, too
                        await asyncio.sleep(0.5)
        except TimeoutError:
            raise AssertionError("\n".join([*found, *self.up.lines[-30:]])) from None
        if self._hurt_at is not None:
            self.healings.append(time.monotonic() - self._hurt_at)
        self.rest()

    async def snapshot(self) -> Snapshot:
        """Everything that the checker looks at."""
        works = [
            Work(kind, str(row[0]), row[1], bool(row[2]), int(row[3]), tuple(row[4] or ()))
            for kind, active in (("training", "false"), ("deployment", "active"))
            for row in self.query(
                f"SELECT id, state, {active}, (SELECT count(*) FROM studio.transitions u WHERE u.work = w.id "
                f"AND u.target IN ('succeeded', 'failed', 'cancelled', 'stopped')), "
                f"(SELECT array_agg(m.object) FROM studio.models m WHERE m.training = w.id) FROM studio.{kind}s w"
            )
        ]
        attempts = [
            Attempt(str(row[0]), str(row[1]), row[2], str(row[3]), row[4], row[5], _port(row[6]))
            for row in self.query("SELECT id, work, number, worker, state, outcome, address FROM studio.attempts")
        ]
        running = self.query(
            "SELECT a.address, a.secret, m.model_id FROM studio.deployments d JOIN studio.attempts a ON a.work = d.id "
            "AND a.number = d.attempt JOIN studio.models m ON m.id = d.model WHERE d.active AND a.address IS NOT NULL"
        )
        answers = [await self._model_at(address, bytes(secret)) for address, secret, _ in running]
        leases = self.query("SELECT key, holder FROM studio.leases WHERE expires_at > clock_timestamp()")
        store = self.up.home / "objects"
        return Snapshot(
            up=self.up.process.pid,
            port=int(self.up.address.rpartition(":")[2]),
            works=tuple(works),
            attempts=tuple(attempts),
            leases=tuple((key, str(holder)) for key, holder in leases),
            workers=tuple(
                (str(row[0]), row[1], row[2])
                for row in self.query("SELECT id, role, process FROM studio.workers WHERE ended_at IS NULL")
            ),
            processes=tuple(_processes(self.up, adopts=self.adopts)),
            folders=tuple(f"{folder.parent.name}/{folder.name}" for folder in (self.up.home / "jobs").glob("*/*")),
            objects=tuple(str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()),
            models=tuple(row[0] for row in self.query("SELECT object FROM studio.models")),
            answers=" ".join(sorted(str(model) for model in answers)) or None,
            model=" ".join(sorted(str(model) for _, _, model in running)) or None,
            bots=self.bots,
            trainers=self.trainers,
            orchestrators=self.orchestrators,
        )

    async def _model_at(self, address: str, secret: bytes) -> str | None:
        token = keyring(None, self.up.home).decrypt(secret, "attempt").decode()
        try:
            async with httpx2.AsyncClient(trust_env=False, verify=PLAIN, timeout=5) as http:
                return str((await http.get(f"{address}/status", params={"token": token})).json()["model_id"])
        except (httpx2.HTTPError, ValueError, KeyError):
            return None


def _stages(folder: Path) -> Iterator[str]:
    """The stages that a job has named so far."""
    for record in (folder / "log.jsonl").read_text().splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):  # a job may say anything
            yield json.loads(json.loads(record)["text"])["stage"]


def _port(address: str | None) -> int | None:
    return None if address is None else int(address.rpartition(":")[2])


def _processes(up: Up, *, adopts: bool) -> Iterator[Process]:
    listening = _listening()
    for pid, command in up.processes().items():
        with contextlib.suppress(OSError):
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            parent = up.process.pid if parent == os.getpid() else parent  # a replica that the test itself keeps
            ports = tuple(sorted(listening[inode] for inode in _sockets(pid) if inode in listening))
            if (name := name_of(command)) is not None:
                yield Process(pid, _holder(command) if name == "wrapper" else parent, name, ports)
    yield from _server(up, adopts=adopts)


def _holder(command: str) -> int:
    """Who holds the job of a wrapper: one that was taken over is no child of its consumer."""
    return int(json.loads((Path(command.rsplit(maxsplit=1)[-1]) / "owner.json").read_text())["holder"]["pid"])


def _server(up: Up, *, adopts: bool) -> Iterator[Process]:
    """The database server's main process, by its lock file: its environment is empty and says nothing of the home."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lock = next(up.home.glob("**/postmaster.pid"))
        pid = int(lock.read_text().splitlines()[0])
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        yield Process(pid, up.process.pid if adopts else parent, "postgres")


def name_of(command: str) -> str | None:
    """What a process of a studio is, by its command."""
    words = command.split()
    if "supervisor" in words:
        return "wrapper"
    if "talkwright.engine" in words:
        return "job"
    if "talkwright.cli.main" in words:
        return words[-1]
    if words and words[0] == "/bin/sh" and any(word.endswith("postmaster.pid") for word in words):
        return "guard"
    if any(word.endswith("actions.py") for word in words):
        return "actions"
    if "postgres" in command:
        return None  # told of by `_server`; its own children end with it
    return f"unknown ({command[:80]})"


def _listening() -> dict[str, int]:
    """Ports by the inode of the socket that listens on them."""
    found = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A":
                    found[fields[9]] = int(fields[1].rpartition(":")[2], 16)
    return found


def _sockets(pid: int) -> Iterator[str]:
    folder = f"/proc/{pid}/fd"
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            if (found := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"{folder}/{name}"))) is not None:
                yield found[1]


@contextlib.asynccontextmanager
async def stage_at(home: Path, **settings: str) -> AsyncIterator[Stage]:
    """A studio with the example running and a person signed in, in a new data folder or one used before."""
    async with (
        studio(home, **settings) as up,
        httpx2.AsyncClient(base_url=up.address, timeout=60, verify=PLAIN) as http,
    ):
        browser = await signed_in(up, http)
        assistant = str((await up.row(ACTIVE, seconds=120))[0])
        stage = Stage(up, database_url(up), browser, assistant)
        try:
            yield stage
        finally:
            stage.close()


async def signed_in(up: Up, http: httpx2.AsyncClient) -> Browser:
    """A person of a studio: its first administrator, new or known already."""
    browser = Browser(http)
    if "first-administrator" in up.link:
        form = {"username": "admin", "password": PASSWORD, "again": PASSWORD}
        await browser.follow(await http.post(up.link, data=form))
    else:
        await browser.follow(await browser.sign_in())
    assert browser.csrf
    return browser


def database_url(up: Up) -> str:
    """The address of the studio's database, which stays the same for as long as `up` lives."""
    return environment_of(up.role("backend"))["TALKWRIGHT_DATABASE_URL"]


def environment_of(pid: int) -> dict[str, str]:
    """The variables that a process was given."""
    given = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return {name: value for name, _, value in (word.partition("=") for word in given) if name}


def kill(pid: int) -> None:
    """End a process without any warning, and wait until it is gone: until then its connections still take requests."""
    handle = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        select.select([handle], [], [])  # readable once it has ended
    finally:
        os.close(handle)


@contextlib.contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """Hold processes where they are until the block ends; those that were killed meanwhile stay dead."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
