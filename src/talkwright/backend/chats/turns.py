"""One turn of a chat: under the chat's lock, with the model that has the talk now, written before it is answered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.problems import Problem
from talkwright.backend.chats.bots import (
    BotCutError,
    BotFailedError,
    BotGoneError,
    BotMovedError,
    Bots,
    BotSlowError,
    Standing,
)
from talkwright.backend.chats.fitting import unfitting
from talkwright.backend.chats.placing import place_state, place_turn
from talkwright.backend.context import Services
from talkwright.backend.errors import ProblemError, not_found
from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event
from talkwright.conversation.fold import State, dump_state, fold_all, load_state, new_state, view
from talkwright.conversation.timeline import Timeline
from talkwright.database import chats as repository
from talkwright.database.announcements import Listener, Subscription
from talkwright.database.chats import ChatMovedError, NewEvent
from talkwright.database.deployments import Bot, Talk, ask_to_wake, talk_of, version_of_deployment
from talkwright.database.engine import UNAVAILABLE
from talkwright.database.leases import Taken, hold_chat, let_go_of_chat
from talkwright.database.versions import newest_with_model
from talkwright.identity.audit import Origin, record
from talkwright.operations import metrics

WAIT_SECONDS = 30.0
"""So long a message waits for a model that takes it, and once more where that ends in the middle."""
LOOK_SECONDS = 0.2
AGAIN_SECONDS = 1.0
"""A model that could not be reached is asked again after so long where nothing is announced."""
MOST_CUTS = 1
"""So often a turn is taken again after its model ended in the middle of it."""
LOCK_SECONDS = 15.0
TITLE_CHARACTERS = 80
NEW_SESSION = "/session_start"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the person says in this turn; `kind` is `message` or `restart`."""

    id: str
    text: str
    title: str | None = None
    kind: str = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a turn begins: the fold's state, and what must be said because another model goes on."""

    state: State
    notice: str | None


