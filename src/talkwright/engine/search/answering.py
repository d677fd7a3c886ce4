"""One question, one answer: what is looked up, and how it is said, with a language model or without (7.5)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.search_policy import POLICY
from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.conversation.transcript import one_line, transcript
from talkwright.engine import logs
from talkwright.engine.generation.templates import Shown, TemplateError, fill_prompt
from talkwright.engine.llm.group import ModelGroup
from talkwright.engine.llm.port import Completion, LanguageModel, ModelFailed
from talkwright.engine.ports import Hear, Piece, SearchAnswer, SearchFailed
from talkwright.engine.search.configuring import Generation, SearchSettings, read_search
from talkwright.engine.search.embedding import name_of
from talkwright.engine.search.extracting import extracted
from talkwright.engine.search.index import SearchIndex
from talkwright.engine.search.ranking import Hit, fitted, search
from talkwright.engine.search.saying import Saying

_SHOWN = 5  # passages that a model reads, and that a trace holds
_MOST_CHARACTERS = 10_000  # of all passages in a prompt
_LONGEST_MESSAGE = 1_000  # characters of one message in a query


@dataclass(frozen=True)
class _Written:
    """What an answer is written from, who hears its pieces, and where its cost and its prompt are told."""

    hits: Sequence[Hit]
    hear: Hear | None
    trace: dict[str, Any]
    prompts: list[dict[str, Any]] = field(default_factory=list)


class Search:
    """Answers from the documents of one model. Keeps nothing of conversations."""

    def __init__(
        self,
        assistant: Assistant,
        index: SearchIndex,
        settings: SearchSettings,
        *,
        model: LanguageModel | None = None,
        embeddings: LanguageModel | None = None,
    ) -> None:
        self._assistant = assistant
        self._index = index
        self.settings = settings
        self._model = model
        self._embeddings = embeddings

    def prepare(self, _: Assistant) -> None:
        """Build ahead what the first search needs."""
        self._index.prepare()
        search(self._index, ["hello"], most=1)

    async def answer(self, tracker: Tracker, *, hear: Hear | None = None) -> SearchAnswer:
        """The answer to what the user said last; `hear` is told the pieces of one that a model words.

        Raises SearchFailed.
        """
        started = time.perf_counter()
        messages = list(_messages(tracker, self.settings.messages))
        trace: dict[str, Any] = {"query": "\n".join(messages)}
        prompts: Sequence[Mapping[str, Any]] = ()
        hits = await self._found(messages, trace)
        trace |= {
            "results": [_told(hit) for hit in hits],
            "mode": "extractive" if self._model is None else "generative",
        }
        if self._model is None or self.settings.generation is None:
            text = self._extracted(hits, messages)
        else:
            hits = _within(hits)
            left = self.settings.seconds - (time.perf_counter() - started)
            written = _Written(hits, hear, trace)
            text = await self._generated(self._model, self.settings.generation, tracker, written, seconds=left)
            prompts = written.prompts
        trace["ms"] = round((time.perf_counter() - started) * 1000, 1)
        if text is None:
            return SearchAnswer(text=None, trace=trace, prompts=prompts)
        results = [hit.passage.whole for hit in hits]
        metadata = {"search_results": results, "search_query": trace["query"], "search": trace}
        return SearchAnswer(text=text, trace=trace, metadata=metadata, prompts=prompts)

    async def close(self) -> None:
        """Close all connections."""
        for model in (self._model, self._embeddings):
            if model is not None:
                await model.close()

    async def _found(self, messages: Sequence[str], trace: dict[str, Any]) -> list[Hit]:
        """The passages that count, best first. Where the project's embeddings fail, the index does without them."""
        vector = None
        if self._embeddings is not None and self._index.external is not None and messages:
            try:
                (vector,) = await self._embeddings.embed([" ".join(messages)], seconds=self.settings.seconds / 2)
            except ModelFailed as fault:
                trace["embeddings_failed"] = str(fault)
        hits = search(self._index, messages, most=_SHOWN, external=vector)
        return [hit for hit in hits if self._counts(hit)]

    def _counts(self, hit: Hit) -> bool:
        """Whether a passage is near enough: a model judges for itself, without one our own least score holds too."""
        if hit.likeness is not None and self.settings.threshold > 0:
            return hit.likeness >= self.settings.threshold
        floor = fitted().floor if self._model is None else 0.0
        return hit.score >= max(self.settings.threshold, floor)

    def _extracted(self, hits: Sequence[Hit], messages: Sequence[str]) -> str | None:
        if not hits:
            return None
        text = extracted(self._index, hits[0].passage, messages)
        return f"{text}\n[1] {hits[0].passage.source}" if self.settings.cites else text

    async def _generated(
        self, model: LanguageModel, generation: Generation, tracker: Tracker, written: _Written, *, seconds: float
    ) -> str | None:
        hits, hear, trace = written.hits, written.hear, written.trace
        if not hits:
            return None
        saying = Saying([hit.passage.source for hit in hits], self.settings.cites)

        async def heard(piece: str) -> None:
            told = saying.take(piece)
            if told and hear is not None:
                hear(Piece(text=told))

        try:
            prompt = fill_prompt(generation.template, self._variables(generation, hits, tracker))
            asked = [{"role": "user", "content": prompt}]
            if hear is None:
                answer = await model.complete(asked, seconds=seconds)
                saying.take(answer.text)
            else:
                answer = await model.complete(asked, seconds=seconds, on_text=heard)
        except (ModelFailed, TemplateError) as fault:
            logs.warning("search_failed", sender_id=tracker.sender_id, reason=str(fault))
            raise SearchFailed(str(fault), said=saying.said, trace=trace | {"failed": str(fault)}) from fault
        rest = saying.end()
        if rest and hear is not None:
            hear(Piece(text=rest))
        trace |= _cost(answer)
        written.prompts.append(answer.recorded(POLICY, "enterprise_search_prompt", prompt))
        return None if saying.empty else saying.said or None

    def _variables(self, generation: Generation, hits: Sequence[Hit], tracker: Tracker) -> dict[str, Any]:
        """What a template may name (7.5); `docs` read as their texts, too."""
        slots = self._assistant.domain.slots
        return {
            "docs": [_doc(hit) for hit in hits],
            "slots": [
                {"name": name, "value": one_line(str(value)), "type": slots[name].type}
                for name, value in tracker.slots.items()
                if value is not None and name in slots and not slots[name].builtin
            ],
            "current_conversation": transcript(tracker, lines=generation.lines),
            "citation_enabled": self.settings.cites,
            "check_relevancy": generation.checks_relevancy,
        }


