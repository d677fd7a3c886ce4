"""Leaves out what only follows from another problem: names that stand where nothing could be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from talkwright.assistant.items import Kind
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.project import Project
from talkwright.assistant.project.talks import text_of

UNREADABLE = "file-unreadable"
_MISSING = ("question-missing", "form-question-missing", "unknown-variable", "intent-not-in-domain")
_FLOWLESS = "no-flow"
_NAMES = re.compile(r"`([^`]+)`")
_WORD = re.compile(r"[\w./-]+")
_ADVICE = re.compile(r" (?:Did you mean|Create|Choose|Declare) ")


@dataclass(frozen=True)
class Unread:
    """Files that can't be read, by their texts, empty or None where one is kept as bytes: what they define is unknown.

    So what is reported as missing may stand there, and the file alone is the problem.
    """

    texts: tuple[str | None, ...] = ()

    def may_hold(self, problem: Problem) -> bool:
        """Whether what the problem misses may stand in one of the files."""
        if problem.code == _FLOWLESS:
            return bool(self.texts)
        names = frozenset(_missed(problem))
        return bool(names) and (not all(self.texts) or bool(names & self.words))

    @cached_property
    def words(self) -> frozenset[str]:
        """Whatever the texts may name."""
        return frozenset(word for text in self.texts for word in _WORD.findall(text or ""))


def without_consequences(problems: Iterable[Problem], project: Project) -> list[Problem]:
    """The problems but for what is reported as missing that an unread file, or a mistyped section, may have declared.

    A mistyped section that hides what would be an error is one itself: nothing may be trained without those names.
    """
    problems = list(problems)
    sections = {problem.key: words for problem in problems if (words := _mistyped(problem, project))}
    paths = {problem.file for problem in problems if problem.code == UNREADABLE and problem.file is not None}
    unread = Unread(tuple(text_of(project, path) for path in sorted(paths)))
    hidden: frozenset[str] = frozenset().union(*sections.values())
    kept: list[Problem] = []
    wrong: set[str] = set()
    for problem in problems:
        names = frozenset(_missed(problem))
        if not (names & hidden or unread.may_hold(problem)):
            kept.append(problem)
        elif problem.severity is Severity.ERROR:
            wrong.update(key for key, words in sections.items() if names & words)
    return [replace(problem, severity=Severity.ERROR) if problem.key in wrong else problem for problem in kept]


def _missed(problem: Problem) -> Iterator[str]:
    """The names that a problem says are missing; what its advice names is there. None where it misses nothing."""
    if not (problem.code.startswith("undeclared-") or problem.code in _MISSING):
        return
    if problem.code == "intent-not-in-domain" and problem.name is not None:
        yield problem.name
    told = problem.message if problem.code.endswith("question-missing") else _ADVICE.split(problem.message)[0]
    yield from (name.strip("{}") for name in _NAMES.findall(told))


def _mistyped(problem: Problem, project: Project) -> frozenset[str]:
    """What stands in a domain under a key that nobody knows."""
    if problem.code != "unknown-key" or problem.kind != Kind.DOMAIN or problem.path.count("/") != 1:
        return frozenset()
    bodies = (item.body for item in project.items if item.kind is Kind.DOMAIN and item.name == problem.name)
    body = next(bodies, None)
    return frozenset(_keys(body.get(problem.path[1:]) if isinstance(body, Mapping) else None))


def _keys(section: Any) -> Iterator[str]:
    for entry in section if isinstance(section, list | Mapping) else ():
        yield from map(str, entry) if isinstance(entry, Mapping) else (str(entry),)
