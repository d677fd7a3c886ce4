"""Rules and stories that want different things at one moment; looked for at training (8.4)."""

from __future__ import annotations

from collections.abc import Iterator

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.parsing.stories import STORIES
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.stories import InLoop, Rule, SlotsSet, Story
from talkwright.engine.dialogue.classic.paths import MOST_PATHS, Path, choices, lead, paths_of, unreached, ways_through
from talkwright.engine.dialogue.classic.policies import DEFAULT_INTENTS, Policies
from talkwright.engine.dialogue.classic.rules import Case
from talkwright.engine.dialogue.classic.states import LISTEN, State, Track


def contradictions(assistant: Assistant) -> list[Problem]:
    """What is wrong between the rules and stories of an assistant: contradictions, checkpoints, too many paths."""
    if not assistant.rules and not assistant.stories:
        return []
    return [*_between(assistant), *_checkpoints(assistant), *_too_many(assistant)]


def _between(assistant: Assistant) -> Iterator[Problem]:
    policies = Policies(assistant)
    if not policies.settings.rules or not policies.settings.contradictions:
        return
    told: set[tuple[str, str]] = set()
    for story, states, action in _moments(assistant, policies):
        case = _other(policies, states, action)
        if case is None or (story.name, case.rule.name) in told or _is_told_apart(story, case):
            continue
        told |= {(story.name, case.rule.name), (case.rule.name, story.name)}
        yield _problem(story, case, states[-1], action)


def _moments(assistant: Assistant, policies: Policies) -> Iterator[tuple[Story, tuple[State, ...], str]]:
    """Each choice of each rule and story with its states."""
    features = policies.features
    for rule in assistant.rules:
        for way in ways_through(rule.steps):
            track = Track(features)
            for condition in rule.conditions:
                lead(track, condition, features)
            for states, action in choices(Path(rule, way), track, features):
                given = states[-1].action == LISTEN and states[-1].intent is None
                if not given and (action != LISTEN or rule.waits):
                    yield rule, states, action
    for path in paths_of(assistant.stories):
        for states, action in choices(path, Track(features), features):
            yield path.story, states, action


def _other(policies: Policies, states: tuple[State, ...], action: str) -> Case | None:
    """The rule that wants another action at this moment."""
    now = states[-1]
    if (now.action == LISTEN and now.intent in DEFAULT_INTENTS) or action == now.loop:
        return None
    case = policies.book.best(states)
    if case is None or case.action == action or (now.loop == now.action and action == LISTEN):
        return None
    returns = now.loop is not None and case.action == LISTEN and case.is_general
    return None if returns else case


def _is_told_apart(story: Story, case: Case) -> bool:
    """Whether the other rule speaks of what this rule leaves open, and so stands beside it: a special case of it."""
    if not isinstance(story, Rule):
        return False
    said: set[str | None] = set()
    for step in (*story.conditions, *story.steps):
        if isinstance(step, SlotsSet):
            said |= {mark.name for mark in step.slots}
        elif isinstance(step, InLoop):
            said.add(None)
    return not case.empty <= said or (case.rule.at_start and not story.at_start)


def _kind(story: Story) -> str:
    return "rule" if isinstance(story, Rule) else "story"


def _problem(story: Story, case: Case, now: State, action: str) -> Problem:
    after = f"the intent `{now.intent}`" if now.action == LISTEN else f"`{now.action}`"
    wants, other = (
        f"waits for the user (`{one}`)" if one == LISTEN else f"wants `{one}`" for one in (action, case.action)
    )
    return Problem(
        "talks-contradict",
        Severity.ERROR,
        f"After {after} the {_kind(story)} “{story.name}” {wants}, but the rule “{case.rule.name}”"
        f"{f' in {case.rule.file}' if case.rule.file != story.file else ''} {other}. Rules always win, so let both say"
        " the same, or give the rule a condition that tells them apart.",
        kind=STORIES,
        name=story.file,
        path=story.path,
        subject=case.rule.name,
    )


def _checkpoints(assistant: Assistant) -> Iterator[Problem]:
    for story, name in unreached(assistant.stories):
        yield Problem(
            "checkpoint-missing",
            Severity.WARNING,
            f"The story “{story.name}” begins at the checkpoint `{name}`, to which no story leads, so it is never told."
            " End another story there, or take the checkpoint away.",
            kind=STORIES,
            name=story.file,
            path=story.path,
        )


def _too_many(assistant: Assistant) -> Iterator[Problem]:
    if len(paths_of(assistant.stories)) < MOST_PATHS:
        return
    yield Problem(
        "stories-too-many",
        Severity.ERROR,
        f"The stories with their `or` steps and checkpoints make {MOST_PATHS:,} conversations or more, too many to"
        " remember. Use rules for what always goes the same way, and fewer `or` steps in one story.",
        kind=STORIES,
        name=assistant.stories[0].file,
    )