def make_search(
    assistant: Assistant,
    index: SearchIndex | None,
    *,
    with_models: bool,
    environment: Mapping[str, str] | None = None,
) -> tuple[Search | None, list[str]]:
    """The search of a project, None where it has none or nothing to search, and notices for whoever runs the bot."""
    settings, notices = read_search(assistant, with_models=with_models, environment=environment)
    if settings is None:
        return None, notices
    if index is None:
        return None, ["The model holds no documents, so questions find nothing. Add some and train again."]
    model = ModelGroup(settings.generation.group) if settings.generation is not None else None
    fits = settings.embeddings is not None and index.external is not None
    if fits and settings.embeddings is not None and index.external is not None:
        fits = name_of(settings.embeddings) == index.external.model
    embeddings = ModelGroup(settings.embeddings) if fits and settings.embeddings is not None else None
    return Search(assistant, index, settings, model=model, embeddings=embeddings), notices


def _messages(tracker: Tracker, most: int) -> Iterator[str]:
    """What the user said last in this session, newest first; payloads say nothing."""
    for event in reversed(tracker.events_of_session()):
        text = event.text_of("text") if event.type == ev.USER else None
        if text and text.strip() and not text.lstrip().startswith("/"):
            yield one_line(text)[:_LONGEST_MESSAGE]
            most -= 1
            if most == 0:
                return


def _within(hits: Sequence[Hit]) -> list[Hit]:
    """The best passages that a prompt has room for."""
    kept: list[Hit] = []
    room = _MOST_CHARACTERS
    for hit in hits:
        room -= len(hit.passage.whole)
        if room < 0 and kept:
            break
        kept.append(hit)
    return kept


def _doc(hit: Hit) -> Shown:
    passage = hit.passage
    told = {"text": passage.whole, "source": passage.source, "heading": passage.heading}
    return Shown({**told, "metadata": {"source": passage.source}, "score": round(hit.score, 3)}, passage.whole)


def _told(hit: Hit) -> dict[str, Any]:
    told: dict[str, Any] = {"source": hit.passage.source, "heading": hit.passage.heading, "score": round(hit.score, 3)}
    return told if hit.likeness is None else {**told, "likeness": round(hit.likeness, 3)}


def _cost(answer: Completion) -> dict[str, Any]:
    told = answer.told()
    return {"llm_ms": told.pop("ms"), **told}
