"""The words for what an edit did to one item: sentences of the history, from the data that `telling` keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Place = Sequence[Any]

_DID = {"changed": "Changed", "added": "Set", "removed": "Removed"}
"""What became of a field."""

_LONGEST_NAME = 80

_FLOW_FIELDS = {
    "if": "condition to start",
    "nlu_trigger": "intents that start it",
    "persisted_slots": "values kept after it",
    "translation": "translated name",
    "run_pattern_completed": "question at the end",
}
_STEP_FIELDS = {
    "collect": "slot",
    "utter": "question",
    "rejections": "validation",
    "next": "way on",
    "set_slots": "values",
    "ask_before_filling": "setting “ask before filling”",
    "force_slot_filling": "setting “prevent digressions”",
    "reset_after_flow_ends": "setting “forget it at the end”",
    "link": "linked flow",
    "call": "called flow",
    "action": "action",
}
_VARIATION_FIELDS = {
    "metadata": "settings",
    "custom": "payload",
    "quick_replies": "quick replies",
    "rephrase": "rephrasing",
    "rephrase_prompt": "prompt of the rephrasing",
}
_BUTTON_FIELDS = {
    "title": "the title of button {n} of {whole}",
    "payload": "what button {n} of {whole} sends",
    "url": "the address of button {n} of {whole}",
}
_SLOT_FIELDS = {
    "initial_value": "initial value",
    "mappings": "way to be filled",
    "influence_conversation": "influence on the conversation",
}
_STEPS = {
    "id": "step {name}",
    "collect": "question for {name}",
    "action": "action {name}",
    "link": "link to {name}",
    "call": "call of {name}",
    "set_slots": "step that sets slots",
    "noop": "branching",
}


def told_in_words(told: Mapping[str, Any]) -> str | None:
    """The sentence for what was told of an edit; None where there are no words for it."""
    words = _KINDS.get(str(told.get("kind", "")))
    if words is None:
        return None
    try:
        return words(told, _cut(told.get("name", "")))
    except (TypeError, KeyError, IndexError, ValueError):  # a body of another shape, where a map stands for a list
        return None


def _flow(told: Mapping[str, Any], name: str) -> str | None:
    did, step = told["did"], told.get("step")
    if "steps" in told:
        verb, preposition = ("Added", "to") if did == "added" else ("Removed", "from")
        count = told["steps"]
        what = f"the {_step(step)}" if step else "a step" if count == 1 else f"{count} steps"
        return f"{verb} {what} {preposition} {name}"
    if did == "renamed":
        return f"Renamed the {_step(step)} to {_cut(told['new_name'])} in {name}" if step else None
    place: Place = told["place"]
    if step is None:
        return f"{_DID[did]} the {_field(place, _FLOW_FIELDS)} of {name}"
    if place[0] == "next" and len(place) > 2 and place[-1] == "if":
        return f"{_DID[did]} the condition of branch {place[1] + 1} at the {_step(step)} in {name}"
    return f"{_DID[did]} the {_field(place, _STEP_FIELDS)} of the {_step(step)} in {name}"


def _step(step: Mapping[str, str]) -> str:
    ((kind, name),) = step.items()
    pattern = "message {name}" if kind == "action" and name.startswith("utter_") else _STEPS[kind]
    return pattern.format(name=_cut(name))


def _response(told: Mapping[str, Any], name: str) -> str:
    did, place, several = told["did"], told["place"], told.get("several")
    number = f" {place[0] + 1}" if several else ""
    of_text = f" of variation{number}" if several else ""
    match place:
        case [_]:
            return _came_or_went(did, f"variation{number}", "variation", name)
        case [_, "text"]:
            return f"{_DID[did]} text{number} of {name}" if several else f"{_DID[did]} the text of {name}"
        case [_, "translation", language, *_]:
            which = f"text{number}" if several else "the text"
            return f"{_DID[did]} {which} of {name} in {_cut(language).upper()}"
        case [_, "buttons", *rest] if did != "changed" and len(rest) < 2:
            return _came_or_went(did, "a button", "button", f"variation{number} of {name}" if several else name)
        case [_, "buttons"]:
            return f"Changed the buttons{of_text} of {name}"
        case [_, "buttons", index]:
            return f"Changed button {index + 1}{of_text} of {name}"
        case [_, "buttons", index, "translation", language, *_]:
            return f"{_DID[did]} button {index + 1}{of_text} of {name} in {_cut(language).upper()}"
        case [_, "buttons", index, key, *_]:
            pattern = _BUTTON_FIELDS.get(str(key), "button {n} of {whole}")
            whole = f"{of_text.removeprefix(' of ')} of {name}" if several else name
            return f"{_DID[did]} {pattern.format(n=index + 1, whole=whole)}"
        case [_, "metadata", key, *_]:
            return f"{_DID[did]} the {_field([key], _VARIATION_FIELDS)}{of_text} of {name}"
    return f"{_DID[did]} the {_field(place[1:], _VARIATION_FIELDS)}{of_text} of {name}"


def _slot(told: Mapping[str, Any], name: str) -> str:
    did, place = told["did"], told["place"]
    if place[0] == "values" and len(place) > 1:
        return _came_or_went(did, "a value", "value", f"the slot {name}", place[1])
    return f"{_DID[did]} the {_field(place, _SLOT_FIELDS)} of the slot {name}"


def _examples(noun: str) -> Callable[[Mapping[str, Any], str], str]:
    def said(told: Mapping[str, Any], name: str) -> str:
        did, place = told["did"], told["place"]
        numbered = next((part for part in place if isinstance(part, int)), None)
        if numbered is None:
            return f"{_DID[did]} the {_field(place, {})} of {name}"
        article = "an" if noun[0] in "aeiou" else "a"
        return _came_or_went(did, f"{article} {noun}", noun, name, numbered)

    return said


def _file(told: Mapping[str, Any], name: str) -> str:
    return f"{_DID[told['did']]} {_cut(told['place'][0])} in {name}"


def _came_or_went(did: str, one: str, noun: str, whole: str, index: int | None = None) -> str:
    """A member of a list that was added, removed or changed."""
    if did == "added":
        return f"Added {one} to {whole}"
    if did == "removed":
        return f"Removed {one} from {whole}"
    return f"Changed {one if index is None else f'{noun} {index + 1}'} of {whole}"


def _field(place: Place, known: Mapping[str, str]) -> str:
    key = _cut(place[0]) if place else "text"
    return known.get(key, key.replace("_", " "))


def _cut(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"


_KINDS: Mapping[str, Callable[[Mapping[str, Any], str], str | None]] = {
    "flow": _flow,
    "response": _response,
    "slot": _slot,
    "intent": _examples("example"),
    "regex": _examples("pattern"),
    "synonym": _examples("value"),
    "lookup": _examples("value"),
    "config": _file,
    "endpoints": _file,
    "credentials": _file,
    "domain": _file,
}
