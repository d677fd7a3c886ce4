"""Actors on a real PostgreSQL that pause before any of their statements and commits, under a clock that jumps.

The statements are the product's own. Only what they ask for the time is ours, so that a lease runs out between any two
of them, and a `Rule` can be left out of one, to see that this is found. Triggers look at what is written.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.util import await_only
from tests.services.postgres import OWNER, TestServer

from talkwright.database.engine import Database, driver_url

SECONDS = 3600.0
"""The time to live of all leases here."""
BLOCKED_SECONDS = 0.04
"""A step that takes longer may wait for another's lock: the server is asked, then it goes on beside the next steps."""
GO_ON = 4
"""An actor pauses before one of so many statements and commits, any of them."""
ACTORS = 4
_SCHEMA = """
CREATE SCHEMA stand;
CREATE SEQUENCE stand.ahead MINVALUE 0 START 0;
CREATE FUNCTION stand.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
  'SELECT pg_catalog.clock_timestamp() + make_interval(secs => (SELECT last_value FROM stand.ahead))';
CREATE TABLE stand.written (key text, epoch bigint, holder uuid, writer int);
CREATE FUNCTION stand.check_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM studio.leases WHERE key = NEW.key AND epoch = NEW.epoch AND holder = NEW.holder)
    THEN RAISE EXCEPTION 'wrong: a write under a lease that another took'; END IF;
  IF EXISTS (SELECT FROM stand.written WHERE key = NEW.key AND epoch = NEW.epoch AND writer <> NEW.writer)
    THEN RAISE EXCEPTION 'wrong: two writers under one epoch'; END IF;
  IF EXISTS (SELECT FROM stand.written WHERE key = NEW.key AND epoch > NEW.epoch)
    THEN RAISE EXCEPTION 'wrong: a write after one of a later epoch'; END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON stand.written DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION stand.check_written();
CREATE FUNCTION stand.check_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.expires_at > stand.clock_timestamp()
    AND (NEW.holder <> OLD.holder OR NEW.epoch <> OLD.epoch AND NEW.key NOT LIKE 'chat:%')
    THEN RAISE EXCEPTION 'wrong: a lease was taken that had not run out'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER checked BEFORE UPDATE ON studio.leases FOR EACH ROW EXECUTE FUNCTION stand.check_taken();
CREATE FUNCTION stand.check_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'ended' THEN RAISE EXCEPTION 'wrong: an attempt was written to that had ended'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER checked BEFORE UPDATE ON studio.attempts FOR EACH ROW EXECUTE FUNCTION stand.check_attempt();
GRANT USAGE ON SCHEMA stand TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA stand TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA stand TO PUBLIC;
"""
_OPTIONS = "-c search_path=stand,pg_catalog -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
"""Nobody is given up who waits or pauses, however slow the machine."""
_ACTING: ContextVar[Actor | None] = ContextVar("acting", default=None)


class WrongError(AssertionError):
    """Somebody did what a lease forbids, as no trigger can see."""


@dataclass(frozen=True)
class Rule:
    """A part of a statement (a pattern), and what stands there where it is left out; `of` tells the statement."""

    of: str
    right: str
    wrong: str = ""


