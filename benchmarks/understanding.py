"""How well an assistant is understood: held-out sentences of a project.

    python benchmarks/understanding.py [PROJECT]

Without a path it measures `examples/bank` on its `heldout/` folder, and the practice in `tests/projects/clinic`, on
which nothing was tuned, on its own. Prints shares; sentences only with `--show`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from _figures import tell

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.assistant.project import read_project
from talkwright.engine.testing.heldout import measure
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

ROOT = Path(__file__).parents[1]
FIGURES = {
    "first command en": "understood-en",
    "first command de": "understood-de",
    "out of scope": "out-of-scope-refused",
    "answers": "answers-understood",
    "commands": "commands-right-second",
}
PROJECTS = (ROOT / "examples" / "bank", ROOT / "tests" / "projects" / "clinic")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", nargs="?", type=Path, help="measure this project alone")
    parser.add_argument("--show", action="store_true", help="print what was not understood")
    options = parser.parse_args()
    for project in [options.project] if options.project else PROJECTS:
        heldout(project, show=options.show)


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


if __name__ == "__main__":
    main()
