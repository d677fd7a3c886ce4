"""Rules, stories and forms from their JSON bodies to typed values (dialogue-semantics 2.3, 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from talkwright.assistant.parsing.shape import Findings, plain_text, shape_name
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.problems import Problem
from talkwright.assistant.stories import (
    AnyOf,
    Checkpoint,
    Done,
    Form,
    Heard,
    InLoop,
    Mention,
    Rule,
    SlotMark,
    SlotsSet,
    Story,
    StoryStep,
)

STORIES = "stories"
"""The kind of what holds the rules and stories of one file: `{"rules": […], "stories": […]}`."""
_STORY_KEYS = ("story", "steps", "metadata")
_RULE_KEYS = ("rule", "steps", "condition", "conversation_start", "wait_for_user_input", "metadata")
_STEP_KEYS = ("intent", "user", "action", "checkpoint", "slot_was_set", "active_loop", "or", "bot")
_BESIDE = ("entities", "slot_was_set", "metadata")
_FORM_KEYS = ("required_slots", "ignored_intents")

T = TypeVar("T", bound=Story)


def parse_talks(name: str, body: Any) -> tuple[tuple[Rule, ...], tuple[Story, ...], list[Problem]]:
    """The rules and stories of one file, and what is wrong with their shape; what can't be read is left out."""
    findings = Findings(STORIES, name)
    if not isinstance(body, Mapping):
        findings.wrong_shape("", f"The file “{name}”", "a map with `rules` or `stories`", body)
        return (), (), findings.problems
    rules = tuple(_named(body, "rules", "rule", findings, _rule))
    stories = tuple(_named(body, "stories", "story", findings, _story))
    return rules, stories, findings.problems


def parse_forms(body: Any, findings: Findings) -> dict[str, Form]:
    """The forms of a domain; those of an older release, which hold mappings, are reported."""
    forms = {}
    for name, written in findings.mapping({"forms": body}, "forms", "", "the domain").items():
        path, what = pointer_join("/forms", name), f"form “{name}”"
        if not isinstance(written, Mapping):
            findings.wrong_shape(path, f"The {what}", "a map with `required_slots`", written)
            continue
        findings.unknown_keys(written, _FORM_KEYS, path, f"The {what}")
        required = written.get("required_slots")
        if isinstance(required, Mapping):
            findings.error(
                "form-with-mappings",
                pointer_join(path, "required_slots"),
                f"The {what} has mappings under `required_slots`, as older releases had. Write a list of slots there,"
                " and the mappings under each slot of the domain.",
            )
            required = list(required)
        slots = _names(findings.items({"required_slots": required}, "required_slots", path, what))
        ignored = written.get("ignored_intents")
        ignored = [ignored] if isinstance(ignored, str) else ignored
        intents = _names(findings.items({"ignored_intents": ignored}, "ignored_intents", path, what))
        forms[str(name)] = Form(name=str(name), required_slots=slots, ignored_intents=intents)
    return forms


def _names(written: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in map(plain_text, written) if text))


def _named(
    body: Mapping[str, Any],
    section: str,
    key: str,
    findings: Findings,
    read: Callable[[Mapping[str, Any], str, str, Findings], T | None],
) -> Iterator[T]:
    for index, entry in enumerate(findings.items(body, section, "", f"the file “{findings.name}”")):
        path = f"/{section}/{index}"
        name = plain_text(entry.get(key)) if isinstance(entry, Mapping) else None
        if name is None:
            findings.error("wrong-shape", path, f"Entry {index + 1} of `{section}` must be a map with `{key}: a name`.")
            continue
        found = read(entry, path, name, findings)
        if found is not None:
            yield found


def _story(entry: Mapping[str, Any], path: str, name: str, findings: Findings) -> Story | None:
    what = f"story “{name}”"
    findings.unknown_keys(entry, _STORY_KEYS, path, f"The {what}")
    steps = _steps(entry, "steps", path, what, findings)
    return None if steps is None else Story(name=name, steps=steps, file=findings.name, path=path)


def _rule(entry: Mapping[str, Any], path: str, name: str, findings: Findings) -> Rule | None:
    what = f"rule “{name}”"
    findings.unknown_keys(entry, _RULE_KEYS, path, f"The {what}")
    steps = _steps(entry, "steps", path, what, findings)
    conditions = _steps(entry, "condition", path, what, findings) if entry.get("condition") is not None else ()
    if steps is None or conditions is None:
        return None
    kept = tuple(one for one in conditions if isinstance(one, SlotsSet | InLoop))
    if len(kept) < len(conditions):
        findings.error(
            "rule-condition",
            pointer_join(path, "condition"),
            f"A condition of the {what} must be `active_loop` or `slot_was_set`. What is said belongs to `steps`.",
        )
    return Rule(
        name=name,
        steps=steps,
        file=findings.name,
        path=path,
        conditions=kept,
        at_start=findings.flag(entry, "conversation_start", path, what, default=False),
        waits=findings.flag(entry, "wait_for_user_input", path, what, default=True),
    )


def _steps(
    entry: Mapping[str, Any], key: str, path: str, what: str, findings: Findings
) -> tuple[StoryStep, ...] | None:
    """The steps of a list; None where one says what this engine can't learn from."""
    steps: list[StoryStep] = []
    at = pointer_join(path, key)
    written = findings.items(entry, key, path, what)
    if not written:
        findings.error("story-without-steps", at, f"The {what} has no `{key}`. Write some, or delete it.")
        return None
    whole = True
    for index, step in enumerate(written):
        made = _step(step, pointer_join(at, index), what, findings)
        whole = whole and made is not None
        steps += made or ()
    return tuple(steps) if whole else None


