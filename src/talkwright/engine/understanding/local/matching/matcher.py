"""Which flows a message may start, with probabilities: the pairs' likenesses and what training learned, weighed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talkwright.assistant.assistant import Assistant
from talkwright.engine.understanding.local.classifier import Candidate, FlowClassifier
from talkwright.engine.understanding.local.matching.flow_texts import FlowTexts, texts_of_flows
from talkwright.engine.understanding.local.matching.pairs import FEATURES, QUESTION, STRANGER, PairScorer, strangeness
from talkwright.engine.understanding.local.matching.reading import MEANT
from talkwright.engine.understanding.local.matching.shared_names import SharedNames

Floats = NDArray[np.float64]
TRAINED = ("training says so", "training says so, with many examples")
"""What training adds to the pair: the logarithm of its probability, from 0 (hardly any) to 1."""
GLOSSED, WORDS_ALONE = "through glosses", "by words alone"
KINDS = tuple(f"{kind}{how}" for how in ("", f", {GLOSSED}", f", {WORDS_ALONE}") for kind in ("bare", "taught"))
"""Whether the project has examples, and whether the message's words have vectors, their own or those of glosses."""
_MANY = 8  # examples a flow has on average, from which on training is trusted in full
_DECIDES_ALONE = 20  # … from which on it needs no help
_LEAST = 1e-3  # probabilities below are all the same
_NAMED = 3.0  # what a flow gains where the message says its name and nothing else: twenty to one against the next
_SHOWN = 4
_REMEMBERED = 2  # texts: a turn asks for the candidates of one, and then why
_MOST_ASKED = 4  # flows that the user is asked about


@dataclass(frozen=True, slots=True)
class Weights:
    """Fitted by `benchmarks/flow_start/fit.py`: a weight for each feature of a flow, and for each of "none"."""

    flow: Floats
    none: Floats


@dataclass(frozen=True, slots=True)
class Fitted:
    """All that was fitted: weights by kind, and thresholds.

    `start` is the probability that starts a flow; `race` is the second's share of the first's from which on the user is
    asked, as long as the first has less than `clear`. With `half` examples a flow, training has half of the say.
    """

    weights: Mapping[str, Weights]
    half: float
    start: float
    race: float
    clear: float


@cache
def fitted() -> Fitted:
    """What the package ships."""
    return fitted_from(json.loads((files(__package__) / "weights.json").read_text(encoding="utf-8")))


def fitted_from(data: dict[str, Any]) -> Fitted:
    """From the numbers of the file, which are told by the features' names."""
    weights = {
        kind: Weights(
            np.array([float(data[kind]["flow"].get(name, 0.0)) for name in FEATURES]),
            np.array([float(data[kind]["none"].get(name, 0.0)) for name in STRANGER]),
        )
        for kind in KINDS
    }
    limits = data["thresholds"]
    return Fitted(weights, float(limits["half"]), float(limits["start"]), float(limits["race"]), float(limits["clear"]))


