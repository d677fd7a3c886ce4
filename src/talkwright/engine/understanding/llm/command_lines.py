"""The lines in which a language model writes commands, in their three syntaxes (dialogue-semantics 4.2).

Nothing that a model writes raises: a line that isn't understood is no command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Literal, get_args

from talkwright.assistant.payloads import NULL_WORDS
from talkwright.engine import commands as cmd
from talkwright.engine.commands import CannotHandle, Clarify, Command, SetSlot, StartFlow
from talkwright.engine.dropped import Dropped

Syntax = Literal["v1", "v2", "v3"]
SYNTAXES: tuple[Syntax, ...] = get_args(Syntax)
_FLOW_SLOT = "flow_name"  # a value for this slot, which models make up, names a flow to start
_MISSING = NULL_WORDS | {"", "[missing]", "[missing information]"}
_QUOTES = "'\"`“”‘’„"

_Make = Callable[[re.Match[str]], Command]


def _anchored(words: str) -> re.Pattern[str]:
    """A command that fills its line, list signs, quotes and punctuation around it forgiven."""
    return re.compile(rf"[\W\d_]*{words}[\s\W]*", re.IGNORECASE)


_NAME = rf"[{_QUOTES}]*(\w[\w-]*)[{_QUOTES}]*"


def _start(found: re.Match[str]) -> Command:
    return StartFlow(found[1])


def _set(found: re.Match[str]) -> Command:
    return SetSlot(found[1], _value(found[2]))


def _clarify(found: re.Match[str]) -> Command:
    return Clarify(tuple(sorted(set(re.findall(r"\w[\w-]*", found[1])))))


def _always(command: Command) -> _Make:
    return lambda _: command


_V1: tuple[tuple[re.Pattern[str], _Make], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (rf"StartFlow\(\s*{_NAME}\s*\)", _start),
        (rf"SetSlot\(\s*{_NAME}\s*,([^)]*)\)", _set),
        (r"CancelFlow\(\s*\)", _always(cmd.CancelFlow())),
        (r"Clarify\(([^)]*)\)", _clarify),
        (r"ChitChat\(\s*\)", _always(cmd.ChitChat())),
        (r"SearchAndReply\(\s*\)", _always(cmd.Knowledge())),
        (r"SkipQuestion\(\s*\)", _always(cmd.SkipQuestion())),
        (r"RepeatLastBotMessages\(\s*\)", _always(cmd.Repeat())),
        (r"ContinueAgent\(\s*\)", _always(cmd.ContinueAgent())),
        (rf"RestartAgent\(\s*{_NAME}\s*\)", lambda found: cmd.RestartAgent(found[1])),
    )
)
_WORDS: tuple[tuple[re.Pattern[str], _Make], ...] = (
    (_anchored(rf"start flow\s+{_NAME}"), _start),
    (re.compile(rf"[\W\d_]*set slot\s+{_NAME}\s+(.*)", re.IGNORECASE), _set),
    (_anchored("cancel flow"), _always(cmd.CancelFlow())),
    (re.compile(r"[\W\d_]*disambiguate flows\b(.*)", re.IGNORECASE), _clarify),
    (_anchored("offtopic reply"), _always(cmd.ChitChat())),
    (_anchored("skip question"), _always(cmd.SkipQuestion())),
    (_anchored("repeat message"), _always(cmd.Repeat())),
    (_anchored("continue agent"), _always(cmd.ContinueAgent())),
    (_anchored(rf"restart agent\s+{_NAME}"), lambda found: cmd.RestartAgent(found[1])),
)
_SEARCH = {"v2": "provide info", "v3": "search and reply"}


def read_commands(text: str, syntax: Syntax, *, flows: Collection[str], earlier: bool = False) -> list[Command]:
    """The commands in a model's answer, in its order; starts of other flows than `flows` are left out.

    `earlier` says whether something before the model understood the message; if nothing did, an answer without a
    command means that the message can't be handled.
    """
    return read_answer(text, syntax, flows=flows, earlier=earlier)[0]


def read_answer(
    text: str, syntax: Syntax, *, flows: Collection[str], earlier: bool = False
) -> tuple[list[Command], list[Dropped]]:
    """The same, and the commands that were left out of it."""
    read = _anywhere if syntax == "v1" else _one_per_line
    commands: list[Command] = []
    dropped: list[Dropped] = []
    for made in (made for line in text.splitlines() for made in read(line, syntax)):
        kept = _kept(made, flows)
        if kept is None:
            dropped.append(Dropped(made, "there is no such flow, or it can't start now"))
        else:
            commands.append(kept)
    return commands or ([] if earlier else [CannotHandle()]), dropped


def _anywhere(line: str, _: Syntax) -> Iterator[Command]:
    """One command of each kind, wherever it stands in the line, in the line's order."""
    found = [(match, make) for pattern, make in _V1 if (match := pattern.search(line)) is not None]
    for match, make in sorted(found, key=lambda one: one[0].start()):
        yield make(match)


def _one_per_line(line: str, syntax: Syntax) -> Iterator[Command]:
    if _anchored(_SEARCH[syntax]).fullmatch(line) is not None:
        yield cmd.Knowledge()
        return
    for pattern, make in _WORDS:
        match = pattern.fullmatch(line)
        if match is not None:
            yield make(match)
            return


def _kept(command: Command, flows: Collection[str]) -> Command | None:
    """What a command means among the flows that may start now; None where nothing is left of it."""
    if isinstance(command, SetSlot) and command.name == _FLOW_SLOT:
        command = StartFlow(str(command.value))
    if isinstance(command, StartFlow):
        return command if command.flow in flows else None
    if isinstance(command, Clarify):
        known = tuple(option for option in command.options if option in flows)
        return StartFlow(known[0]) if len(known) == 1 else Clarify(known)
    return command


def _value(written: str) -> str | None:
    """A slot's value without quotes around it; None for the words that mean that there is none."""
    text = written.strip()
    quoted = re.fullmatch(rf"[{_QUOTES}]+(.*?)[{_QUOTES}]+\W*", text)
    value = quoted[1].strip() if quoted is not None else text.rstrip(",;").strip()
    return None if value.lower() in _MISSING else value