def _step(step: Any, path: str, what: str, findings: Findings) -> list[StoryStep] | None:
    kinds = [key for key in _STEP_KEYS if isinstance(step, Mapping) and key in step]
    if not isinstance(step, Mapping) or not kinds:
        findings.error(
            "story-step", path, f"A step of the {what} must have one of {', '.join(_STEP_KEYS)}, but is {_told(step)}."
        )
        return None
    findings.unknown_keys(step, {*kinds, *_BESIDE}, path, f"A step of the {what}")
    kind = "intent" if "intent" in kinds else kinds[0]
    match kind:
        case "intent":
            return _heard(step, path, what, findings)
        case "user" | "bot":
            return _end_to_end(kind, path, what, findings)
        case "action":
            return _done(step, path, what, findings)
        case "slot_was_set":
            return [SlotsSet(_marks(step, path, what, findings))]
        case "active_loop":
            loop = plain_text(step["active_loop"])
            return [InLoop(loop or None)]
        case "checkpoint":
            marks = _marks(step, path, what, findings) if "slot_was_set" in step else ()
            return [Checkpoint(str(step["checkpoint"]), marks)]
        case _:
            return _any_of(step, path, what, findings)


def _told(step: Any) -> str:
    return f"a map with {', '.join(f'`{key}`' for key in step)}" if isinstance(step, Mapping) else shape_name(step)


def _end_to_end(kind: str, path: str, what: str, findings: Findings) -> list[StoryStep] | None:
    findings.warning(
        "story-end-to-end",
        pointer_join(path, kind),
        f"The {what} has `{kind}:` with words instead of an {'intent' if kind == 'user' else 'action'}; Talkwright's"
        f" engine doesn't learn from words, so the whole {what.partition(' ')[0]} is left out. Name an intent and"
        " actions, or move it to the tests.",
    )
    return None


def _done(step: Mapping[str, Any], path: str, what: str, findings: Findings) -> list[StoryStep] | None:
    action = plain_text(step["action"])
    if action:
        return [Done(action)]
    findings.wrong_shape(pointer_join(path, "action"), f"`action` of the {what}", "a name", step["action"])
    return None


def _heard(step: Mapping[str, Any], path: str, what: str, findings: Findings) -> list[StoryStep] | None:
    intent = plain_text(step["intent"])
    if not intent:
        findings.wrong_shape(pointer_join(path, "intent"), f"`intent` of the {what}", "a name", step["intent"])
        return None
    mentions = tuple(_mentions(step, path, what, findings))
    return [Heard(intent=intent.removeprefix("/"), mentions=mentions)]


def _mentions(step: Mapping[str, Any], path: str, what: str, findings: Findings) -> Iterator[Mention]:
    for index, entry in enumerate(findings.items(step, "entities", path, what)):
        if isinstance(entry, str):
            yield Mention(entity=entry)
            continue
        at = pointer_join(pointer_join(path, "entities"), index)
        if not isinstance(entry, Mapping) or not entry:
            findings.wrong_shape(at, f"An entity of the {what}", "a name, or `name: value`", entry)
            continue
        parts = {key: plain_text(entry.get(key)) for key in ("role", "group")}
        named = [(key, value) for key, value in entry.items() if key not in ("role", "group", "value", "entity")]
        entity, value = named[0] if named else (plain_text(entry.get("entity")), entry.get("value"))
        if entity:
            yield Mention(entity=entity, value=value, role=parts["role"], group=parts["group"])


def _marks(step: Mapping[str, Any], path: str, what: str, findings: Findings) -> tuple[SlotMark, ...]:
    written = step.get("slot_was_set")
    at = pointer_join(path, "slot_was_set")
    entries = [written] if isinstance(written, Mapping | str) else written
    marks: list[SlotMark] = []
    for index, entry in enumerate(findings.items({"slot_was_set": entries}, "slot_was_set", path, what)):
        if isinstance(entry, str):
            marks.append(SlotMark(name=entry, any_value=True))
        elif isinstance(entry, Mapping) and entry:
            marks += [SlotMark(name=str(name), value=value) for name, value in entry.items()]
        else:
            findings.wrong_shape(
                pointer_join(at, index), f"A slot of the {what}", "`name: value`, or a bare name", entry
            )
    return tuple(marks)


def _any_of(step: Mapping[str, Any], path: str, what: str, findings: Findings) -> list[StoryStep] | None:
    ways: list[Heard | SlotsSet] = []
    for index, entry in enumerate(findings.items(step, "or", path, what)):
        at = pointer_join(pointer_join(path, "or"), index)
        made = _step(entry, at, what, findings)
        if made is None:
            return None
        ways += [one for one in made if isinstance(one, Heard | SlotsSet)]
        if not any(isinstance(one, Heard | SlotsSet) for one in made):
            findings.error("story-step", at, f"An `or` of the {what} can hold intents and `slot_was_set` only.")
            return None
    if not ways:
        findings.error("story-step", path, f"An `or` of the {what} holds nothing. List at least two intents.")
        return None
    return [AnyOf(tuple(ways))]