@dataclass
class Stand:
    """A database whose clock is set forward at will, and those who act on it."""

    database: Database
    chance: random.Random = field(default_factory=random.Random)
    actors: list[Actor] = field(default_factory=list)
    left_out: Rule | None = None
    begun: int = 0
    """How many jumps of the clock have begun, and below, how many have ended; each lets all leases run out."""
    ended: int = 0

    async def pass_time(self) -> None:
        """Let every lease run out, with nobody's lock in the way."""
        self.begun += 1
        async with self.database.transaction() as session:
            ahead = text("SELECT setval('stand.ahead', last_value + :seconds) FROM stand.ahead")
            await session.execute(ahead, {"seconds": int(SECONDS) + 1})
        self.ended += 1

    @property
    def heard(self) -> int:
        """How many jumps had begun when whoever acts got the answer to their last statement."""
        return _actor().heard

    def right(self, known: int, what: str) -> None:
        """See that what was just done under a lease was asked for in its time.

        `known` is what was `heard` when it was last known to be good. Raises WrongError.
        """
        if known < _actor().asked:
            raise WrongError(f"wrong: {what} that had run out")

    def act(self, acts: Coroutine[Any, Any, None]) -> Actor:
        """Let somebody act, step by step."""
        actor = Actor(self, acts)
        self.actors.append(actor)
        return actor

    @contextlib.contextmanager
    def without(self, rule: Rule) -> Iterator[None]:
        """Leave a rule out of what is sent."""
        self.left_out = rule
        try:
            yield
        finally:
            self.left_out = None

    async def settle(self, actor: Actor) -> None:
        """Wait until all have come to their next pause, or wait for another's lock."""
        while moving := [one for one in self.actors if not one.pauses.is_set()]:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BLOCKED_SECONDS):
                    await (actor if actor in moving else moving[0]).pauses.wait()
                    continue
            if await self._waiting() >= len(moving):
                return

    async def _waiting(self) -> int:
        """How many wait for another's lock."""
        async with self.database.transaction() as session:
            query = "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE wait_event_type = 'Lock' "
            return int((await session.execute(text(f"{query} AND datname = current_database()"))).scalar_one())

    async def end(self) -> None:
        """Have all give up where they stand; what they have not committed is gone."""
        actors, self.actors = self.actors, []
        for actor in actors:
            await actor.end()

    def sent(self, statement: str) -> str:
        """What is sent to the server: the product's statement, where no rule of it is left out."""
        rule = self.left_out
        if rule is None or re.search(rule.of, statement) is None:
            return statement
        changed, count = re.subn(rule.right, rule.wrong, statement)
        assert count, f"{rule.right} is not in {statement}"
        return changed


class Actor:
    """Somebody who makes a step whenever it is their turn, unless they still wait in the one before."""

    def __init__(self, stand: Stand, acts: Coroutine[Any, Any, None]) -> None:
        self._stand = stand
        self._turn = asyncio.Event()
        self.pauses = asyncio.Event()
        self.asked = self.heard = 0
        """How many jumps had ended when the last statement was sent, and had begun when it was answered."""
        self._task = asyncio.create_task(self._act(acts))
        self._task.add_done_callback(lambda _: self.pauses.set())

    async def _act(self, acts: Coroutine[Any, Any, None]) -> None:
        _ACTING.set(self)
        await acts

    async def pause(self) -> None:
        """Wait for the next turn, at one of a few statements."""
        if self._stand.chance.randrange(GO_ON):
            return
        self.pauses.set()
        await self._turn.wait()
        self._turn.clear()

    async def step(self) -> None:
        """Go on to the next pause, or until another's lock is in the way. Raises what the step did."""
        if self.pauses.is_set() and not self._task.done():
            self.pauses.clear()
            self._turn.set()
        await self._stand.settle(self)
        if self._task.done():
            self._task.result()

    async def end(self) -> None:
        """Give up."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, DBAPIError, WrongError):
            await self._task


@contextlib.asynccontextmanager
async def stand_on(postgres: TestServer) -> AsyncIterator[Stand]:
    """A database for actors."""
    with postgres.database() as name:
        with psycopg.connect(postgres.url(OWNER, name)) as link:
            link.execute(_SCHEMA)
        url = driver_url(postgres.settings(name).application)
        engine = create_async_engine(url, pool_size=ACTORS + 2, connect_args={"options": _OPTIONS})
        stand = Stand(Database(engine))

        def before_statement(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
            if (actor := _ACTING.get()) is not None:
                await_only(actor.pause())
                actor.asked = stand.ended
            return stand.sent(statement), parameters

        def after_statement(*_: Any) -> None:
            if (actor := _ACTING.get()) is not None:
                actor.heard = stand.begun

        def before_commit(_: Any) -> None:
            if (actor := _ACTING.get()) is not None:
                await_only(actor.pause())

        event.listen(engine.sync_engine, "before_cursor_execute", before_statement, retval=True)
        event.listen(engine.sync_engine, "after_cursor_execute", after_statement)
        event.listen(engine.sync_engine, "commit", before_commit)
        yield stand
        await engine.dispose()


def _actor() -> Actor:
    actor = _ACTING.get()
    assert actor is not None
    return actor


async def note(session: AsyncSession, key: str, epoch: int, holder: UUID, writer: int) -> None:
    """Write down who wrote under a lease, for the triggers."""
    values = {"key": key, "epoch": epoch, "holder": holder, "writer": writer}
    await session.execute(text("INSERT INTO stand.written VALUES (:key, :epoch, :holder, :writer)"), values)
