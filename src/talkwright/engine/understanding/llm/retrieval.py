"""Which flows a prompt tells of where there are many: those that are about what was said (7.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from talkwright.assistant.flows import CollectStep, Flow
from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.conversation.transcript import one_line, transcript
from talkwright.engine.dialogue.program import Program
from talkwright.engine.llm.port import LanguageModel
from talkwright.engine.understanding.llm.generator import Retrieval
from talkwright.engine.understanding.llm.prompting import allowed_values

_REMEMBERED_TURNS = 20
_AT_ONCE = 256
_INDEX_SECONDS = 60.0


class FlowRetrieval:
    """Chooses flows by the likeness of vectors. The flows' own are asked for once, with the first message."""

    def __init__(self, settings: Retrieval, model: LanguageModel) -> None:
        self._settings = settings
        self._model = model
        self._indexed: tuple[Program, tuple[str, ...], NDArray[np.float32]] | None = None
        self._indexing = asyncio.Lock()

    async def choose(
        self, program: Program, tracker: Tracker, text: str, among: Collection[str], *, seconds: float
    ) -> set[str]:
        """The flows to tell of: always included ones, those started lately, and the nearest. Raises ModelFailed."""
        names, vectors = await self._index(program)
        (query,) = await self._model.embed([self._query(tracker, text)], seconds=seconds)
        likeness = vectors @ _of_length_one(np.asarray([query], dtype=np.float32))[0]
        order = [names[index] for index in np.argsort(-likeness, kind="stable")]
        nearest = [name for name in order if name in among][: self._settings.flows]
        kept = {name for name in among if program.flows[name].always_include_in_prompt}
        return kept | started_lately(tracker).intersection(among) | set(nearest)

    def _query(self, tracker: Tracker, text: str) -> str:
        if self._settings.turns <= 1:
            return one_line(text)
        return transcript(tracker, text, lines=self._settings.turns - 1)

    async def _index(self, program: Program) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        async with self._indexing:  # many first messages ask for one index
            if self._indexed is None or self._indexed[0] is not program:
                flows = [flow for flow in program.flows.values() if not flow.is_pattern]
                texts = [flow_text(program, flow, with_slots=self._settings.slots) for flow in flows]
                vectors: list[list[float]] = []
                for start in range(0, len(texts), _AT_ONCE):
                    vectors += await self._model.embed(texts[start : start + _AT_ONCE], seconds=_INDEX_SECONDS)
                array = np.asarray(vectors, dtype=np.float32).reshape(len(flows), -1)
                self._indexed = program, tuple(flow.id for flow in flows), _of_length_one(array)
            return self._indexed[1:]


def _of_length_one(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)


def flow_text(program: Program, flow: Flow, *, with_slots: bool) -> str:
    """What a flow is about: name, description and, if wanted, what it asks for."""
    lines = [f"{flow.name}: {flow.description}"]
    for step in flow.steps if with_slots else ():
        if isinstance(step, CollectStep) and step.slot in program.slots:
            values = allowed_values(program.slots[step.slot])
            told = f" ({', '.join(map(str, values))})" if values else ""
            lines.append(f"{step.slot}{told}{f': {step.description}' if step.description else ''}")
    return "\n".join(lines)


def started_lately(tracker: Tracker) -> set[str]:
    """The flows that began in the last turns, which are likely to be spoken of again."""
    return set(_started(tracker.events_of_session()))


def _started(events: Sequence[ev.Event]) -> Iterator[str]:
    turns = 0
    for event in reversed(events):
        turns += event.type == ev.USER
        if turns > _REMEMBERED_TURNS:
            return
        if event.type == ev.FLOW_STARTED:
            yield str(event.get("flow_id"))
