"""Plays cases with a bot and holds what happens against what they expect (dialogue-semantics 9.2)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from talkwright.engine.testing.e2e.assertions import EventMap, first_miss, same, shown
from talkwright.engine.testing.e2e.cases import ANY, USER, Case, Step


class Conversation(Protocol):
    """One conversation with a bot."""

    async def begin(self) -> Sequence[EventMap]:
        """Set the case's fixtures; gives what the session began with."""
        ...

    async def say(self, text: str, metadata: Mapping[str, Any]) -> Sequence[EventMap]:
        """Say what the case's next user step says; gives the turn's events."""
        ...


class Bot(Protocol):
    """Who the cases are played with."""

    def conversation(self, case: Case) -> Conversation:
        """A new conversation for a case."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """What a user step led to."""

    step: Step
    events: Sequence[EventMap]


@dataclass(frozen=True, slots=True)
class Miss:
    """The expectation that was not met: `expected` as written, `why` in words, `kind` of the assertion or step."""

    step: Step
    kind: str
    expected: str
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case went, with its turns up to its end or its first miss; `held` counts assertions that held by kind."""

    case: Case
    turns: Sequence[Turn]
    miss: Miss | None
    held: Mapping[str, int]

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return self.miss is None


async def play_all(
    bot: Bot, cases: Sequence[Case], *, at_once: int = 1, fail_fast: bool = False
) -> AsyncIterator[Outcome]:
    """Play cases and give their outcomes in order, `at_once` conversations at a time."""
    free = asyncio.Semaphore(at_once)

    async def one(case: Case) -> Outcome:
        async with free:
            return await play(bot, case)

    tasks = [asyncio.create_task(one(case)) for case in cases]
    try:
        for task in tasks:
            outcome = await task
            yield outcome
            if fail_fast and not outcome.passed:
                return
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def play(bot: Bot, case: Case) -> Outcome:
    """Play one case up to its first miss."""
    conversation = bot.conversation(case)
    turns: list[Turn] = []
    held: Counter[str] = Counter()
    before = list(await conversation.begin())
    events: Sequence[EventMap] = before
    for step in case.steps:
        if step.kind == USER:
            said = await conversation.say(step.value, {**case.metadata, **step.metadata})
            events = [*before, *said] if not turns else said
            turns.append(Turn(step, events))
            miss = _asserted(step, events, held)
        else:
            miss = None if case.asserts else _missing(step, events)
        if miss is not None:
            return Outcome(case, turns, miss, held)
    return Outcome(case, turns, None, held)


def _asserted(step: Step, events: Sequence[EventMap], held: Counter[str]) -> Miss | None:
    missed = first_miss(step.assertions, events, in_order=step.in_order)
    index = len(step.assertions) if missed is None else missed[0]
    held.update(assertion.kind for assertion in step.assertions[:index])
    if missed is None:
        return None
    assertion = step.assertions[index]
    return Miss(step, assertion.kind, str(assertion), missed[1])


def _missing(step: Step, events: Sequence[EventMap]) -> Miss | None:
    """What a step of the old style expects and the turn's events don't hold."""
    bots = [event for event in events if event["event"] == "bot"]
    if step.kind == "bot":
        texts = [str(event.get("text") or "").strip() for event in bots]
        right, why = step.value.strip() in texts, f"It said {_all(texts)}."
    elif step.kind == "utter":
        names = [str((event.get("metadata") or {}).get("utter_action")) for event in bots]
        right, why = step.value in names, f"The bot sent {_all(names)}."
    else:
        return next((miss for name, value in step.value if (miss := _slot_miss(step, name, value, events))), None)
    return None if right else Miss(step, step.kind, f"{step.kind}: {step.value}", why)


def _slot_miss(step: Step, name: str, value: Any, events: Sequence[EventMap]) -> Miss | None:
    """For `slot_was_not_set` the last event counts: none, null, or (where a value is named) another one fits (9.3)."""
    got = [event.get("value") for event in events if event["event"] == "slot" and event.get("name") == name]
    if step.kind == "slot_was_set":
        right = bool(got) if value is ANY else any(same(one, value) for one in got)
    else:
        right = not got or (got[-1] is None if value is ANY else not same(got[-1], value))
    if right:
        return None
    words = name if value is ANY else f"{name} = {shown(value)}"
    return Miss(step, step.kind, f"{step.kind}: {words}", f"The slot {name} got {_all([shown(one) for one in got])}.")


def _all(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" if not word.startswith("'") else word for word in words) or "nothing"