@dataclass(slots=True)
class Hold:
    """The right to take a chat's turn. `is_lost` is set when another process has taken the chat over.

    `is_ahead`: the model may have heard what no row tells, from a turn that was cut or could not be written.
    """

    is_ahead: bool
    is_lost: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """Takes turns of chats with running models."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._bots = services.get(Bots)
        self._listener = services.get(Listener)

    async def take(self, assistant: UUID, chat: UUID, said: Said, origin: Origin) -> Mapping[str, Any]:
        """Say something and give the answer {turn, state}; a repeated message gets the stored one.

        A turn that is cut by the end of the model is taken once more with its successor, which first gets the chat's
        events, so that it answers at the same question; it may run its custom actions again. Raises ProblemError where
        no model runs, none comes in time, or the message ends the second one too.
        """
        began = time.monotonic()
        try:
            answer = await self._take(assistant, chat, said, origin)
        except ProblemError as error:
            metrics.TURNS.labels(outcome=error.code).inc()
            raise
        metrics.TURNS.labels(outcome="answered").inc()
        metrics.TURN_SECONDS.observe(time.monotonic() - began)
        return answer

    async def _take(self, assistant: UUID, chat: UUID, said: Said, origin: Origin) -> Mapping[str, Any]:
        until = time.monotonic() + WAIT_SECONDS
        cut = moved = 0
        async with self._locked(chat) as hold, self._news(assistant) as news:
            while True:
                row, stored = await self._where(assistant, chat, said)
                if stored is not None:
                    return stored
                bot = await self._bot(assistant, str(row["environment"]), until, news)
                try:
                    with _in_words():
                        return await self._turn(row, bot, said, origin, hold)
                except ChatMovedError:
                    return await self._answer_elsewhere(assistant, chat, said)
                except BotGoneError as error:
                    if isinstance(error, BotCutError):
                        cut += 1
                        if cut > MOST_CUTS:
                            raise _cut() from None
                        until = time.monotonic() + WAIT_SECONDS  # how long the turn went on is no time of waiting
                    elif time.monotonic() > until:
                        raise _starting(None) from None
                    moved += isinstance(error, BotMovedError)
                    if moved != 1 or not isinstance(error, BotMovedError):  # else the rows know better already
                        await news.wait(AGAIN_SECONDS)

    async def _answer_elsewhere(self, assistant: UUID, chat: UUID, said: Said) -> Mapping[str, Any]:
        """What another process answered to this very message; raises 409 where it took another one."""
        _, stored = await self._where(assistant, chat, said)
        if stored is None:
            raise _moved()
        return stored

    @contextlib.asynccontextmanager
    async def _locked(self, chat: UUID) -> AsyncIterator[Hold]:
        """Hold the chat: a second turn waits until the first has ended.

        Among this process's turns by a lock, across processes by a lease, which is let go of when the process is seen
        to have died.
        """
        async with contextlib.AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await stack.enter_async_context(self._bots.lock(chat))
                    while (taken := await self._take_lease(chat)) is None:  # noqa: ASYNC110 - nobody tells of the other process's end
                        await asyncio.sleep(LOOK_SECONDS)
            except TimeoutError:
                raise ProblemError(
                    409, "chat-busy", "The chat is busy", "An earlier message is still being answered. Try again."
                ) from None
            hold = Hold(is_ahead=taken is not Taken.IN_ORDER)
            if hold.is_ahead:
                self._bots.standing.forget(chat)
            keeping = asyncio.create_task(self._keep(chat, hold))
            try:
                yield hold
            finally:
                keeping.cancel()
                await asyncio.gather(keeping, return_exceptions=True)
                with contextlib.suppress(*UNAVAILABLE):  # it runs out by itself, and what was answered is answered
                    async with self._services.transaction() as session:
                        await let_go_of_chat(session, chat, self._bots.holder, in_order=not hold.is_ahead)

    async def _take_lease(self, chat: UUID) -> Taken | None:
        async with self._services.transaction() as session:
            return await hold_chat(session, chat, self._bots.holder, LOCK_SECONDS)

    async def _keep(self, chat: UUID, hold: Hold) -> None:
        while not hold.is_lost.is_set():
            await asyncio.sleep(LOCK_SECONDS / 3)
            with contextlib.suppress(*UNAVAILABLE):  # the next time
                if await self._take_lease(chat) is None:
                    hold.is_lost.set()

    async def _where(self, assistant: UUID, chat: UUID, said: Said) -> tuple[Row, Mapping[str, Any] | None]:
        async with self._services.transaction() as session:
            row = await repository.get_chat(session, assistant, chat)
            if row is None:
                raise not_found("chat")
            return row, await repository.stored_answer(session, chat, said.id)

    @contextlib.asynccontextmanager
    async def _news(self, assistant: UUID) -> AsyncIterator[Subscription]:
        """What wakes a turn that waits for a model: whatever is announced of the assistant."""
        news = self._listener.subscribe([assistant])
        try:
            yield news
        finally:
            self._listener.unsubscribe(news)

    async def _bot(self, assistant: UUID, environment: str, until: float, news: Subscription) -> Bot:
        """The model that has the talk; waits for one that is on its way, and wakes one that sleeps."""
        while True:
            async with self._services.transaction() as session:
                talk = await talk_of(session, assistant, environment)
            if talk.bot is not None:
                return talk.bot
            if not talk.coming:
                async with self._services.transaction() as session:
                    if talk.asleep is None:
                        raise _nothing_runs(talk, await newest_with_model(session, assistant))
                    await ask_to_wake(session, assistant, talk.asleep)
            if not await news.wait(until - time.monotonic()):
                raise _starting(talk.reason)

    async def _turn(self, row: Row, bot: Bot, said: Said, origin: Origin, hold: Hold) -> Mapping[str, Any]:
        """Raises ChatMovedError where another process took the chat over; before the message is said, if it can."""
        began = datetime.now(UTC)
        ground = await self._stand(row, bot)
        if hold.is_lost.is_set():
            raise ChatMovedError
        metadata: dict[str, Any] = {"message_id": said.id, "language": row["language"]}
        if said.title is not None:
            metadata["button_title"] = said.title
        # From here until the turn is stored the model is ahead of the chat: what fails meanwhile must put it back.
        self._bots.standing.forget(row["id"])
        hold.is_ahead = True
        events = await self._bots.say(bot, row["id"], said.text, metadata)
        state, answer = answered(ground, events, bot)
        async with self._services.transaction() as session:
            places = await self._bots.places.of(session, [bot.model_id])
            place_turn(answer["turn"], places[bot.model_id])
            place_state(answer["state"], places[bot.model_id])
            await repository.append_turn(
                session,
                row,
                message=said.id,
                kind=said.kind,
                request={"text": said.text, "title": said.title},
                answer=answer,
                events=events,
                deployment=bot.deployment,
                attempt=bot.attempt,
                model=bot.model_id,
                state=dump_state(state),
                title=(said.title or said.text)[:TITLE_CHARACTERS] if said.kind == "message" else "",
                began=began,
            )
            await record(session, origin, f"chats.{said.kind}", assistant=row["assistant"], target=row["id"])
        self._bots.standing.put(row["id"], Standing(bot.attempt, row["last_event"] + len(events)))
        hold.is_ahead = False
        return answer

    async def _stand(self, row: Row, bot: Bot) -> Ground:
        """Make the model stand where the chat stands: put the chat's events to it unless it surely has them."""
        state = await self._state(row)
        if state is not None and self._bots.standing.get(row["id"]) == Standing(bot.attempt, row["last_event"]):
            return Ground(state=state, notice=None)
        async with self._services.transaction() as session:
            bodies = [body for _, body in await repository.event_bodies(session, row["id"])]
            is_other = state is not None and await _is_another(session, row["deployment"], bot)
            misfits = await unfitting(session, bot.version, state) if state is not None and is_other else []
        tracker = await self._bots.put_conversation(bot, row["id"], bodies)
        if state is None:
            slots = tracker.get("slots")
            return Ground(state=new_state(slots if isinstance(slots, dict) else None), notice=None)
        words = [f"{bot.version_name} answers from here on.", *misfits] if is_other else []
        return Ground(state=state, notice=" ".join(words) or None)

    async def _state(self, row: Row) -> State | None:
        async with self._services.transaction() as session:
            return await state_of(session, row)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """Tell what a model did with a message that nobody but a person sends it again."""
    try:
        yield
    except BotSlowError:
        raise _slow() from None
    except BotFailedError as error:
        raise ProblemError(
            503, "engine-failed", "The assistant failed at this message", f"{error} Try again."
        ) from error


