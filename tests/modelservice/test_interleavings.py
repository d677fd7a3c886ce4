"""Orchestrators, consumers and backends that pause and go on anywhere: none ever does what a lease forbids.

Each schedule is a row of turns, of one of the actors or of the clock. Every rule in the statements is left out once,
and the schedules find that.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from tests.modelservice.paused import SECONDS, Rule, Stand, WrongError, note, stand_on
from tests.modelservice.stand import new_training
from tests.services.postgres import TestServer

from talkwright.database import attempts, chats, moves, workers
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.leases import hold_chat, let_go_of_chat
from talkwright.database.tables import assistants, chat_events, chat_messages, trainings, transitions
from talkwright.database.work import HeldAttempt, OpenWork, held_attempts, open_work
from talkwright.modelservice.keeper import Keeper
from talkwright.modelservice.leases import Held, Lease, LeaseLostError, Leases
from talkwright.modelservice.transitions import Outcome

pytestmark = pytest.mark.anyio

TURNS, SCHEDULES = 60, 8
JUMPS = 6
"""One of so many turns is the clock's."""


@pytest.fixture(scope="module")
async def stand(postgres: TestServer) -> AsyncIterator[Stand]:
    async with stand_on(postgres) as stand:
        yield stand


@dataclass
class Scene:
    """What a schedule is about: a training, and a chat of its assistant."""

    stand: Stand
    training: UUID
    assistant: UUID
    chat: UUID

    async def look(self) -> OpenWork:
        """The training as an orchestrator sees it."""
        async with self.stand.database.transaction() as session:
            return next(work for work in await open_work(session, "training") if work.id == self.training)

    async def move(self, session: AsyncSession, seen: OpenWork, target: str, **values: Any) -> bool:
        """Change the training's state from the one that was seen."""
        what: Mapping[str, Any] = {"sources": {seen.state}, "target": target, "values": values}
        return await moves.move(session, "training", seen, who="an orchestrator", why="It is its turn.", **what)

    async def changed_hands(self) -> bool:
        """Whether something came of the schedule; what is kept of it must be whole. Raises WrongError."""
        async with self.stand.database.transaction() as session:
            kept = select(transitions.c.source, transitions.c.target).where(transitions.c.work == self.training)
            states = list(await session.execute(kept.order_by(transitions.c.sequence)))
            turns = select(chat_messages.c.turn).where(chat_messages.c.chat == self.chat)
            events = select(chat_events.c.seq).where(chat_events.c.chat == self.chat)
            told = [list((await session.execute(query)).scalars()) for query in (turns, events)]
            talked = await chats.get_chat(session, self.assistant, self.chat)
            await session.execute(delete(assistants).where(assistants.c.id == self.assistant))
        if any(before.target != after.source for before, after in pairwise(states)):
            raise WrongError(f"wrong: a state was left that was not there: {states}")
        assert talked is not None
        for numbers, last in zip(told, (talked["turns"], talked["last_event"]), strict=True):
            if sorted(numbers) != list(range(1, last + 1)):
                raise WrongError(f"wrong: {numbers} are not the first {last}")
        return len(states) > 2 or talked["turns"] > 2


async def leads(scene: Scene, leases: Leases, writer: int) -> None:
    """An orchestrator's process, or one of two hands of the same; of its own clock it takes no notice.

    What it saw it still believes when it comes back after it lost its lease.
    """
    stand, lease, known, seen = scene.stand, None, 0, None
    while True:
        try:
            seen = seen or await scene.look()
            if lease is None:
                found = await leases.take(f"lead:{scene.training}")
                if isinstance(found, Held):
                    continue
                lease, known = replace(found, good_until=inf), stand.heard
            async with leases.fenced(lease) as session:
                stand.right(known, "a write under a lease")
                await note(session, lease.key, lease.epoch, lease.holder, writer)
                await scene.move(session, seen, "running" if seen.state == "queued" else "queued")
            seen = None
            lease = replace(await leases.renew(lease), good_until=inf)
            stand.right(known, "a lease was renewed")
            known = stand.heard
        except LeaseLostError:
            lease = None


