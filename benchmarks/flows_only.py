"""How well flows are found of which nothing is known but a name and a short description: labels of CLINC150 as flows.

    TALKWRIGHT_CLINC150=FILE python benchmarks/flows_only.py    or    python benchmarks/flows_only.py FILE

FILE is CLINC150's `data_full.json` (clinc/oos-eval, CC BY 3.0), which is no part of this repository; without it nothing
is measured. The descriptions in `flow_start/clinc150.yml` are ours. Thirty draws of twenty labels, the same each time;
each draw is asked all test messages of its labels, and a fifth of those that are out of scope.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import yaml
from _figures import tell

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.flows import ActionStep, Flow
from talkwright.engine.understanding.local.matching.matcher import FlowMatcher

DESCRIPTIONS = Path(__file__).parent / "flow_start" / "clinc150.yml"
DRAWS, LABELS, PARTS = 30, 20, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    named = os.environ.get("TALKWRIGHT_CLINC150")
    parser.add_argument("file", nargs="?", type=Path, default=named, help="CLINC150's JSON file")
    path = parser.parse_args().file
    if path is None:
        sys.stderr.write("flows-only: skipped: neither an argument nor TALKWRIGHT_CLINC150 names a file of CLINC150.\n")
        return
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    measure(data["test"], [text for text, _ in data["oos_test"]])


def measure(test: Iterable[tuple[str, str]], strangers: list[str]) -> None:
    """Tell the five figures."""
    by_label: dict[str, list[str]] = defaultdict(list)
    for text, label in test:
        by_label[label].append(text)
    about = descriptions()
    first = among_three = wrong = back = asked = started = strange = 0
    began = time.process_time()
    for draw in range(DRAWS):
        labels = random.Random(draw).sample(sorted(about), LABELS)
        matcher = FlowMatcher.of(Assistant(flows={label: flow(label, about[label]) for label in labels}), None)
        for label in labels:
            for text in by_label[label]:
                found = matcher.candidates(text, "en")
                asked += 1
                first += found[0].flow == label
                among_three += label in [one.flow for one in found[:3]]
                chosen = matcher.choice(found)
                wrong += len(chosen) == 1 and chosen[0] != label
                back += len(chosen) > 1
        for text in strangers[draw % PARTS :: PARTS]:
            strange += 1
            started += bool(matcher.choice(matcher.candidates(text, "en")))
    spent = (time.process_time() - began) / (asked + strange)
    sys.stderr.write(f"{asked} messages and {strange} out of scope, {spent * 1e3:.2f} ms CPU each\n")
    tell("flows-only-first", 100 * first / asked, "%")
    tell("flows-only-three", 100 * among_three / asked, "%")
    tell("flows-only-wrong", 100 * wrong / asked, "%")
    tell("flows-only-asked-back", 100 * back / asked, "%")
    tell("flows-only-out-of-scope", 100 * started / strange, "%", "started or asked back")


def descriptions() -> dict[str, str]:
    """Our short descriptions by label; `yes` and `no` are labels too."""
    names = {True: "yes", False: "no"}
    loaded = yaml.safe_load(DESCRIPTIONS.read_text(encoding="utf-8"))
    return {names.get(label, label): text for label, text in loaded.items()}


def flow(label: str, description: str) -> Flow:
    """A flow of which no more is known than what it is for."""
    step = ActionStep(id="only", path="/steps/0", action="utter_done")
    return Flow(id=label, name=label.replace("_", " "), description=description, steps=(step,))


if __name__ == "__main__":
    main()
