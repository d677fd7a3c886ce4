"""Measures the understanding of an assistant on sentences that no training reads: a folder with any of these files.

`flows-<language>.yml`: flow id → sentences that must start it · `out-of-scope.yml`: sentences that no flow is for ·
`answers.yml`: rows of slot, answer and the value that the slot must get while it is asked for · `commands.yml`: what is
said (`say`), which commands must follow, no more and no fewer (`do`, the lines of dialogue-semantics 4.2 in any order),
and perhaps the slot of the open question (`asked`) and values that are known already (`filled`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.flows import CollectStep
from talkwright.assistant.yamls import load
from talkwright.conversation.stack import COLLECT_PATTERN
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import LLM, Clarify, Command, SetSlot, StartFlow
from talkwright.engine.understanding.llm.command_lines import read_commands
from talkwright.engine.understanding.local.understanding import LocalUnderstanding


@dataclass
class Score:
    """How many were right, and what was wrong, as words for people who may look."""

    right: int = 0
    total: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share that was right, 0..1."""
        return self.right / self.total if self.total else 0.0

    def count(self, right: bool, what: str) -> None:
        """One more."""
        self.total += 1
        self.right += right
        if not right:
            self.wrong.append(what)


def measure(assistant: Assistant, understanding: LocalUnderstanding, folder: Path) -> dict[str, Score]:
    """Scores: `first command <language>`, `out of scope`, `answers`, `commands`. Raises OSError or YamlError."""
    scores: dict[str, Score] = {}
    for path in sorted(folder.glob("flows-*.yml")):
        score = scores.setdefault(f"first command {path.stem.removeprefix('flows-')}", Score())
        for flow, sentences in load(path.read_text(encoding="utf-8")).items():
            for sentence in sentences:
                commands = _understand(assistant, understanding, sentence)
                first = commands[0] if commands else None
                score.count(isinstance(first, StartFlow) and first.flow == flow, f"{flow}: {sentence} → {first}")
    for name, file, count in (
        ("out of scope", "out-of-scope.yml", _out_of_scope),
        ("answers", "answers.yml", _answers),
        ("commands", "commands.yml", _commands),
    ):
        if (folder / file).exists():
            scores[name] = count(assistant, understanding, folder / file)
    return scores


def _out_of_scope(assistant: Assistant, understanding: LocalUnderstanding, path: Path) -> Score:
    score = Score()
    for sentence in load(path.read_text(encoding="utf-8")):
        commands = _understand(assistant, understanding, sentence)
        refused = not any(isinstance(command, StartFlow | Clarify) for command in commands)
        score.count(refused, f"{sentence} → {commands[0] if commands else None}")
    return score


def _answers(assistant: Assistant, understanding: LocalUnderstanding, path: Path) -> Score:
    score = Score()
    for slot, answer, value in load(path.read_text(encoding="utf-8")):
        commands = _understand(assistant, understanding, str(answer), asked=slot)
        said = [command.value for command in commands if isinstance(command, SetSlot) and command.name == slot]
        score.count(bool(said) and _same(said[0], value), f"{slot}: {answer} → {said or commands}, not {value!r}")
    return score


def _commands(assistant: Assistant, understanding: LocalUnderstanding, path: Path) -> Score:
    score = Score()
    for row in load(path.read_text(encoding="utf-8")):
        wanted = read_commands("\n".join(row["do"]), "v3", flows=assistant.user_flows)
        said = _understand(assistant, understanding, str(row["say"]), row.get("asked"), row.get("filled"))
        right = sorted(map(_told, said)) == sorted(map(_told, wanted))
        score.count(right, f"{row['say']} → {'; '.join(map(str, said))}, not {'; '.join(row['do'])}")
    return score


def _told(command: Command) -> str:
    """A command without what nobody would call another meaning: who read a value, and how it is written."""
    if isinstance(command, SetSlot):
        value = str(command.value).casefold()
        return f"set {command.name} {value.removesuffix('.0')}"
    return f"{command.command} {getattr(command, 'flow', '')} {' '.join(getattr(command, 'options', ()))}"


def _understand(
    assistant: Assistant,
    understanding: LocalUnderstanding,
    text: str,
    asked: str | None = None,
    filled: Mapping[str, Any] | None = None,
) -> list[Command]:
    slots = {name: slot.initial_value for name, slot in assistant.domain.slots.items()}
    tracker = Tracker("measured", slots | dict(filled or {}))
    tracker.filled_by |= dict.fromkeys(filled or (), LLM)
    if asked is not None:
        tracker.stack = tuple(asking(assistant, asked))
    return list(understanding.understand(text, tracker, assistant, language=assistant.language).commands)


def asking(assistant: Assistant, slot: str) -> Iterator[dict[str, Any]]:
    """The stack of a conversation in which a flow asks for the slot."""
    for flow in assistant.user_flows.values():
        for step in flow.steps:
            if isinstance(step, CollectStep) and step.slot == slot:
                place = {"frame_type": "regular", "flow_id": flow.id, "step_id": step.id}
                yield {"type": "flow", "frame_id": "AAAAAAAA", **place}
                collect = {"collect": slot, "utter": step.utter, "rejections": []}
                yield {"type": COLLECT_PATTERN, "frame_id": "BBBBBBBB", "flow_id": COLLECT_PATTERN, **collect}
                return
    raise ValueError(f"No flow asks for the slot {slot}, so an answer to it can't be measured.")


def _same(said: Any, wanted: Any) -> bool:
    """Whether two values are the same once they have the slot's type."""
    if isinstance(wanted, bool):
        return str(said).lower() == str(wanted).lower()
    if isinstance(wanted, int | float):
        try:
            return abs(float(said) - wanted) < 1e-9
        except (TypeError, ValueError):
            return False
    return str(said).casefold() == str(wanted).casefold()