async def _is_another(session: AsyncSession, former: UUID | None, bot: Bot) -> bool:
    """Whether another version goes on with a chat than before; one that merely started again is none."""
    if former in (None, bot.deployment):
        return False
    return await version_of_deployment(session, former) != bot.version


async def state_of(session: AsyncSession, row: Row) -> State | None:
    """Where a chat stands; made anew from its events where an earlier release wrote it in another form."""
    if not row["state"]:
        return None
    try:
        return load_state(row["state"])
    except ValueError:
        bodies = [body for _, body in await repository.event_bodies(session, row["id"])]
        return await asyncio.to_thread(lambda: fold_all(new_state(), readable(bodies))[0])


def answered(ground: Ground, events: list[NewEvent], bot: Bot) -> tuple[State, dict[str, Any]]:
    """The state after the turn and the answer for the page."""
    state, changes = fold_all(ground.state, readable(event.body for event in events))
    lines = Timeline()
    lines.add(changes)
    turns = [turn.to_dict() for turn in lines.turns.values()]
    turn: dict[str, Any] = turns[-1] if turns else {"number": state.turn, "session": state.session, "entries": []}
    for earlier in reversed(turns[:-1]):
        turn["entries"] = [*earlier["entries"], *turn["entries"]]
    turn |= {"model": {"id": bot.model_id, "version": bot.version_name}, "notice": ground.notice}
    return state, {"turn": turn, "state": view(state)}


def readable(bodies: Any) -> list[Event]:
    """The events that can be read."""
    return [event for body in bodies if not isinstance(event := decode(body), Problem)]


def _nothing_runs(talk: Talk, trained: int | None) -> ProblemError:
    detail = "Train the assistant; it runs as soon as the training has succeeded."
    if trained is not None:
        detail = f"Version {trained} is trained: run it, then say it again."
    if talk.reason is not None:
        detail = f"{talk.reason} {detail}"
    return ProblemError(409, "no-deployment", "No version of this assistant runs", detail)


def _moved() -> ProblemError:
    detail = "Another message was answered meanwhile, and this one is not part of the chat. Look at it, then go on."
    return ProblemError(409, "chat-moved", "The chat went on elsewhere", detail)


def _cut() -> ProblemError:
    detail = "It ended twice while it answered your message. See what came of it before you send it again."
    return ProblemError(503, "engine-failed", "The assistant failed at this message", detail)


def _slow() -> ProblemError:
    detail = "It may act on your message still: see what came of it before you send it again."
    return ProblemError(504, "engine-slow", "The assistant has not answered in time", detail)


def _starting(reason: str | None) -> ProblemError:
    detail = "It was not ready in time. Your message is not lost: send it again in a moment."
    return ProblemError(
        503,
        "engine-starting",
        "The assistant is starting",
        f"{reason} {detail}" if reason else detail,
        headers={"Retry-After": "3"},
    )
