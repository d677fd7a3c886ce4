"""Fits the weights with which flows are chosen, on the small assistants of this folder, and says how well they do.

    python benchmarks/flow_start/fit.py [--write]

Each assistant in turn is left out of the fit and measured, so no figure is of an assistant that the weights have seen.
`--write` fits on all of them and writes the file that the package ships.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from small import NOTHING, Small, read_assistants

from talkwright.assistant.assistant import Assistant
from talkwright.engine.understanding.local import matching
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.matching.matcher import (
    GLOSSED,
    KINDS,
    WORDS_ALONE,
    FlowMatcher,
    trust_in_training,
)
from talkwright.engine.understanding.local.matching.pairs import FEATURES, QUESTION, STRANGER
from talkwright.engine.understanding.local.solving import LEAST_THRESHOLD

SHIPPED = Path(str(matching.__file__)).parent / "weights.json"
FLOW_NAMES, NONE_NAMES = FEATURES, STRANGER
UNUSED = {
    "bare": {"meaning of the nearest example", "words of the nearest example"},
    "taught": set(),
}
MEANING = {name for name in (*FEATURES, *STRANGER) if "meaning" in name}
UNUSED |= {f"{kind}, {GLOSSED}": unused for kind, unused in UNUSED.items()} | {
    f"{kind}, {WORDS_ALONE}": unused | MEANING for kind, unused in UNUSED.items()
}
GLOSSED_COUNT = 3  # times that assistants of a language with glosses count among the more numerous English ones
PENALTY = 2e-4  # on the squares of weights: what is measured is 0..1, so weights of some units are to be expected
MISSING_FLOW = 0.3  # what a message counts whose flow was taken away: some other flow may well be what it deserves
HALF = 4.0
HALVES = (0.0001, 1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 1000.0)
RACE = 0.9
START = 0.33
CLEAR = 0.5
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """One message in one state of an assistant: features by flow, of "none", the right flow (-1: none), its weight."""

    rows: Floats
    none: Floats
    right: int
    weight: float
    trained: Floats | None = None  # what training says of each flow, and of "none"
    examples: float = 0.0  # of a flow, on average


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {SHIPPED.name} into the package")
    options = parser.parse_args()
    bare, taught, glossed = {}, {}, set()
    for small in read_assistants():
        sys.stderr.write(f"{small.name}: {sum(map(len, small.messages.values()))} messages\n")
        bare[small.name] = list(seen_without_examples(small))
        taught[small.name] = list(seen_with_examples(small))
        glossed |= {small.name} - ({small.name} if small.language == "en" else set())
    seen = {kind: bare if kind.startswith("bare") else taught for kind in KINDS}
    for kind in KINDS:
        report(kind, seen[kind], glossed)
    if options.write:
        data = {"thresholds": {"half": HALF, "start": START, "race": RACE, "clear": CLEAR}}
        data |= {kind: named(fitted(lessons(kind, seen[kind], glossed), kind=kind)) for kind in KINDS}
        SHIPPED.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def lessons(kind: str, seen: dict[str, list[Seen]], glossed: set[str], without: str | None = None) -> list[Seen]:
    """What the weights of a kind are fitted on: English on itself, what has glosses on all and more on its own."""
    times = {name: GLOSSED_COUNT if name in glossed else 1 for name in seen if name != without}
    if kind.endswith(WORDS_ALONE):
        times = dict.fromkeys(times, 1)
    elif not kind.endswith(GLOSSED):
        times = {name: count for name, count in times.items() if name not in glossed}
    return [one for name, count in times.items() for one in seen[name] * count]


def seen_without_examples(small: Small) -> Iterator[Seen]:
    """What the flows say of themselves is all that is known."""
    yield from states(small, {}, small.messages)


def seen_with_examples(small: Small) -> Iterator[Seen]:
    """Examples for all flows, for half of them, and more of them: every second message serves as one."""
    examples = small.examples()
    yield from states(small, examples, small.messages)
    yield from states(small, dict(list(examples.items())[::2]), small.messages)
    for half in (0, 1):
        more = {flow: (*texts, *small.messages[flow][half::2]) for flow, texts in examples.items()}
        asked = {flow: texts[1 - half :: 2] for flow, texts in small.messages.items()}
        yield from states(small, more, asked)


def states(small: Small, examples: dict, asked: dict) -> Iterator[Seen]:
    """All messages; then those of each flow with the flow taken away."""
    whole = Trained(small.assistant(examples))
    for flow, messages in asked.items():
        for message in messages:
            yield whole.seen(message, None if flow == NOTHING else flow, 1.0)
    for flow in small.flows:
        rest = Trained(small.assistant(examples, without=flow))
        for message in asked[flow]:
            yield rest.seen(message, None, MISSING_FLOW)


class Trained:
    """One state of an assistant, ready to measure messages."""

    def __init__(self, assistant: Assistant) -> None:
        count = sum(map(len, assistant.nlu.intents.values()))
        self.examples = count / len(assistant.flows)
        self.classifier = train_classifier(assistant) if count else None
        self.matcher = FlowMatcher.of(assistant, None)
        self.language = assistant.language

    def seen(self, message: str, flow: str | None, weight: float) -> Seen:
        rows, none = self.matcher.measured(message, self.language)
        right = -1 if flow is None else self.matcher.flows.index(flow)
        return Seen(rows, none, right, weight, self.said(message), self.examples)

    def said(self, message: str) -> Floats | None:
        if self.classifier is None:
            return None
        found = {one.flow: one.probability for one in self.classifier.candidates(message, self.language)}
        shares = [*(found.get(flow, 0.0) for flow in self.matcher.flows), 1.0 - sum(found.values())]
        return np.log(np.maximum(shares, 1e-3))


def fitted(seen: Sequence[Seen], *, kind: str) -> Floats:
    """The weights under which the right choices are likeliest (a conditional logit with "none" as one choice)."""
    most, flow_size = max(len(one.rows) for one in seen), len(FLOW_NAMES)
    rows, there = np.zeros((len(seen), most, flow_size)), np.full((len(seen), most), -1e9)
    for number, one in enumerate(seen):
        rows[number, : len(one.rows)], there[number, : len(one.rows)] = one.rows, 0.0
    none = np.stack([one.none for one in seen])
    right = np.array([one.right if one.right >= 0 else most for one in seen])
    weights = np.array([one.weight for one in seen])
    weights /= weights.sum()
    used = np.array([name not in UNUSED[kind] for name in (*FLOW_NAMES, *NONE_NAMES)], float)
    charged = np.array([name != "always" for name in (*FLOW_NAMES, *NONE_NAMES)], float) * PENALTY
    places = np.arange(len(seen))

    def loss(parameters: Floats) -> tuple[float, Floats]:
        parameters = parameters * used
        logits = np.concatenate(
            [rows @ parameters[:flow_size] + there, (none @ parameters[flow_size:])[:, None]], axis=1
        )
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        sums = odds.sum(axis=1)
        residues = odds / sums[:, None]
        residues[places, right] -= 1.0
        residues *= weights[:, None]
        slope = np.concatenate([np.einsum("ij,ijk->k", residues[:, :most], rows), residues[:, most] @ none])
        value = float(weights @ (np.log(sums) - logits[places, right])) + 0.5 * float(charged @ parameters**2)
        return value, (slope + charged * parameters) * used

    start = np.zeros(flow_size + len(NONE_NAMES))
    # Likeness never speaks against a flow: else what many of our sentences avoid, the flow's own words, would.
    bounds = [(0.0, None)] * flow_size + [(None, None)] * len(NONE_NAMES)
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 1000}).x * used


def named(weights: Floats) -> dict[str, dict[str, float]]:
    """Weights by the names of what they weigh."""
    rounded = [round(float(one), 3) for one in weights]
    return {
        "flow": dict(zip(FLOW_NAMES, rounded, strict=False)),
        "none": dict(zip(NONE_NAMES, rounded[len(FLOW_NAMES) :], strict=True)),
    }


def report(kind: str, seen: dict[str, list[Seen]], glossed: set[str]) -> None:
    """What each assistant of the kind makes of weights fitted on all others."""
    measured = {
        name: some
        for name, some in seen.items()
        if kind.endswith(WORDS_ALONE) or (name in glossed) == kind.endswith(GLOSSED)
    }
    weights = {name: fitted(lessons(kind, seen, glossed, without=name), kind=kind) for name in measured}
    total = np.zeros(9)
    for name, some in measured.items():
        counts = sum((counted(one, weights[name], HALF) for one in some), np.zeros(9))
        say(f"{kind}, {name}", counts)
        total += counts
    say(f"{kind}, all", total)
    if kind in ("taught", f"taught, {GLOSSED}"):
        for half in HALVES:
            say(
                f"training has half of the say at {half}",
                sum(
                    (counted(one, weights[name], half) for name, some in measured.items() for one in some), np.zeros(9)
                ),
            )


def counted(one: Seen, weights: Floats, half: float) -> Floats:
    """Asked, first right, among three, started rightly, wrongly, asked back · out of scope, started · flow missing…"""
    logits = np.append(one.rows @ weights[: len(FLOW_NAMES)], one.none @ weights[len(FLOW_NAMES) :])
    trust = trust_in_training(one.examples, half)
    if one.trained is not None:
        shares = np.exp(logits - logits.max())
        asked = np.append(one.rows[:, QUESTION] * weights[QUESTION], 0.0)
        logits = (1 - trust) * np.log(np.maximum(shares / shares.sum(), 1e-3)) + trust * (one.trained + asked)
    shares = np.exp(logits - logits.max())
    shares = shares[:-1] / shares.sum()
    order = np.argsort(-shares)
    first, second = shares[order[0]], shares[order[1]]
    starts = first >= (1 - trust) * START + trust * LEAST_THRESHOLD
    asks = starts and second >= RACE * first and first < CLEAR
    if one.right < 0:
        missing = one.weight < 1
        return np.array([0, 0, 0, 0, 0, 0, not missing, starts and not missing, missing and starts], float)
    hit = order[0] == one.right
    return np.array(
        [1, hit, one.right in order[:3], starts and not asks and hit, starts and not asks and not hit, asks, 0, 0, 0],
        float,
    )


def say(what: str, counts: Floats) -> None:
    asked, first, three, right, wrong, back, strangers, started, missing = counts
    sys.stderr.write(
        f"{what:36} top-1 {first / asked:6.1%}  top-3 {three / asked:6.1%}  started rightly {right / asked:6.1%}"
        f"  wrongly {wrong / asked:6.1%}  asked back {back / asked:6.1%}"
        f"  out of scope started {started / strangers:6.1%}  with the flow missing {missing / asked:6.1%}\n"
    )


if __name__ == "__main__":
    main()
