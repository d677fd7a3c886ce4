"""How well an assistant is understood: held-out sentences of a project, and public intent data where paths are given.

    python benchmarks/understanding.py [PROJECT] [--clinc FILE] [--banking TRAIN TEST]

Without a path it measures `examples/bank` on its `heldout/` folder. Prints shares; sentences only with `--show`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from _figures import tell

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.flows import ActionStep, Flow, NluTrigger
from talkwright.assistant.items import ItemBody
from talkwright.assistant.nlu import Example, NluData
from talkwright.assistant.project import read_project
from talkwright.engine.testing.heldout import measure
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

FIGURES = {
    "first command en": "understood-en",
    "first command de": "understood-de",
    "out of scope": "out-of-scope-refused",
    "answers": "answers-understood",
}
Rows = Iterable[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", nargs="?", type=Path, default=Path(__file__).parents[1] / "examples" / "bank")
    parser.add_argument("--clinc", type=Path, help="CLINC150's data_full.json")
    parser.add_argument("--banking", type=Path, nargs=2, metavar=("TRAIN", "TEST"), help="BANKING77's CSV files")
    parser.add_argument("--show", action="store_true", help="print what was not understood")
    options = parser.parse_args()
    heldout(options.project, show=options.show)
    if options.clinc:
        data = json.loads(options.clinc.read_text())
        intents("CLINC150", data["train"], data["test"], [text for text, _ in data["oos_test"]])
    if options.banking:
        train, test = (list(csv.reader(path.open(newline="")))[1:] for path in options.banking)
        intents("BANKING77", [tuple(row) for row in train], [tuple(row) for row in test], [])


def heldout(project: Path, *, show: bool) -> None:
    """The figures of a project's own held-out sentences."""
    read = read_project(project)
    assistant, _ = build_assistant([ItemBody(item.kind, item.name, item.body) for item in read.items])
    started = time.process_time()
    classifier = train_classifier(assistant)
    spent = time.process_time() - started
    sys.stderr.write(f"{project.name}: {len(assistant.user_flows)} flows trained in {spent:.2f} CPU s\n")
    for name, score in measure(assistant, LocalUnderstanding(classifier), project / "heldout").items():
        tell(FIGURES[name], 100 * score.share, "%", f"{score.right} of {score.total}")
        if show:
            sys.stderr.write("".join(f"    {wrong}\n" for wrong in score.wrong))


def intents(name: str, train: Rows, test: Rows, strangers: list[str]) -> None:
    """The figures of public intent data, each intent made a flow that is known by its examples."""
    examples: dict[str, list[Example]] = defaultdict(list)
    for text, label in train:
        examples[label].append(Example(text=text))
    ids = {label: f"flow_{number}" for number, label in enumerate(sorted(examples))}
    flows = {
        ids[label]: Flow(
            id=ids[label],
            name=label.replace("_", " "),
            description=label.replace("_", " "),
            steps=(ActionStep(id="only", path="/steps/0", action="utter_done"),),
            nlu_triggers=(NluTrigger(intent=label),),
        )
        for label in examples
    }
    assistant = Assistant(flows=flows, nlu=NluData(intents={label: tuple(texts) for label, texts in examples.items()}))
    started = time.process_time()
    classifier = train_classifier(assistant)
    trained = time.process_time() - started
    tests = list(test)
    started = time.process_time()
    right = sum(
        bool(found) and found[0].flow == ids[label] for text, label in tests for found in [classifier.candidates(text)]
    )
    spent = (time.process_time() - started) / len(tests)
    sys.stderr.write(
        f"{name}: {right / len(tests):.1%} of {len(tests)}, trained in {trained:.1f} CPU s, {spent * 1e3:.2f} ms each\n"
    )
    if strangers:
        refused = sum(
            not found or found[0].probability < classifier.threshold
            for text in strangers
            for found in [classifier.candidates(text)]
        )
        sys.stderr.write(f"  out of scope refused: {refused / len(strangers):.1%} of {len(strangers)}\n")


if __name__ == "__main__":
    main()
