"""The oracle: what the messages of a test file mean, written down beside it, so that no model is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.builtins import BUILTIN_INTENTS
from talkwright.assistant.domain import Domain
from talkwright.assistant.parsing.shape import closest
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.program import Program
from talkwright.engine.dialogue.triggers import commands_of_intent
from talkwright.engine.ports import Understood
from talkwright.engine.testing.e2e.cases import Case, CaseError
from talkwright.engine.testing.e2e.files import ORACLE_SUFFIX, document_of
from talkwright.engine.understanding.llm.command_lines import read_answer
from talkwright.engine.understanding.merging import merged

_INTENT_KEYS = ("intent", "entities")
_ENTITY_KEYS = ("entity", "value", "role", "group")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one message means: lines of commands, and its intent with the entities where it is said."""

    lines: tuple[str, ...] = ()
    intent: str | None = None
    entities: tuple[Mapping[str, Any], ...] = ()


class Oracle:
    """An understanding that was written down, and a parser for rules, stories and forms (dialogue-semantics 4.2, 8.2).

    `turns` says which user step each conversation is at.
    """

    def __init__(self, cases: Sequence[Case], assistant: Assistant) -> None:
        """Raises CaseError where it doesn't fit the cases, or names what isn't in the domain."""
        self._program = Program(assistant)
        written = {file: read_oracle(file) for file in {case.file for case in cases}}
        self._meanings: dict[tuple[Path, str], Sequence[Meaning]] = {}
        for case in cases:
            meanings = written[case.file].get(case.name)
            if meanings is None or len(meanings) != case.said:
                had = "nothing" if meanings is None else f"{len(meanings)} lists"
                raise CaseError(f"{case.file.name}, “{case.name}”: its oracle has {had} for {case.said} user steps.")
            place = f"{oracle_of(case.file).name}, “{case.name}”"
            for step, meaning in enumerate(meanings, start=1):
                _refuse_strangers(meaning, assistant.domain, f"{place}, user step {step}")
            self._meanings[case.file, case.name] = meanings
        self.turns: dict[str, tuple[Case, int]] = {}

    def understand(self, _text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:  # noqa: ARG002 - the port has it
        """The commands of the turn that the conversation is at: what its intent means, then those written down."""
        meaning = self._meaning(tracker)
        found = []
        if meaning.intent is not None:
            found = commands_of_intent(self._program, tracker, meaning.intent, 1.0, meaning.entities)
        lines = "\n".join(meaning.lines)
        read, _ = read_answer(lines, "v3", flows=assistant.user_flows.keys(), earlier=bool(found))
        return Understood(
            commands=merged(found, read),
            parse_data=_parse_data(meaning),
            trace={"source": "oracle", "lines": list(meaning.lines)},
        )

    def parse(self, _text: str, tracker: Tracker, _assistant: Assistant, *, language: str) -> Mapping[str, Any]:  # noqa: ARG002 - as above
        """Intent and entities of the turn that the conversation is at."""
        return _parse_data(self._meaning(tracker))

    def _meaning(self, tracker: Tracker) -> Meaning:
        case, turn = self.turns[tracker.sender_id]
        return self._meanings[case.file, case.name][turn]


def oracle_of(file: Path) -> Path:
    """Where the oracle of a test file stands."""
    return file.with_name(file.stem + ORACLE_SUFFIX)


def read_oracle(file: Path) -> dict[str, list[Meaning]]:
    """What each user step of a test file's cases means, by case; raises CaseError."""
    path = oracle_of(file)
    if not path.is_file():
        raise CaseError(
            f"{path.name} is missing beside {file.name}: for each case, one list of command lines per user step."
        )
    document = document_of(path)
    if not isinstance(document, Mapping) or not all(isinstance(one or [], list) for one in document.values()):
        raise CaseError(f"{path.name} must map each case to its lists of command lines.")
    return {
        str(case): [_meaning(step, f"{path.name}, “{case}”, user step {at}") for at, step in enumerate(steps or (), 1)]
        for case, steps in document.items()
    }


def _meaning(written: Any, place: str) -> Meaning:
    """One step's meaning from its list of lines; a line may be a map with an intent and its entities."""
    lines: list[str] = []
    said: list[Mapping[str, Any]] = []
    for line in written if isinstance(written, list) else [written]:
        if isinstance(line, Mapping):
            said.append(line)
        elif line is not None and (text := str(line)).strip():
            if not any(read_answer(text, "v3", flows=(), earlier=True)):
                raise CaseError(f"{place}: “{text}” is no command; write `start flow NAME`, for example.")
            lines.append(text)
    if len(said) > 1:
        raise CaseError(f"{place}: a message has one intent, here are {len(said)}.")
    if not said:
        return Meaning(tuple(lines))
    _refuse_unknown(said[0], _INTENT_KEYS, place, "an intent's line")
    intent = said[0].get("intent")
    if not isinstance(intent, str) or not intent:
        raise CaseError(f"{place}: an intent is written as `intent: NAME`, with `entities` where it has some.")
    return Meaning(tuple(lines), intent, tuple(_entities(said[0].get("entities"), place)))


def _entities(written: Any, place: str) -> Iterator[Mapping[str, Any]]:
    """Entities from a map of values by name, or from a list of maps that may have role and group, too."""
    if isinstance(written, Mapping):
        for name, value in written.items():
            for one in value if isinstance(value, list) else [value]:
                yield {"entity": str(name), "value": one}
        return
    for one in written if isinstance(written, list) else () if written is None else (written,):
        if not isinstance(one, Mapping) or not isinstance(one.get("entity"), str) or "value" not in one:
            raise CaseError(
                f"{place}: `entities` are a map of values by name, or a list of maps with `entity` and `value`."
            )
        _refuse_unknown(one, _ENTITY_KEYS, place, "an entity")
        yield dict(one)


def _refuse_unknown(written: Mapping[str, Any], known: Sequence[str], place: str, what: str) -> None:
    for key in map(str, written):
        if key not in known:
            meant = closest(key, set(known) - set(map(str, written)))
            mend = f"Did you mean `{meant}`?" if meant else f"It may have {', '.join(f'`{one}`' for one in known)}."
            raise CaseError(f"{place}: {what} has no key `{key}`. {mend}")


def _refuse_strangers(meaning: Meaning, domain: Domain, place: str) -> None:
    """Raises CaseError for an intent or entity that the domain doesn't have: no rule could be meant by it."""
    intents = domain.intents.keys() | BUILTIN_INTENTS
    named: list[tuple[str, str | None, Set[str]]] = [("intent", meaning.intent, intents)]
    named += [("entity", str(entity["entity"]), domain.entities.keys()) for entity in meaning.entities]
    for kind, name, known in named:
        if name is not None and name not in known:
            meant = closest(name, known)
            mend = f"Did you mean “{meant}”?" if meant else "Add it there, or name another."
            raise CaseError(f"{place}: there is no {kind} “{name}” in the domain. {mend}")


def _parse_data(meaning: Meaning) -> dict[str, Any]:
    sure = 1.0 if meaning.intent is not None else 0.0
    return {
        "intent": {"name": meaning.intent, "confidence": sure},
        "entities": [dict(entity) for entity in meaning.entities],
    }
