"""What a sentence asks for: a linear model over words, pieces of words and embeddings, run on plain arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from talkwright.engine.understanding.local.documents import NONE, Meaning
from talkwright.engine.understanding.local.gate import Gate, signs_of
from talkwright.engine.understanding.local.languages import in_english, language_of
from talkwright.engine.understanding.local.tagging import Tagger
from talkwright.engine.understanding.local.texts import words
from talkwright.engine.understanding.local.vectors import TextVector, Vectoriser

_TELLING = 3
_REMEMBERED = 4  # readings: one message is asked about several times in its turn
_REFUSED = 0.9  # the share of the threshold that the likeliest flow of a refused message is given at most


@dataclass(frozen=True, slots=True)
class Candidate:
    """One flow that the sentence might start, with its probability."""

    flow: str
    probability: float


@dataclass(frozen=True, slots=True)
class Intent:
    """One intent that the sentence might have, with its probability."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model makes of a text: a probability for each label, and whether the text is of the assistant's matters.

    `accepted` is None where the model has no gate and the probabilities must tell.
    """

    probabilities: NDArray[np.float64]
    accepted: bool | None


@dataclass(frozen=True)
class FlowClassifier:
    """The trained model. `sparse_weights` has a row per feature, `dense_weights` one per dimension.

    Columns are `labels`; each stands for what `meanings` says, and `NONE` for nothing of the assistant's. A probability
    below `threshold` starts no flow. The `tagger` finds entities, where examples mark enough of them.
    """

    labels: tuple[str, ...]
    meanings: tuple[Meaning, ...]
    vectoriser: Vectoriser
    sparse_weights: NDArray[np.float16]
    dense_weights: NDArray[np.float16]
    bias: NDArray[np.float32]
    temperature: float
    threshold: float
    gate: Gate | None
    default_language: str
    tagger: Tagger | None = None

    def prepare(self) -> None:
        """Load ahead what reading the first text needs."""
        if self.labels:
            self.vectoriser.read("hello hallo", self.default_language)

    @cached_property
    def knows_intents(self) -> bool:
        """Whether there are intents with examples."""
        return any(meaning.intent is not None for meaning in self.meanings)

    @cached_property
    def _none(self) -> int | None:
        return self.labels.index(NONE) if NONE in self.labels else None

    @cached_property
    def _remembering(self) -> Callable[[str, str], Reading | None]:
        return lru_cache(_REMEMBERED)(self._read)

    def read(self, text: str, language: str | None = None) -> Reading | None:
        """Probabilities of all labels; None where nothing of the text says anything."""
        return self._remembering(text, language or self.default_language)

    def _read(self, text: str, language: str) -> Reading | None:
        if not self.labels:
            return None
        vector = self.vectoriser.read(text, language)
        return None if vector.is_empty else self._weighed(vector)

    def _weighed(self, vector: TextVector) -> Reading:
        margins = vector.dense @ self.dense_weights.astype(np.float32) + self.bias
        if len(vector.numbers):
            margins = margins + vector.values @ self.sparse_weights[vector.numbers].astype(np.float32)
        odds = np.exp((margins - np.max(margins)) / self.temperature)
        accepted = None
        if self.gate is not None:
            none = self._none
            own = (margins if none is None else np.delete(margins, none)).astype(float)
            accepted = self.gate.accepts(signs_of(own, 0.0 if none is None else margins[none], vector.known))
        return Reading(np.asarray(odds / odds.sum(), np.float64), accepted)

    def candidates(self, text: str, language: str | None = None) -> list[Candidate]:
        """All flows with calibrated probabilities, most likely first; what is left to 1 is "none of them".

        An intent with too little confidence for its flow says nothing for it (dialogue-semantics 1.4). Of a message
        that the gate refuses no flow reaches the threshold.
        """
        reading = self.read(text, language)
        if reading is None:
            return []
        shares: dict[str, float] = defaultdict(float)
        for meaning, share in zip(self.meanings, reading.probabilities.tolist(), strict=True):
            if meaning.flow is not None:
                shares[meaning.flow] += share if share >= meaning.least else 0.0
        most = max(shares.values(), default=0.0)
        if reading.accepted is False and most > self.threshold * _REFUSED:
            shares = defaultdict(
                float, {flow: share * self.threshold * _REFUSED / most for flow, share in shares.items()}
            )
        found = [Candidate(flow, share) for flow, share in shares.items()]
        return sorted(found, key=lambda candidate: (-candidate.probability, candidate.flow))

    def intents(self, text: str, language: str | None = None) -> list[Intent]:
        """All intents with calibrated probabilities, most likely first. A retrieval intent counts as one."""
        reading = self.read(text, language)
        if reading is None:
            return []
        shares: dict[str, float] = defaultdict(float)
        for meaning, share in zip(self.meanings, reading.probabilities.tolist(), strict=True):
            if meaning.intent is not None:
                shares[meaning.intent.partition("/")[0]] += share
        return sorted(
            (Intent(name, share) for name, share in shares.items()),
            key=lambda intent: (-intent.confidence, intent.name),
        )

    def accepts(self, text: str, language: str | None = None) -> bool:
        """Whether the text is of the assistant's matters: what the gate says, else whether a label is likely enough."""
        reading = self.read(text, language)
        if reading is None:
            return False
        if reading.accepted is not None:
            return reading.accepted
        likeliest = int(np.argmax(reading.probabilities))
        return self.labels[likeliest] != NONE and bool(reading.probabilities[likeliest] >= self.threshold)

    def telling_words(self, text: str, flow: str, language: str | None = None) -> list[str]:
        """The words of the text that speak most for a flow, for people who ask why."""
        columns = [column for column, meaning in enumerate(self.meanings) if meaning.flow == flow]
        if not columns:
            return []
        tokens = words(text)
        glossed = in_english(tokens, language_of(tokens, self.vectoriser.languages, language or self.default_language))
        scored = {
            token: float(self.sparse_weights[self.vectoriser.vocabulary[name], columns].astype(float).max())
            for token in (*tokens, *glossed)
            if (name := f"w:{token}") in self.vectoriser.vocabulary
        }
        return [token for token, weight in sorted(scored.items(), key=lambda pair: -pair[1])[:_TELLING] if weight > 0]
