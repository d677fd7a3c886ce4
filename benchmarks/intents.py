"""Intents that public data teaches: how many messages are understood, how many strangers are refused, at what cost.

    TALKWRIGHT_CLINC150=FILE TALKWRIGHT_BANKING77=FOLDER python benchmarks/intents.py

The data is not part of the project: `data_full.json` of CLINC150, and a folder with `banking77-train.csv` and
`banking77-test.csv` of BANKING77. A process of its own reads, trains and evaluates each; time and memory are its own.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _figures import tell

Rows = Sequence[tuple[str, str]]
BINS = 15
SETS = {"banking77": "TALKWRIGHT_BANKING77", "clinc150": "TALKWRIGHT_CLINC150"}
RUNS = {"banking77": ["with strangers"], "clinc150": ["with strangers", "without"]}
FIGURES = {
    ("banking77", "with strangers"): {
        "right": "banking77-right",
        "calibration": "banking77-calibration-error",
        "cpu": "banking77-cpu",
        "memory": "banking77-memory",
    },
    ("clinc150", "with strangers"): {
        "right": "clinc150-right",
        "calibration": "clinc150-calibration-error",
        "cpu": "clinc150-cpu",
        "memory": "clinc150-memory",
        "accepted": "clinc150-accepted",
        "refused": "clinc150-strangers-refused",
    },
    ("clinc150", "without"): {
        "accepted": "clinc150-own-only-accepted",
        "refused": "clinc150-own-only-strangers-refused",
    },
}


def main() -> None:
    if len(sys.argv) == 4:
        print(json.dumps(measured(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
        return
    for name, variable in SETS.items():
        given = os.environ.get(variable)
        if not given:
            sys.stderr.write(f"{name} is not measured: {variable} names no data.\n")
            continue
        for run in RUNS[name]:
            command = [sys.executable, __file__, name, run, given]
            found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
            for figure, told in FIGURES[name, run].items():
                tell(told, *found[figure])


def measured(name: str, run: str, path: Path) -> dict[str, Any]:
    """Read, train and evaluate; the figures with their units."""
    train, shown, test, strangers, foreign = banking77(path) if name == "banking77" else clinc150(path)
    if run == "without":
        strangers = []
    classifier = trained(train, shown, strangers)
    right, accepted, sure = [], [], []
    for text, label in test:
        first = classifier.intents(text)[0]
        right.append(first.name == label)
        sure.append(first.confidence)
        accepted.append(classifier.accepts(text))
    refused = [not classifier.accepts(text) for text, _ in foreign]
    used, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    figures: dict[str, Any] = {
        "right": (100 * sum(right) / len(right), "%"),
        "calibration": (calibration_error(sure, right), ""),
        "cpu": (used.ru_utime + used.ru_stime + children.ru_utime + children.ru_stime, "CPU s"),
        "memory": (used.ru_maxrss / 1024, "MB"),
    }
    if foreign:
        figures["accepted"] = (100 * sum(accepted) / len(accepted), "%")
        figures["refused"] = (100 * sum(refused) / len(refused), "%")
    return figures


def trained(train: Rows, shown: Rows, strangers: Rows) -> Any:
    """What the engine's own training makes of the examples."""
    from talkwright.assistant.assistant import Assistant  # noqa: PLC0415 - only the measuring process needs it
    from talkwright.assistant.nlu import Example, NluData  # noqa: PLC0415 - as above
    from talkwright.engine.understanding.local.documents import OUT_OF_SCOPE, Document  # noqa: PLC0415 - as above
    from talkwright.engine.understanding.local.learning import train_classifier  # noqa: PLC0415 - as above

    examples: dict[str, list[Example]] = defaultdict(list)
    for text, label in train:
        examples[label].append(Example(text=text))
    examples[OUT_OF_SCOPE] += [Example(text=text) for text, _ in strangers]
    data = NluData(intents={label: tuple(texts) for label, texts in examples.items() if texts})
    return train_classifier(Assistant(nlu=data), held_out=[Document(f"intent {label}", text) for text, label in shown])


def calibration_error(sure: Sequence[float], right: Sequence[bool]) -> float:
    """The mean distance between how sure and how right the answers of a bin are, weighed by the bins' sizes."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, is_right in zip(sure, right, strict=True):
        bins[min(int(confidence * BINS), BINS - 1)].append((confidence, is_right))
    return sum(abs(sum(c for c, _ in one) - sum(r for _, r in one)) for one in bins.values()) / len(right)


def banking77(folder: Path) -> tuple[Rows, Rows, Rows, Rows, Rows]:
    """Training and test; nothing is out of scope."""
    train, test = (
        [(row[0], row[1]) for row in csv.reader((folder / f"banking77-{part}.csv").open(newline="", encoding="utf-8"))][
            1:
        ]
        for part in ("train", "test")
    )
    return train, [], test, [], []


def clinc150(path: Path) -> tuple[Rows, Rows, Rows, Rows, Rows]:
    """Training, validation, test; strangers to learn from and strangers to refuse."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return data["train"], data["val"], data["test"], data["oos_train"] + data["oos_val"], data["oos_test"]


if __name__ == "__main__":
    main()
