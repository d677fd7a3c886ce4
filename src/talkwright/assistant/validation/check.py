"""What every check works with: the findings of one item, the facts about the others, and words for common findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from talkwright.assistant.parsing.shape import Findings, Patch, closest
from talkwright.assistant.references import Reference, rename_patch
from talkwright.assistant.validation.facts import Facts

_KIND_WORDS: Mapping[str, str] = {
    "slot": "a slot",
    "response": "a response",
    "action": "an action",
    "flow": "a flow",
    "intent": "an intent",
    "entity": "an entity",
    "form": "a form",
    "prompt": "a prompt file",
}


Scope: TypeAlias = Literal["flow", "rejection", "response", "exit"]
Place: TypeAlias = tuple[str, Mapping[str, Any], str]
"""A step of a flow: its JSON pointer, body and id, as `walk_steps` tells them."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition's text at a place of the body; `what` says in a message whose condition it is.

    `scope` decides what it can read; `own_slot` is the only slot that a rejection sees.
    """

    text: str
    path: str
    what: str
    scope: Scope
    own_slot: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One item under check."""

    name: str
    body: Any
    findings: Findings
    facts: Facts

    def missing(self, reference: Reference, what: str, *, severe: bool = True) -> None:
        """Notes that something named does not exist, with the likely meant one as a fix; `what` says who names it."""
        kind, name = reference.kind, reference.name
        if name in self.facts.names(kind):
            return  # it is there, but can't be read as what it should be: that is a problem of its own
        meant = closest(name, self.facts.names(kind))
        fix: Patch = ()
        if meant is not None:
            mend = f"Did you mean `{meant}`?"
            if reference.syntax != "implied":
                asked = self.facts.has("response", f"utter_ask_{name}")  # else the question has the same slip
                fix = tuple(rename_patch(self.body, [reference], meant, keeps_question=asked))
        else:
            mend = f"Create {_KIND_WORDS.get(kind, kind)} with this name or choose an existing one."
        note = self.findings.error if severe else self.findings.warning
        note(
            f"undeclared-{kind}",
            reference.path,
            f"{what} names {_KIND_WORDS.get(kind, kind)} `{name}`, which does not exist. {mend}",
            fix,
        )

    def missing_variable(self, reference: Reference, shown: str, what: str) -> None:
        """Notes a variable of a text that no slot and no context field fills."""
        meant = closest(reference.name, self.facts.names("slot"))
        advice = f"Did you mean `{meant}`?" if meant else "Create the slot, or ignore this where an action passes it."
        self.findings.warning(
            "unknown-variable",
            reference.path,
            f"{what} has a variable `{shown}` that no slot fills; then the whole text is sent unfilled, braces and all."
            f" {advice}",
            tuple(rename_patch(self.body, [reference], meant)) if meant else (),
        )


def replace(path: str, value: Any) -> Patch:
    """A fix that puts another value in a place."""
    return ({"op": "replace", "path": path, "value": value},)


def add(path: str, value: Any) -> Patch:
    """A fix that writes a missing value."""
    return ({"op": "add", "path": path, "value": value},)


def remove(path: str) -> Patch:
    """A fix that deletes a place."""
    return ({"op": "remove", "path": path},)


def wrong_name(name: str, owner: str, what: str) -> str:
    """The first half of a sentence on a name that can't be one; an empty one is said in words."""
    return f"`{name}` can't be a {owner}'s {what}" if name.strip() else f"A {owner} has an empty {what}"
