"""How well a search finds and answers, and how well questions to it are told from starts of flows.

    python benchmarks/search.py [--show]

Measures `benchmarks/search/tern_bay`, a ferry line that nothing was fitted on: its documents, its flows without
examples, and the questions and sentences in `questions.yml`; and the example, with the documents in
`benchmarks/search/bank` beside it: how many of its held-out sentences that start the right flow still do.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from _figures import tell

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.assistant.project import read_project
from talkwright.assistant.yamls import load
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import Command, Knowledge, StartFlow
from talkwright.engine.search.documents import documents_of
from talkwright.engine.search.extracting import extracted
from talkwright.engine.search.index import SearchIndex, build_index
from talkwright.engine.search.passages import passages_of
from talkwright.engine.search.ranking import Answerable, fitted, search
from talkwright.engine.search.training import indexed
from talkwright.engine.understanding.local.learning import train_classifier
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

PROJECT = Path(__file__).parent / "search" / "tern_bay"
EXAMPLE = Path(__file__).parents[1] / "examples" / "bank"


@dataclass
class Count:
    """How many were right, and what was not."""

    right: int = 0
    total: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, right: bool, what: str) -> None:
        self.right += right
        self.total += 1
        if not right:
            self.wrong.append(what)

    def tell(self, figure: str, *, show: bool) -> None:
        tell(figure, round(100 * self.right / self.total, 1), "%", f"{self.right} of {self.total}")
        if show:
            sys.stderr.write("".join(f"    {wrong}\n" for wrong in self.wrong))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    options = parser.parse_args()
    assistant, index = made()
    questions: dict[str, Any] = load((PROJECT / "questions.yml").read_text(encoding="utf-8"))
    started = time.process_time()
    found, answered = looked_up(index, questions["answerable"])
    spent = (time.process_time() - started) / len(questions["answerable"])
    found.tell("search-found", show=options.show)
    answered.tell("search-answered", show=options.show)
    kept_silent(index, questions["unanswerable"]).tell("search-silent", show=options.show)
    asked, starts = told_apart(assistant, index, questions)
    asked.tell("search-questions-known", show=options.show)
    starts.tell("search-flows-started", show=options.show)
    example_started().tell("search-example-started", show=options.show)
    tell("search-time", round(1000 * spent, 2), "ms CPU", "for finding and taking out one answer")


def made() -> tuple[Assistant, SearchIndex]:
    project = read_project(PROJECT)
    assistant, _ = build_assistant([ItemBody(item.kind, item.name, item.body) for item in project.items])
    documents, problems = documents_of(project.items, assistant.config)
    index, notices = indexed(assistant, documents)
    assert index is not None
    assert not problems
    assert not notices
    index.prepare()
    search(index, ["hello"], most=1)
    return assistant, index


def looked_up(index: SearchIndex, questions: Sequence[dict[str, Any]]) -> tuple[Count, Count]:
    """Whether a right passage is among the first three, and whether what is said holds the answer."""
    found, answered = Count(), Count()
    for row in questions:
        ask, answer = str(row["ask"]), str(row["has"])
        hits = search(index, [ask], most=3)
        found.add(any(hit.passage.source == row["in"] and answer in hit.passage.whole for hit in hits), ask)
        said = extracted(index, hits[0].passage, [ask]) if hits[0].score >= fitted().floor else ""
        right = hits[0].passage.source == row["in"] and answer in said
        answered.add(right, f"{ask} ({hits[0].score:.2f}) → {said[:80]!r}")
    return found, answered


def kept_silent(index: SearchIndex, questions: Sequence[str]) -> Count:
    """Whether nothing is said where the documents say nothing."""
    silent = Count()
    for ask in questions:
        (hit,) = search(index, [str(ask)], most=1)
        silent.add(hit.score < fitted().floor, f"{ask} ({hit.score:.2f}) → {hit.passage.text[:60]!r}")
    return silent


def told_apart(assistant: Assistant, index: SearchIndex, questions: dict[str, Any]) -> tuple[Count, Count]:
    """Whether answerable questions go to the search, and whether flows still start."""
    understanding = LocalUnderstanding(train_classifier(assistant), documents=Answerable(index))

    def understood(text: str) -> Sequence[Command]:
        tracker = Tracker("measured", {name: slot.initial_value for name, slot in assistant.domain.slots.items()})
        return understanding.understand(text, tracker, assistant, language="en").commands

    asked, starts = Count(), Count()
    for row in questions["answerable"]:
        commands = understood(str(row["ask"]))
        asked.add(list(commands) == [Knowledge()], f"{row['ask']} → {commands}")
    for row in questions["starts"]:
        commands = understood(str(row["say"]))
        right = bool(commands) and isinstance(commands[0], StartFlow) and commands[0].flow == row["flow"]
        starts.add(right, f"{row['say']} → {commands}")
    return asked, starts


def example_started() -> Count:
    """Whether sentences that start the right flow of the example do so with documents beside it, too."""
    items = [ItemBody(item.kind, item.name, item.body) for item in read_project(EXAMPLE).items]
    policies = ItemBody("config", "search.yml", {"policies": [{"name": "EnterpriseSearchPolicy"}]})
    own = [replace(item, body=_without_policies(item.body)) if item.kind == "config" else item for item in items]
    assistant, _ = build_assistant([*own, policies])
    texts = sorted((Path(__file__).parent / "search" / "bank").glob("*.md"))
    passages = [one for path in texts for one in passages_of(f"docs/{path.name}", path.read_text(encoding="utf-8"))]
    index = build_index(passages, (assistant.language, *assistant.additional_languages))
    classifier = train_classifier(assistant)
    alone, beside = LocalUnderstanding(classifier), LocalUnderstanding(classifier, documents=Answerable(index))
    count = Count()
    for path in sorted((EXAMPLE / "heldout").glob("flows-*.yml")):
        for flow, sentences in load(path.read_text(encoding="utf-8")).items():
            for text in map(str, sentences):
                if _first_flow(assistant, alone, text) == flow:
                    count.add(_first_flow(assistant, beside, text) == flow, text)
    return count


def _without_policies(body: Any) -> dict[str, Any]:
    return {key: value for key, value in dict(body).items() if key != "policies"}


def _first_flow(assistant: Assistant, understanding: LocalUnderstanding, text: str) -> str | None:
    tracker = Tracker("measured", {name: slot.initial_value for name, slot in assistant.domain.slots.items()})
    commands = understanding.understand(text, tracker, assistant, language=assistant.language).commands
    return commands[0].flow if commands and isinstance(commands[0], StartFlow) else None


if __name__ == "__main__":
    main()
