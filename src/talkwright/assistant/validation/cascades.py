"""Leaves out what only follows from another problem: names that stand where nothing could be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from talkwright.assistant.items import Kind
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.project import Project
from talkwright.assistant.project.talks import text_of

_UNREAD = "file-unreadable"
_MISSING = ("question-missing", "form-question-missing", "unknown-variable", "intent-not-in-domain")
_NAMES = re.compile(r"`([^`]+)`")
_WORD = re.compile(r"[\w./-]+")
_ADVICE = re.compile(r" (?:Did you mean|Create|Choose|Declare) ")


def without_consequences(problems: Iterable[Problem], project: Project) -> list[Problem]:
    """The problems but for names reported as missing that an unread file, or a mistyped section, may have declared.

    A mistyped section that hides what would be an error is one itself: nothing may be trained without those names.
    """
    problems = list(problems)
    sections = {problem.key: words for problem in problems if (words := _mistyped(problem, project))}
    unread = {problem.file for problem in problems if problem.code == _UNREAD and problem.file is not None}
    texts = [text_of(project, path) for path in unread]
    everything = not all(texts)  # one is kept as bytes: whatever is missing may stand there
    hidden = {word for text in texts for word in _WORD.findall(text)}.union(*sections.values())
    kept: list[Problem] = []
    wrong: set[str] = set()
    for problem in problems:
        names = set(_named(problem)) if _is_missing(problem) else set()
        if not names or not (everything or names & hidden):
            kept.append(problem)
        elif problem.severity is Severity.ERROR:
            wrong.update(key for key, words in sections.items() if names & words)
    return [replace(problem, severity=Severity.ERROR) if problem.key in wrong else problem for problem in kept]


def _is_missing(problem: Problem) -> bool:
    return problem.code.startswith("undeclared-") or problem.code in _MISSING


def _named(problem: Problem) -> Iterator[str]:
    """The names that a problem says are missing; what its advice names is there."""
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
