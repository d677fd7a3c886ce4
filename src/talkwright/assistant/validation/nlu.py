"""Intents, entities, synonyms, regexes and lookups (dialogue-semantics 1.8, 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from talkwright.assistant.builtins import BUILTIN_INTENTS
from talkwright.assistant.nlu import Example
from talkwright.assistant.parsing.nlu import AnnotationError, example_texts, parse_example, parse_examples, parse_terms
from talkwright.assistant.parsing.shape import shape_name
from talkwright.assistant.references import references
from talkwright.assistant.validation.check import Check, remove


def check_intent(check: Check) -> None:
    """Checks one intent: its declaration and its examples."""
    _, problems = parse_examples(check.name, check.body)
    check.findings.problems += problems
    body = check.body if isinstance(check.body, Mapping) else {}
    texts = list(example_texts(body))
    if not texts and check.name not in BUILTIN_INTENTS:
        check.findings.warning(
            "intent-without-examples",
            "",
            f"The intent “{check.name}” has no examples, so no message can be understood as it. Add some under `nlu`.",
        )
    if texts and body.get("domain") is None and "/" not in check.name:
        check.findings.warning(
            "intent-not-in-domain",
            "",
            f"The intent “{check.name}” has examples but is not listed under `intents` in the domain. Add it there.",
        )
    _check_declaration(check, body.get("domain"))
    seen: set[str] = set()
    for path, text in texts:
        if text.strip() in seen:
            check.findings.hint(
                "example-twice",
                path,
                f"The example “{text.strip()}” stands twice in “{check.name}”.",
                remove(_entry(path)),
            )
        seen.add(text.strip())
        other = min(check.facts.sharing("example", text) - {check.name}, default=None)
        if other is not None:
            check.findings.warning(
                "example-in-two-intents",
                path,
                f"The example “{text.strip()}” stands in “{check.name}” and in “{other}”; keep it in one of them.",
            )
        _check_marks(check, text, path)
    for reference in references("intent", check.name, check.body):
        if reference.kind == "entity" and not check.facts.has("entity", reference.name):
            check.missing(reference, f"The intent “{check.name}”", severe=False)


def _entry(path: str) -> str:
    return path.removesuffix("/text")


def _check_declaration(check: Check, declaration: Any) -> None:
    if isinstance(declaration, Mapping):
        if "triggers" in declaration:
            check.findings.warning(
                "old-triggers",
                "/domain/triggers",
                "The key `triggers` of an intent is no longer known. Use a rule or a flow's `nlu_trigger`.",
                remove("/domain/triggers"),
            )
        if "use_entities" in declaration and "ignore_entities" in declaration:
            check.findings.warning(
                "use-and-ignore",
                "/domain",
                f"The intent “{check.name}” has `use_entities` and `ignore_entities`; keep one of them.",
            )


def _check_marks(check: Check, text: str, path: str) -> None:
    try:
        example: Example = parse_example(text)
    except AnnotationError:
        return
    for mark in example.annotations:
        for part, value in (("roles", mark.role), ("groups", mark.group)):
            if value is None or not check.facts.has("entity", mark.entity):
                continue
            entity = check.facts.item("entity", mark.entity)
            listed = entity.get(part) if isinstance(entity, Mapping) else None
            if value not in (listed if isinstance(listed, list) else ()):
                check.findings.warning(
                    "undeclared-" + part[:-1],
                    path,
                    f"The example “{text.strip()}” uses the {part[:-1]} `{value}` of `{mark.entity}`, which the"
                    f" domain doesn't list. Add it under `{part}` of the entity.",
                )


def check_entity(check: Check) -> None:
    """Checks the declaration of one entity."""
    if check.body is None or check.body == {}:
        return
    if not isinstance(check.body, Mapping):
        check.findings.wrong_shape(
            "", f"The entity “{check.name}”", "a bare name or a map with `roles` and `groups`", check.body
        )
        return
    check.findings.unknown_keys(
        check.body, ("roles", "groups", "influence_conversation"), "", f"The entity “{check.name}”"
    )
    for part in ("roles", "groups"):
        check.findings.items(check.body, part, "", f"entity “{check.name}”")


def check_terms(check: Check) -> None:
    """Checks a synonym, regex or lookup."""
    kind = check.findings.kind
    terms, problems = parse_terms(kind, check.name, check.body)
    check.findings.problems += problems
    if not terms and not problems:
        check.findings.warning("no-terms", "", f"The {kind} “{check.name}” is empty. Add entries or delete it.")
    if kind != "regex":
        return
    for index, term in enumerate(terms):
        try:
            re.compile(term)
        except (re.error, OverflowError, RecursionError) as error:
            check.findings.error(
                "regex-broken",
                f"/{index}",
                f"The pattern `{term}` of “{check.name}” is no regular expression: {error}.",
            )


def check_action(check: Check) -> None:
    """Checks the declaration of a custom action."""
    if check.body is not None and not isinstance(check.body, Mapping):
        check.findings.error(
            "wrong-shape",
            "",
            f"The action “{check.name}” must be a bare name or a map with `send_domain`, but it is"
            f" {shape_name(check.body)}.",
        )
        return
    check.findings.unknown_keys(check.body or {}, ("send_domain",), "", f"The action “{check.name}”")
    check.findings.flag(check.body or {}, "send_domain", "", f"action “{check.name}”", default=False)