async def directs(scene: Scene, consumers: list[UUID]) -> None:
    """The orchestrator that leads: gives the training's attempts to consumers, takes them from those that are gone."""
    while True:
        seen = await scene.look()
        worker = scene.stand.chance.choice(consumers)
        async with scene.stand.database.transaction() as session:
            if seen.state == "queued":
                if await scene.move(session, seen, "running", attempt=seen.number + 1):
                    await attempts.assign(session, "training", seen, worker, SECONDS)
            elif seen.attempt is not None and seen.lost and scene.stand.chance.random() < 0.6:
                await attempts.hand_over(session, seen.attempt, worker, SECONDS)
            elif seen.attempt is not None and seen.lost:
                if await attempts.close_lost(session, seen.attempt, uuid4()):
                    await scene.move(session, seen, "queued")
            elif seen.outcome is not None:
                await scene.move(session, seen, "queued")


async def keeps(scene: Scene, worker: UUID, writer: int) -> None:
    """A consumer: writes to the attempts that it holds, ends some, and renews all of them at once."""
    stand, database = scene.stand, scene.stand.database
    leases, known = Leases(database, worker, SECONDS), dict[tuple[UUID, int], int]()
    while True:
        async with database.transaction() as session:
            held = await held_attempts(session, worker)
            looked = stand.heard
        for attempt in held:
            known[attempt.id, attempt.epoch] = looked
            await _write(scene, leases, attempt, looked, writer)
        async with database.transaction() as session:
            renewed = await workers.beat(session, worker, SECONDS)
        for one in renewed or []:
            stand.right(known.get((one.attempt, one.epoch), stand.heard), "a lease was renewed")
            known[one.attempt, one.epoch] = stand.heard


async def _write(scene: Scene, leases: Leases, attempt: HeldAttempt, known: int, writer: int) -> None:
    lease = Lease(key=f"attempt:{attempt.id}", holder=leases.holder, epoch=attempt.epoch, good_until=inf)
    keeper = Keeper(attempt, lease, leases)

    async def act(session: AsyncSession) -> Mapping[str, Any]:
        scene.stand.right(known, "a write under a lease")
        await note(session, lease.key, lease.epoch, lease.holder, writer)
        return {}

    try:
        if scene.stand.chance.random() < 0.5:
            await keeper.end(Outcome.RELEASED, "The consumer stopped.", act=act)
        else:
            await keeper.save({"progress": 0.5}, act=act)
    except LeaseLostError:
        pass
    finally:
        keeper.close()


async def talks(scene: Scene, holder: UUID) -> None:
    """A backend's process that takes turn after turn of the chat, as long as no other has it."""
    stand, database, chat = scene.stand, scene.stand.database, scene.chat

    async def hold() -> bool:
        async with database.transaction() as session:
            return await hold_chat(session, chat, holder, SECONDS) is not None

    while True:
        asked = stand.ended
        if not await hold():
            continue
        async with database.transaction() as session:
            row = await chats.get_chat(session, scene.assistant, chat)
        assert row is not None
        if not await hold():
            if asked == stand.begun:
                raise WrongError("wrong: a chat was not renewed by who holds it")
            continue
        message, event = str(uuid4()), chats.NewEvent(type="user", timestamp=0.0, body="{}")
        try:
            async with database.transaction() as session:
                await chats.append_turn(
                    session, row, message=message, kind="message", request={}, answer={}, events=[event, event],
                    deployment=uuid4(), attempt=uuid4(), model="m", state="{}", title="", began=row["created_at"],
                )  # fmt: skip
        except chats.ChatMovedError:
            continue
        async with database.transaction() as session:
            await let_go_of_chat(session, chat, holder, in_order=stand.chance.random() < 0.7)


Cast = Callable[[Scene], Awaitable[None]]


async def orchestrators(scene: Scene) -> None:
    """Two of them, of which one has two hands."""
    both = [Leases(scene.stand.database, uuid4(), SECONDS) for _ in range(2)]
    for writer, leases in enumerate([*both, both[0]]):
        scene.stand.act(leads(scene, leases, writer))


async def consumers(scene: Scene) -> None:
    """Two of them, and who leads them."""
    both = [uuid7(), uuid7()]
    async with scene.stand.database.transaction() as session:
        for worker in both:
            await workers.register_worker(session, worker, "training-consumer", host="h", process=1, lease_seconds=60)
    scene.stand.act(directs(scene, both))
    for writer, worker in enumerate(both):
        scene.stand.act(keeps(scene, worker, writer))


