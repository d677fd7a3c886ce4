"""The history's words: rendered from a change's command, so that they can be said better later, or in another language.

Commands come from the browser: a name and arguments, never trusted. A command that has no words here is said by its
name, and by the items that it touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talkwright.backend.content.told_words import told_in_words

KIND_WORDS: Mapping[str, str] = {
    "flow": "flow",
    "response": "response",
    "slot": "slot",
    "action": "action",
    "intent": "intent",
    "entity": "entity",
    "synonym": "synonym",
    "regex": "regex",
    "lookup": "lookup table",
    "prompt": "prompt",
    "config": "configuration",
    "endpoints": "endpoints",
    "credentials": "credentials",
    "domain": "domain",
    "test": "test",
    "file": "file",
}

_SENTENCES: Mapping[str, str] = {
    "create": "Created the {kind} {name}",
    "create-item": "Created the {kind} {name}",
    "create-flow": "Created the flow {name}",
    "create-response": "Created the response {name}",
    "create-slot": "Created the slot {name}",
    "delete": "Deleted the {kind} {name}",
    "delete-item": "Deleted the {kind} {name}",
    "reset-item": "Reset the {kind} {name} to the built-in one",
    "restore-item": "Restored the {kind} {name} as it was in change {change}",
    "rename": "Renamed the {kind} {name} to {new_name}",
    "rename-item": "Renamed the {kind} {name} to {new_name}",
    "duplicate-item": "Duplicated the {kind} {name}",
    "edit-source": "Edited the text of the {kind} {name}",
    "edit-text": "Edited a text of {name}",
    "edit-response": "Edited the response {name}",
    "edit-caption": "Edited a caption in {name}",
    "edit-description": "Edited the description of {name}",
    "edit-field": "Edited the {what} of {name}",
    "edit-button": "Edited a button of {name}",
    "add-button": "Added a button to {name}",
    "add-variation": "Added a variation to {name}",
    "remove-variation": "Removed a variation from {name}",
    "add-condition": "Added a condition to {name}",
    "edit-condition": "Edited a condition in {name}",
    "remove-condition": "Removed a condition from {name}",
    "add-example": "Added an example to {name}",
    "edit-example": "Edited an example of {name}",
    "remove-example": "Removed an example from {name}",
    "edit-slot": "Edited the slot {name}",
    "edit-step": "Edited the step {step} of {name}",
    "add-step": "Added the step {step} to {name}",
    "delete-step": "Deleted the step {step} from {name}",
    "move-step": "Moved the step {step} in {name}",
    "apply-fix": "Mended a problem in {name}",
    "import-project": "Imported {items} items",
    "create-assistant": "Created the assistant",
    "revert-change": "Reverted change {change}",
    "undo": "Undid: {words}",
    "redo": "Redid: {words}",
}

_BACK: Mapping[str, str] = {"undo": "Undid", "redo": "Redid"}


def plural(kind: str) -> str:
    """What several items of a kind are called."""
    word = KIND_WORDS[kind]
    if word.endswith("ty"):
        return f"{word[:-1]}ies"
    return word if word.endswith("s") else f"{word}es" if word.endswith("x") else f"{word}s"


def words_of(command: Mapping[str, Any], touched: str = "") -> str:
    """The sentence that the history shows; `touched` names what changed, for commands without words of their own."""
    name = str(command.get("name", ""))
    told = command.get("told")
    said = told_in_words(told) if isinstance(told, Mapping) else None
    if said is not None:
        return f"{_BACK[name]}: {said[0].lower()}{said[1:]}" if name in _BACK else said
    arguments = command.get("arguments")
    given = arguments if isinstance(arguments, Mapping) else {}
    sentence = _SENTENCES.get(name)
    if sentence is not None:
        values = {key: _word(value) for key, value in given.items()}
        values["kind"] = KIND_WORDS.get(str(given.get("kind", "")), "item")
        try:
            return sentence.format_map(values)
        except (KeyError, IndexError, ValueError, AttributeError):
            pass
    said = name.replace("-", " ").replace("_", " ").strip()[:80] or "changed"
    said = said[0].upper() + said[1:]
    return f"{said}: {touched}" if touched else said


def _word(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 80 else f"{text[:79]}…"
