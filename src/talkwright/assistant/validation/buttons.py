"""Buttons: titles, and payloads that mean what they should (dialogue-semantics 2.2, 4.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from talkwright.assistant.parsing.shape import plain_text
from talkwright.assistant.payloads import MAX_ASSIGNMENTS, NULL_WORDS, inside_set_slots, split_assignments, unquoted
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references import Reference
from talkwright.assistant.references.reference import payload as payload_references
from talkwright.assistant.validation.check import Check, replace
from talkwright.assistant.validation.values import listed_spelling, problem_of

_ALMOST_SET_SLOTS = re.compile(r"/\s*set[_ ]?slots?\b", re.IGNORECASE)
_INTENT = re.compile(r"/(?P<intent>[^\s{}@(]+)(?:@[\d.]+)?\s*(?P<json>\{.*\})?\s*", re.DOTALL)


def check_buttons(check: Check, variation: Mapping[str, Any], path: str, what: str) -> None:
    """Checks the buttons of one variation."""
    for key in ("buttons", "quick_replies"):
        buttons = variation.get(key)
        if buttons is None:
            continue
        at = pointer_join(path, key)
        if not isinstance(buttons, list):
            check.findings.wrong_shape(at, f"`{key}` of {what[0].lower()}{what[1:]}", "a list", buttons)
            continue
        for index, button in enumerate(buttons):
            _check_button(check, button, pointer_join(at, index), f"Button {index + 1} of {what[0].lower()}{what[1:]}")


def _check_button(check: Check, button: Any, path: str, what: str) -> None:
    if not isinstance(button, Mapping):
        check.findings.wrong_shape(path, what, "a map with `title` and `payload`", button)
        return
    if not (plain_text(button.get("title")) or "").strip():
        check.findings.error("button-without-title", path, f"{what} has no `title`: people would see an empty button.")
    translated = button.get("translation")
    for language, entry in (translated if isinstance(translated, Mapping) else {}).items():
        if isinstance(entry, Mapping) and isinstance(entry.get("payload"), str):
            at = pointer_join(path, "translation", language, "payload")
            check_payload(check, entry["payload"], at, f"The `{language}` translation of {what[0].lower()}{what[1:]}")
    payload = plain_text(button.get("payload"))
    if payload is not None and payload.strip():
        check_payload(check, payload, pointer_join(path, "payload"), what)
    elif not button.get("url"):
        check.findings.error(
            "button-without-payload",
            path,
            f"{what} has no `payload`: say what a click sends, such as `/SetSlots(confirm=true)`, or give it a `url`.",
        )


def check_payload(check: Check, payload: str, path: str, what: str) -> None:
    """Checks what a payload sets or triggers; free text is understood like a typed message and always fine."""
    text = payload.strip()
    if not text.startswith("/"):
        return
    inside = inside_set_slots(text)
    if inside is not None:
        _check_assignments(check, inside, payload, path, what)
    elif _ALMOST_SET_SLOTS.match(text):
        check.findings.error(
            "broken-payload",
            path,
            f"{what} has the payload `{payload}`, which can't be read. Write `/SetSlots(slot=value)`, with this"
            f" spelling.",
        )
    else:
        _check_intent(check, text, payload, path, what)


def _check_assignments(check: Check, inside: str, payload: str, path: str, what: str) -> None:
    pairs = split_assignments(inside)
    if pairs is None:
        check.findings.error(
            "broken-payload",
            path,
            f"{what} has the payload `{payload}`, which can't be read. Write `/SetSlots(slot=value, other=value)`.",
        )
        return
    if len(pairs) > MAX_ASSIGNMENTS:
        check.findings.error(
            "payload-too-long", path, f"{what} sets {len(pairs)} slots at once; at most {MAX_ASSIGNMENTS} are allowed."
        )
    names = [name for name, _ in pairs]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        check.findings.error("payload-slot-twice", path, f"{what} sets `{name}` more than once. Keep one value.")
    places = {reference.name: reference for reference in payload_references(payload, path)}
    for name, written in pairs:
        value = unquoted(written)
        slot = check.facts.slot(name)
        if slot is None:
            check.missing(places.get(name) or Reference(path, "slot", name, "payload"), what)
            continue
        reason = None if value.lower() in NULL_WORDS else problem_of(slot, value)
        if reason is None:
            continue
        spelling = listed_spelling(slot, value)
        fix = replace(path, payload.replace(f"={value}", f"={spelling}", 1)) if spelling else ()
        check.findings.error("button-value", path, f"{what} sets `{name}` to `{value}`, but {reason}.", fix)


def _check_intent(check: Check, text: str, payload: str, path: str, what: str) -> None:
    match = _INTENT.fullmatch(text)
    if match is None:
        check.findings.error(
            "broken-payload",
            path,
            f"{what} has the payload `{payload}`, which can't be read. Write `/intent` or `/SetSlots(…)`.",
        )
        return
    written = match.group("json")
    if written is not None and not _is_json(written):
        check.findings.error(
            "broken-payload", path, f"{what} has broken JSON behind `/{match.group('intent')}` in its payload."
        )
    for reference in payload_references(payload, path):
        if reference.kind == "intent" and not check.facts.has("intent", reference.name):
            check.missing(reference, what, severe=False)


def _is_json(text: str) -> bool:
    for candidate in (text, text.replace("{{", "{").replace("}}", "}")):
        try:
            json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        return True
    return False
