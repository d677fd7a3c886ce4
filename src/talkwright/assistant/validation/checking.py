"""The two ways to ask for problems: of one item that changed, and of a whole set before training or after an import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from talkwright.assistant.build import declared_twice, merged_document
from talkwright.assistant.collecting import collection_paused
from talkwright.assistant.items import ItemBody
from talkwright.assistant.parsing.shape import Findings
from talkwright.assistant.parsing.stories import STORIES
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.validation import end_to_end, flows, nlu, responses, settings, slots, stories
from talkwright.assistant.validation.check import Check
from talkwright.assistant.validation.facts import Facts, ItemFacts

_CHECKS: Mapping[str, Callable[[Check], None]] = {
    "flow": flows.check_flow,
    "response": responses.check_response,
    "slot": slots.check_slot,
    "action": nlu.check_action,
    "intent": nlu.check_intent,
    "entity": nlu.check_entity,
    "synonym": nlu.check_terms,
    "regex": nlu.check_terms,
    "lookup": nlu.check_terms,
    "domain": settings.check_domain,
    "config": settings.check_config,
    "endpoints": settings.check_endpoints,
    "credentials": settings.check_credentials,
    "prompt": settings.check_prompt,
    "test": end_to_end.check_test,
    STORIES: stories.check_talks,
    "file": stories.check_file,
}


def check_item(kind: str, name: str, body: Any, facts: Facts) -> list[Problem]:
    """What is wrong with one item, seen with the facts about the others; errors first, each place once per code.

    `facts` should answer with this item's body too. Raises nothing for a body of any shape.
    """
    check = _CHECKS.get(kind)
    if check is None:
        return []
    findings = Findings(kind, name)
    check(Check(name, body, findings, facts))
    return _sorted(findings.problems)


def check_assistant(items: Iterable[ItemBody], facts: Facts | None = None) -> list[Problem]:
    """What is wrong with a whole set of items, as a training or an import needs it."""
    items = list(items)
    with collection_paused():
        return _problems_of(items, facts or ItemFacts(items))


def _problems_of(items: list[ItemBody], facts: Facts) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[tuple[str, str]] = set()
    for item in items:
        if (item.kind, item.name) in seen:
            problems.append(declared_twice(item))
            continue
        seen.add((item.kind, item.name))
        problems += check_item(item.kind, item.name, item.body, facts)
    for kind in ("config", "endpoints", "credentials", "domain"):
        files = [item for item in items if item.kind == kind and isinstance(item.body, Mapping)]
        merged_document(files, kind, problems)
    if not any(item.kind in ("flow", STORIES) for item in items):
        problems.append(NO_FLOW)
    return problems


NO_FLOW = Problem(
    "no-flow", Severity.WARNING, "The assistant has no flow, so it can do nothing yet. Create the first one."
)
"""What an assistant without any flow has as a whole."""
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}


def _sorted(problems: list[Problem]) -> list[Problem]:
    """Errors first, repetitions left out; problems of one code at one place are numbered, so that keys are unique."""
    unique: dict[str, dict[str, Problem]] = {}
    for problem in problems:
        unique.setdefault(problem.key, {}).setdefault(problem.message, problem)
    told_apart = [
        replace(problem, subject=str(number)) if number else problem
        for same in unique.values()
        for number, problem in enumerate(same.values())
    ]
    return sorted(told_apart, key=lambda problem: _ORDER[problem.severity])
