"""Several deployments that stand in for each other: which is asked first, and who takes over (7.2)."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from talkwright.engine.llm.client import DeploymentClient, Refused, is_loaded, load
from talkwright.engine.llm.port import Completion, Message, ModelFailed, OnText
from talkwright.engine.llm.settings import FASTEST, LEAST_BUSY, Group
from talkwright.engine.ports import Random

RESTS = 10.0
"""Seconds for which a deployment that failed is asked only where no other is left."""
_SHORTEST_TRY = 0.5
_KEEPS = 0.8  # of the old average, when a new time comes in

Answer = TypeVar("Answer")


@dataclass
class _Member:
    """One deployment and what is known of it."""

    client: DeploymentClient
    busy: int = 0
    average: float = 0.0
    rests_until: float = 0.0


class ModelGroup:
    """A LanguageModel of one or more deployments. One deadline covers all tries."""

    def __init__(self, group: Group, *, rng: Random | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.group = group
        self._members = [_Member(DeploymentClient(deployment)) for deployment in group.deployments]
        self._rng: Random = rng if rng is not None else random.SystemRandom()
        self._clock = clock

    async def complete(
        self, messages: Sequence[Message], *, seconds: float, on_text: OnText | None = None
    ) -> Completion:
        """The first answer that comes; once a piece was passed on, nobody else is asked. Raises ModelFailed."""
        told = False

        async def passed_on(text: str) -> None:
            nonlocal told
            told = True
            assert on_text is not None  # noqa: S101 - passed only where there is one
            await on_text(text)

        def ask(client: DeploymentClient, left: float) -> Awaitable[Completion]:
            return client.complete(messages, seconds=left, on_text=None if on_text is None else passed_on)

        answer, faults = await self._first(ask, seconds, lambda: told)
        return replace(answer, faults=faults) if faults else answer

    async def embed(self, texts: Sequence[str], *, seconds: float) -> list[list[float]]:
        """One vector for each text. Raises ModelFailed."""
        vectors, _ = await self._first(lambda client, left: client.embed(texts, seconds=left), seconds, lambda: False)
        return vectors

    async def close(self) -> None:
        """Close all connections."""
        for member in self._members:
            await member.client.close()

    async def _first(
        self,
        ask: Callable[[DeploymentClient, float], Awaitable[Answer]],
        seconds: float,
        is_final: Callable[[], bool],
    ) -> tuple[Answer, tuple[str, ...]]:
        """An answer, and why the tries before it gave none."""
        if not is_loaded():
            await asyncio.to_thread(load)  # takes a second, once, and is nobody's delay but the first one's
        deadline = self._clock() + seconds
        faults: list[str] = []
        tries = self._order()
        if len(tries) == 1:
            tries *= 2  # a lone deployment gets a second chance
        for number, member in enumerate(tries):
            left = (deadline - self._clock()) / (len(tries) - number)
            if left <= 0 or (faults and left < _SHORTEST_TRY):
                break
            try:
                return await self._try(member, ask, left), tuple(faults)
            except ModelFailed as fault:
                faults.append(str(fault))
                if is_final() or (isinstance(fault, Refused) and len(self._members) == 1):
                    break
        raise ModelFailed(" ".join(dict.fromkeys(faults)) or "No time was left to ask the model.")

    async def _try(
        self, member: _Member, ask: Callable[[DeploymentClient, float], Awaitable[Answer]], left: float
    ) -> Answer:
        member.busy += 1
        started = self._clock()
        try:
            async with asyncio.timeout(left):
                answer = await ask(member.client, left)
        except TimeoutError:
            member.rests_until = self._clock() + RESTS
            raise ModelFailed(f"{member.client.deployment.model} did not answer in time.") from None
        except ModelFailed:
            member.rests_until = self._clock() + RESTS
            raise
        finally:
            member.busy -= 1
        took = self._clock() - started
        member.average = took if member.average == 0 else _KEEPS * member.average + (1 - _KEEPS) * took
        member.rests_until = 0.0
        return answer

    def _order(self) -> list[_Member]:
        """Who is asked first; those that rest come last."""
        now = self._clock()

        def rank(member: _Member) -> tuple[Any, ...]:
            chance = self._rng.random()
            rests = member.rests_until > now
            if self.group.routing == LEAST_BUSY:
                return (rests, member.busy, chance)
            if self.group.routing == FASTEST:
                return (rests, member.average, chance)
            return (rests, chance)

        return sorted(self._members, key=rank)
