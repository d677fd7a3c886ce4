"""Rules, stories and forms: what they name, and whether anything asks them (dialogue-semantics 1.8, 2.3, 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from talkwright.assistant.parsing.shape import Findings, closest
from talkwright.assistant.parsing.stories import parse_forms, parse_talks
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.project.talks import line_at, sections_in
from talkwright.assistant.stories import (
    AnyOf,
    Checkpoint,
    Done,
    Form,
    Heard,
    InLoop,
    Rule,
    SlotMark,
    SlotsSet,
    Story,
    StoryStep,
)
from talkwright.assistant.validation.check import Check
from talkwright.assistant.validation.components import INTENT_ROUTER, LLM_ROUTER, named, short

RULE_POLICY = "RulePolicy"
REMEMBERING = ("MemoizationPolicy", "AugmentedMemoizationPolicy", "TEDPolicy")

_LEFT_OUT = frozenset(
    [
        "action_two_stage_fallback",
        "action_default_ask_affirmation",
        "action_default_ask_rephrase",
        "action_revert_fallback_events",
    ]
)


def check_talks(check: Check) -> None:
    """Checks the rules and stories of one file."""
    rules, stories, problems = parse_talks(check.name, check.body)
    check.findings.problems += problems
    for rule in rules:
        _check_rule(check, rule)
    for story in (*rules, *stories):
        _check_names(check, story)
    _check_policies(check, any_rule=bool(rules), any_story=bool(stories))
    _check_router(check)


def check_file(check: Check) -> None:
    """Checks the rules and stories in a file that is kept as its text, each problem at its line."""
    if not isinstance(check.body, str):
        return
    body = sections_in(check.name, check.body)
    if not body:
        return
    inner = Check(check.name, body, Findings(check.findings.kind, check.name), check.facts)
    check_talks(inner)
    check.findings.problems += [
        replace(
            problem, kind=check.findings.kind, path="", line=line_at(check.body, problem.path), subject=problem.path
        )
        for problem in inner.findings.problems
    ]


def _what(story: Story) -> str:
    return f"The {'rule' if isinstance(story, Rule) else 'story'} “{story.name}”"


def _check_rule(check: Check, rule: Rule) -> None:
    heard = sum(_hears(step) for step in rule.steps)
    restricted = all(
        entry.get("restrict_rules", True) is not False
        for _, name, entry in named(check.facts.settings("config"), "policies")
        if short(name) == RULE_POLICY
    )
    if heard > 1 and restricted:
        check.findings.error(
            "rule-with-two-messages",
            rule.path,
            f"{_what(rule)} has {heard} messages of the user; a rule may have one. Divide it, or write a story.",
        )
    if any(isinstance(step, Checkpoint) for step in rule.steps):
        check.findings.error(
            "rule-with-checkpoint",
            rule.path,
            f"{_what(rule)} has a checkpoint; rules are not joined. Write a story, or leave it out.",
        )


def _hears(step: StoryStep) -> bool:
    return isinstance(step, Heard) or (isinstance(step, AnyOf) and isinstance(step.ways[0], Heard))


def _flat(steps: tuple[StoryStep, ...]) -> Iterator[StoryStep]:
    for step in steps:
        yield from step.ways if isinstance(step, AnyOf) else (step,)


def _check_names(check: Check, story: Story) -> None:
    conditions = story.conditions if isinstance(story, Rule) else ()
    for step in (*conditions, *_flat(story.steps)):
        match step:
            case Heard():
                _must_be(check, story, "intent", step.intent, severe=False)
                for mention in step.mentions:
                    _must_be(check, story, "entity", mention.entity, severe=False)
            case Done():
                _check_action(check, story, step.action)
            case SlotsSet() | Checkpoint():
                for mark in step.slots:
                    _check_slot(check, story, mark)
            case InLoop():
                if step.loop is not None:
                    _must_be(check, story, "form", step.loop)
            case _:
                pass


def _check_action(check: Check, story: Story, action: str) -> None:
    kinds = ("response",) if action.startswith("utter_") else ("action", "form")
    if action in _LEFT_OUT and check.facts.item("action", action) is None:
        check.findings.warning(
            "action-not-built-in",
            story.path,
            f"{_what(story)} runs `{action}`, which does nothing in Talkwright's engine. Answer with a response of your"
            " own, or write an action of this name.",
        )
    if any(action in check.facts.names(kind) for kind in (*kinds, "action")):
        return
    if any(name.startswith(f"{action}/") for name in check.facts.names("response")):
        return  # a retrieval response, of which a component of the pipeline speaks
    _missing(check, story, kinds[0], action, frozenset().union(*(check.facts.names(kind) for kind in kinds)))


def _must_be(check: Check, story: Story, kind: str, name: str, *, severe: bool = True) -> None:
    if not check.facts.has(kind, name):
        _missing(check, story, kind, name, check.facts.names(kind), severe=severe)


def _missing(check: Check, story: Story, kind: str, name: str, known: frozenset[str], *, severe: bool = True) -> None:
    meant = closest(name, known)
    mend = f"Did you mean `{meant}`?" if meant else "Declare it in the domain, or name another."
    note = check.findings.error if severe else check.findings.warning
    note(
        f"undeclared-{kind}",
        story.path,
        f"{_what(story)} names the {kind} `{name}`, which the domain doesn't have. {mend}",
    )


def _check_slot(check: Check, story: Story, mark: SlotMark) -> None:
    slot = check.facts.slot(mark.name)
    if slot is None:
        if mark.name != "requested_slot":
            _missing(check, story, "slot", mark.name, check.facts.names("slot"))
    elif not slot.influence_conversation and not slot.builtin:
        check.findings.warning(
            "slot-without-influence",
            story.path,
            f"{_what(story)} looks at the slot `{mark.name}`, which has no influence on the conversation, so nobody"
            " looks at it. Set its `influence_conversation: true`, or leave the slot out here.",
        )


def _check_policies(check: Check, *, any_rule: bool, any_story: bool) -> None:
    config = check.facts.settings("config")
    if not isinstance(config.get("policies"), list):
        return
    names = {short(name) for _, name, _ in named(config, "policies")}
    if any_rule and RULE_POLICY not in names:
        check.findings.warning(
            "rules-without-policy",
            "/rules",
            f"“{check.name}” has rules, but `policies` in the config has no `{RULE_POLICY}`, so nobody follows them."
            " Add it.",
        )
    if any_story and names.isdisjoint(REMEMBERING):
        check.findings.warning(
            "stories-without-policy",
            "/stories",
            f"“{check.name}” has stories, but `policies` in the config has no `MemoizationPolicy`, so nobody remembers"
            " them. Add it.",
        )


def _check_router(check: Check) -> None:
    if not check.facts.any_flow():
        return
    names = {short(name) for _, name, _ in named(check.facts.settings("config"), "pipeline")}
    if LLM_ROUTER in names:
        check.findings.error(
            "router-not-available",
            "",
            f"`{LLM_ROUTER}` is not part of Talkwright's engine, so nothing would ever lead to the rules and stories of"
            f" “{check.name}”. Use `{INTENT_ROUTER}`, which decides by intents, or leave the rules and stories out.",
        )
    elif INTENT_ROUTER not in names:
        check.findings.warning(
            "talks-without-router",
            "",
            f"The assistant has flows, and the pipeline has no `{INTENT_ROUTER}`: every message goes to the flows, and"
            f" nobody follows the rules and stories of “{check.name}”. Add the router, or leave them out.",
        )


def check_forms(check: Check) -> None:
    """Checks the forms of a domain file: shape, policy, and that each slot can be asked for."""
    forms = parse_forms(check.body.get("forms"), Findings("domain", check.name, problems=check.findings.problems))
    config = check.facts.settings("config")
    if forms and isinstance(config.get("policies"), list):
        names = {short(name) for _, name, _ in named(config, "policies")}
        if RULE_POLICY not in names:
            check.findings.warning(
                "form-without-policy",
                "/forms",
                f"The domain has forms, which only `{RULE_POLICY}` runs. Add it to `policies` in the config.",
            )
    if forms and check.facts.response("utter_default") is None:
        check.findings.hint(
            "form-without-default",
            "/forms",
            "Where a form can't use a message and no rule answers it, the bot only asks its question again. Write a"
            " response `utter_default`, which is said then.",
        )
    for form in forms.values():
        for slot in form.required_slots:
            _check_question(check, form, slot)


def _check_question(check: Check, form: Form, slot: str) -> None:
    asked = any(
        check.facts.response(name) is not None if name.startswith("utter_") else check.facts.has("action", name)
        for name in form.questions(slot)
    )
    if not asked:
        check.findings.warning(
            "form-question-missing",
            pointer_join(pointer_join("/forms", form.name), "required_slots"),
            f"The form “{form.name}” asks for `{slot}`, but there is neither a response `utter_ask_{form.name}_{slot}`"
            f" or `utter_ask_{slot}` nor an action that asks. Write one of them.",
        )
