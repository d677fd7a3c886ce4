"""Conditions: whether they parse, read what exists, and compare what fits (dialogue-semantics 1.7, 1.8, 12)."""

from __future__ import annotations

from collections.abc import Iterable

from talkwright.assistant.conditions import (
    Comparison,
    Condition,
    ConditionError,
    Join,
    Name,
    SetLiteral,
    in_words,
    is_template,
    parse,
    render,
    template_error,
    template_names,
    walk,
)
from talkwright.assistant.conditions.regexes import safe_regex
from talkwright.assistant.parsing.shape import Patch
from talkwright.assistant.references import Reference
from talkwright.assistant.references.reference import slots_of
from talkwright.assistant.validation.check import Check, Expression, replace
from talkwright.assistant.validation.comparisons import check_comparison

_JOINS_WITHOUT_BRACKETS = (
    "`and` and `or` are mixed without brackets. They have the same precedence and group to the right, so this reads"
    " as: {words}. Write the brackets that you mean."
)


def check_expression(check: Check, at: Expression) -> None:
    """Checks one condition."""
    if is_template(at.text):
        _check_template(check, at)
        return
    try:
        tree = parse(at.text)
    except ConditionError as error:
        check.findings.error(
            "condition-broken", at.path, f"{at.what} can't be read at character {error.column}: {error.message}"
        )
        return
    sides = _right_sides(tree)
    for node in walk(tree):
        match node:
            case Name():
                _check_name(check, node, at, on_right=id(node) in sides)
            case Comparison():
                check_comparison(check, node, at)
                if node.operator == "matches":
                    _check_pattern(check, node, at)
            case _:
                pass
    _check_brackets(check, tree, at)


def _right_sides(tree: Condition) -> set[int]:
    return {id(node.right) for node in walk(tree) if isinstance(node, Comparison)} | {
        id(item) for node in walk(tree) if isinstance(node, SetLiteral) for item in node.items
    }


def _check_template(check: Check, at: Expression) -> None:
    error = template_error(at.text)
    if error is not None:
        check.findings.error("template-broken", at.path, f"{at.what} can't be read: {error}")
        return
    known = "slots" if at.scope == "rejection" else "context"
    strangers = [name for name in template_names(at.text) if name.partition(".")[0] != known]
    if strangers:
        check.findings.error(
            "template-name",
            at.path,
            f"{at.what} uses `{strangers[0]}` inside Jinja, which knows only `{known}` there. Write the slot outside of"
            f" the"
            " double braces.",
        )
    for name, span in slots_of(at.text):
        if check.facts.slot(name) is None:
            check.missing(Reference(at.path, "slot", name, "condition", span), at.what)


def _check_name(check: Check, name: Name, at: Expression, *, on_right: bool) -> None:
    if name.namespace == "slots" and name.slot:
        start = name.span[0] + len("slots.")
        if check.facts.slot(name.slot) is None:
            check.missing(Reference(at.path, "slot", name.slot, "condition", (start, start + len(name.slot))), at.what)
        elif at.scope == "rejection" and at.own_slot is not None and name.slot != at.own_slot:
            check.findings.warning(
                "rejection-sees-own-slot",
                at.path,
                f"{at.what} reads `{name.path}`, but a rejection sees only the slot it is for, `slots.{at.own_slot}`;"
                f" anything"
                " else is undefined there. Check it in a branch after the question instead.",
            )
        return
    if name.namespace == "context" and at.scope in ("flow", "rejection"):
        if at.scope == "rejection":
            check.findings.warning(
                "rejection-sees-own-slot",
                at.path,
                f"{at.what} reads `{name.path}`, but a rejection sees only its slot.",
            )
        return
    if name.namespace == "context":
        check.findings.error(
            "condition-name", at.path, f"{at.what} reads `{name.path}`, but only `slots.` can be read there."
        )
        return
    _strange_name(check, name, at, on_right=on_right)


def _strange_name(check: Check, name: Name, at: Expression, *, on_right: bool) -> None:
    fix: Patch = ()
    if check.facts.slot(name.path) is not None:
        fix = replace(at.path, at.text[: name.span[0]] + "slots." + at.text[name.span[0] :])
        advice = f"The slot of this name is read as `slots.{name.path}`."
    elif on_right:
        fix = replace(at.path, f"{at.text[: name.span[0]]}'{name.path}'{at.text[name.span[1] :]}")
        advice = f"A text needs quotation marks: `'{name.path}'`."
    else:
        advice = "Only `slots.name` and `context.name` can be read."
    check.findings.error(
        "condition-name",
        at.path,
        f"{at.what} has the bare word `{name.path}`, which is looked up and never found. {advice}",
        fix,
    )


def _check_pattern(check: Check, node: Comparison, at: Expression) -> None:
    pattern = safe_regex(str(getattr(node.right, "value", "")))
    if pattern.ambiguous:
        check.findings.warning(
            "slow-pattern",
            at.path,
            f"{at.what} matches a pattern that repeats something that can be read in several ways, such as `(a+)+`. It"
            f" could"
            f" run for ages, so it is only tried on texts up to {pattern.longest_text} characters; longer ones are an"
            " error. Write it without a repetition inside the repetition.",
        )


def _check_brackets(check: Check, tree: Condition, at: Expression) -> None:
    joins: Iterable[Join] = (node for node in walk(tree) if isinstance(node, Join))
    for join in joins:
        right = join.right
        if isinstance(right, Join) and right.word != join.word and not right.bracketed:
            message = _JOINS_WITHOUT_BRACKETS.format(words=in_words(tree))
            check.findings.warning("mixed-and-or", at.path, f"{at.what}: {message}", replace(at.path, render(tree)))
            return