class FlowMatcher:
    """Chooses among the flows of one assistant. One per loaded model; keeps nothing of conversations.

    Where there are examples, what training learned from them has a say that grows with their number.
    """

    def __init__(
        self,
        documents: Sequence[FlowTexts],
        languages: Sequence[str],
        classifier: FlowClassifier | None,
        uncalled: Sequence[FlowTexts] = (),
    ) -> None:
        """`uncalled` are the documents without the words of flows that they call, if those differ."""
        examples = sum(len(one.examples) for one in documents) / max(len(documents), 1)
        self._classifier = classifier
        self.trust = 0.0 if classifier is None else trust_in_training(examples, fitted().half)
        self._pairs = PairScorer(() if self.trust == 1.0 else documents, languages)
        self._uncalled = PairScorer(uncalled, languages) if uncalled and self._pairs.flows else None
        self.shared_names = SharedNames(documents, languages)
        self._kind = "taught" if examples else "bare"
        self.measured = lru_cache(_REMEMBERED)(self._measured)
        """A row of `FEATURES` for each flow, and `STRANGER` for "none"."""

    @classmethod
    def of(cls, assistant: Assistant, classifier: FlowClassifier | None) -> FlowMatcher:
        """For a project and what training made of it."""
        languages = tuple(dict.fromkeys([assistant.language, *assistant.additional_languages]))
        documents, uncalled = texts_of_flows(assistant), texts_of_flows(assistant, with_called=False)
        return cls(documents, languages, classifier, () if uncalled == documents else uncalled)

    @property
    def threshold(self) -> float:
        """The probability from which on a flow is started."""
        if self._classifier is None:
            return fitted().start
        return self.trust * self._classifier.threshold + (1.0 - self.trust) * fitted().start

    @property
    def thresholds(self) -> dict[str, float]:
        """What traces show beside the scores."""
        return {"start": round(self.threshold, 3), "race": fitted().race, "clear": fitted().clear}

    def choice(self, candidates: Sequence[Candidate], least: float | None = None) -> tuple[str, ...]:
        """What to do with candidates, likeliest first: none likely enough, one flow to start, or several to ask about.

        `least` is the probability that the first must have; the fitted one if not given.
        """
        first = candidates[0].probability if candidates else 0.0
        if first < (self.threshold if least is None else least) or not candidates:
            return ()
        close = [one.flow for one in candidates if one.probability >= first * fitted().race]
        return tuple(close[:_MOST_ASKED]) if first < fitted().clear else (candidates[0].flow,)

    def candidates(self, text: str, language: str) -> list[Candidate]:
        """All flows with their probabilities, most likely first; what is left to 1 is "none of them"."""
        trained = self._classifier.candidates(text, language) if self._classifier is not None and self.trust else []
        if self.trust == 1.0:
            return trained
        if not self._pairs.flows:
            return []
        logits = self.logits(text, language)
        if trained:
            said = {one.flow: one.probability for one in trained}
            learned = np.array([*(said.get(flow, 0.0) for flow in self._pairs.flows), 1.0 - sum(said.values())])
            learned = _logarithms(learned) + np.append(self._asked(text, language), 0.0)
            logits = (1.0 - self.trust) * _logarithms(_shares(logits)) + self.trust * learned
        shares = _shares(logits)[:-1]
        found = [Candidate(flow, float(share)) for flow, share in zip(self._pairs.flows, shares, strict=True)]
        return sorted(found, key=lambda one: (-one.probability, one.flow))

    def logits(self, text: str, language: str) -> Floats:
        """The score of each flow by its likeness alone, and last that of "none"."""
        rows, none = self.measured(text, language)
        weights = self._weights(language)
        named = _NAMED * self._pairs.named(text, language)
        return np.append(rows @ weights.flow + named, none @ weights.none)

    def _asked(self, text: str, language: str) -> Floats:
        """What a question takes from flows that tell nothing: no word of an example says it, so training can't know."""
        rows, _ = self.measured(text, language)
        return np.asarray(rows[:, QUESTION] * self._weights(language).flow[QUESTION], float)

    def _measured(self, text: str, language: str) -> tuple[Floats, Floats]:
        """What speaks for a flow must do so without the words of the flows it calls: those are its callers' alike."""
        rows = self._pairs.features(text, language)
        if self._uncalled is not None:
            rows = np.minimum(rows, self._uncalled.features(text, language))
        return rows.astype(float), strangeness(text, language).astype(float)

    @property
    def flows(self) -> tuple[str, ...]:
        """The flows of the rows."""
        return self._pairs.flows

    def _weights(self, language: str) -> Weights:
        if language == "en":
            return fitted().weights[self._kind]
        return fitted().weights[f"{self._kind}, {GLOSSED if language in MEANT else WORDS_ALONE}"]

    def explanation(self, text: str, flow: str, language: str) -> dict[str, Any]:
        """What spoke for a flow, for people who ask why: words, the likenesses that counted most, training's say."""
        told: dict[str, Any] = {"trained": round(self.trust, 2)}
        if self.trust == 1.0 and self._classifier is not None:
            return {"words": self._classifier.telling_words(text, flow, language), **told}
        rows, _ = self.measured(text, language)
        parts = rows[self._pairs.flows.index(flow)] * self._weights(language).flow
        most = sorted(zip(FEATURES, parts, strict=True), key=lambda pair: -pair[1])[:_SHOWN]
        likeness = {name: round(float(part), 2) for name, part in most if part > 0}
        return {"words": self._pairs.telling_words(text, flow, language), "likeness": likeness, **told}


def trust_in_training(examples: float, half: float) -> float:
    """The say (0..1) of what training learned from so many examples a flow; a half at `half` of them."""
    return 1.0 if examples >= _DECIDES_ALONE else examples**2 / (examples**2 + half**2)


def _shares(logits: Floats) -> Floats:
    odds = np.exp(logits - np.max(logits))
    return np.asarray(odds / odds.sum(), float)


def _logarithms(shares: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(shares, _LEAST)), float)