async def backends(scene: Scene) -> None:
    """Three of them."""
    for _ in range(3):
        scene.stand.act(talks(scene, uuid4()))


CASTS: Mapping[str, Cast] = {cast.__name__: cast for cast in (orchestrators, consumers, backends)}


async def play(stand: Stand, cast: str, seed: int) -> bool:
    """Play one schedule; says whether something came of it. Raises what was done wrongly."""
    chance, training, chat = random.Random(seed), await new_training(stand.database), uuid7()
    async with stand.database.transaction() as session:
        found = select(trainings.c.assistant).where(trainings.c.id == training)
        assistant = (await session.execute(found)).scalar_one()
        await chats.insert_chat(session, chat, assistant=assistant, language="en", by=SYSTEM_USER)
    stand.chance = chance
    scene = Scene(stand, training, assistant, chat)
    try:
        await CASTS[cast](scene)
        for _ in range(TURNS):
            if chance.randrange(JUMPS) == 0:
                await stand.pass_time()
                continue
            await chance.choice(stand.actors).step()
    finally:
        await stand.end()
    return await scene.changed_hands()


async def play_all(stand: Stand, cast: str, schedules: int) -> int:
    """Play so many schedules; says of how many something came."""
    return sum([await play(stand, cast, seed) for seed in range(schedules)])


@pytest.mark.parametrize("cast", CASTS)
async def test_no_schedule_lets_anybody_do_what_a_lease_forbids(stand: Stand, cast: str) -> None:
    assert await play_all(stand, cast, SCHEDULES) >= SCHEDULES / 4, "the schedules are too tame to show anything"


RUN_OUT = r"(l\.)?expires_at (<=|>) clock_timestamp\(\)"
EPOCH, NEXT_EPOCH = r"AND epoch = \S+", r"l\.epoch \+ 1"
TAKE, TAKE_OVER, HOLD = "WITH taken", r"a\.epoch \+ 1", r"l\.holder = \S+ OR"
RENEW = r"^\s*UPDATE studio\.leases SET expires_at"
FENCE = r"FROM studio\.leases\s+WHERE[^;]*FOR UPDATE"
MOVE, TURN = r"UPDATE studio\.trainings SET", r"UPDATE studio\.chats SET"
RULES: Mapping[str, Mapping[str, Rule]] = {
    "orchestrators": {
        "who takes a lease waits for its end": Rule(TAKE, f"WHERE {RUN_OUT}"),
        "each taking has an epoch of its own": Rule(TAKE, NEXT_EPOCH, "l.epoch"),
        "who writes locks the lease": Rule(FENCE, "FOR UPDATE"),
        "who writes has the lease": Rule(FENCE, rf"AND holder = \S+ {EPOCH}"),
        "who writes has its epoch": Rule(FENCE, EPOCH),
        "nobody writes after its end": Rule(FENCE, f"AND {RUN_OUT}"),
        "who renews has its epoch": Rule(RENEW, EPOCH),
        "nobody renews after its end": Rule(RENEW, f"AND {RUN_OUT}"),
        "a state is left where it is": Rule(MOVE, r"AND studio\.trainings\.state IN \((\([^)]*\)|[^()])*\)"),
    },
    "consumers": {
        "each taking over has an epoch of its own": Rule(TAKE_OVER, NEXT_EPOCH, "l.epoch"),
        "nobody writes after the lease's end": Rule(FENCE, f"AND {RUN_OUT}"),
    },
    "backends": {
        "who takes a chat waits for the lease's end": Rule(HOLD, RUN_OUT, "true"),
        "who holds a chat may go on": Rule(HOLD, r"l\.holder = \S+ OR "),
        "a turn follows the one before": Rule(TURN, r"AND studio\.chats\.(turns|last_event) = \S+"),
    },
}


@pytest.mark.slow
@pytest.mark.parametrize(("cast", "rule"), [(cast, rule) for cast, rules in RULES.items() for rule in rules])
async def test_the_schedules_find_each_rule_that_is_left_out(stand: Stand, cast: str, rule: str) -> None:
    without = stand.without(RULES[cast][rule])
    with without, pytest.raises((DBAPIError, WrongError), match=r"wrong: |duplicate key"):
        await play_all(stand, cast, 10 * SCHEDULES)
