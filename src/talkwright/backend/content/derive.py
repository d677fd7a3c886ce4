"""What is derived from an item's body when it is written: what lists show, and what it declares and refers to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from talkwright.assistant.digests import digest
from talkwright.assistant.parsing.flows import readable_default
from talkwright.assistant.pointers import pointer_split
from talkwright.assistant.references import Reference, declared, references
from talkwright.assistant.step_ids import walk_steps
from talkwright.assistant.validation.facts import shared_form
from talkwright.database.facts import Derived, Mention
from talkwright.database.items import Listing, StoredItem

LONGEST_NAME = 300
_SUMMARY = 300


def listing_of(kind: str, body: Any, name: str) -> Listing:
    """Title, text and figures of an item as lists show them; an item of another shape shows none."""
    describe = _LISTINGS.get(kind)
    title, summary, extra = describe(body) if describe is not None else (None, "", {})
    if kind == "flow" and title is None:
        title = readable_default(name)
    return Listing(title=_clean(title), summary=_clean(summary) or "", extra=extra)


def _clean(text: Any) -> str | None:
    """A text as a column can hold it and a list can show it."""
    if not isinstance(text, str):
        return None
    return " ".join(text.replace("\0", "").encode(errors="replace").decode().split())[:_SUMMARY]


def _flow(body: Any) -> tuple[Any, Any, dict[str, Any]]:
    if not isinstance(body, Mapping):
        return None, "", {}
    guard = body.get("if")
    steps = sum(1 for _ in walk_steps(body))
    return body.get("name"), body.get("description"), {"steps": steps, "guard": None if guard is None else str(guard)}


def _response(body: Any) -> tuple[Any, Any, dict[str, Any]]:
    variations = [entry for entry in body if isinstance(entry, Mapping)] if isinstance(body, list) else []
    text = next((entry["text"] for entry in variations if isinstance(entry.get("text"), str)), "")
    buttons = sum(len(entry["buttons"]) for entry in variations if isinstance(entry.get("buttons"), list))
    spoken = {
        str(language)
        for entry in variations
        if isinstance(entry.get("translation"), Mapping)
        for language in entry["translation"]
    }
    return None, text, {"variations": len(variations), "buttons": buttons, "languages": sorted(spoken)}


def _slot(body: Any) -> tuple[Any, Any, dict[str, Any]]:
    if not isinstance(body, Mapping):
        return None, "", {}
    figures = {"type": body.get("type"), "values": body.get("values"), "initial_value": body.get("initial_value")}
    return None, str(body.get("type") or ""), figures


def _intent(body: Any) -> tuple[Any, Any, dict[str, Any]]:
    examples = body.get("examples") if isinstance(body, Mapping) else None
    listed = examples if isinstance(examples, list) else []
    first = listed[0] if listed else ""
    return None, first.get("text") if isinstance(first, Mapping) else first, {"examples": len(listed)}


def _terms(body: Any) -> tuple[Any, Any, dict[str, Any]]:
    listed = [str(entry) for entry in body] if isinstance(body, list) else []
    return None, ", ".join(listed[:20]), {"values": len(listed)}


def _text(body: Any) -> tuple[Any, Any, dict[str, Any]]:
    if not isinstance(body, str):
        return None, "", {"bytes": None}
    return None, next((line for line in body[:2000].splitlines() if line.strip()), ""), {"bytes": len(body.encode())}


def _test(body: Any) -> tuple[Any, Any, dict[str, Any]]:
    cases = body.get("test_cases") if isinstance(body, Mapping) else None
    listed = cases if isinstance(cases, list) else []
    names = [str(case.get("test_case", "")) for case in listed if isinstance(case, Mapping)]
    return None, ", ".join(names[:20]), {"cases": len(listed)}


_LISTINGS: Mapping[str, Callable[[Any], tuple[Any, Any, dict[str, Any]]]] = {
    "flow": _flow,
    "response": _response,
    "slot": _slot,
    "intent": _intent,
    "synonym": _terms,
    "regex": _terms,
    "lookup": _terms,
    "prompt": _text,
    "file": _text,
    "test": _test,
}


def digest_of(kind: str, name: str, body: Any, data: bytes | None = None) -> bytes:
    """The digest of an item's meaning; that of a binary file is of its bytes."""
    if data is not None:
        return hashlib.sha256(data).digest()
    return bytes.fromhex(digest(kind, body, name))


def stored_name(name: str) -> str:
    """A name as an index can hold it: long ones and ones that no column takes by their hash."""
    if len(name) <= LONGEST_NAME and "\0" not in name and name.isprintable():
        return name
    return "sha256:" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def derived_of(item: StoredItem) -> Derived:
    """What an item declares and where it names others; nothing for a dead one."""
    if item.deleted:
        return Derived(item=item.id)
    found = references(item.kind, item.name, item.body)
    step_keys = keys_by_step(item.kind, item.name, item.body, item.keys)
    return Derived(
        item=item.id,
        declares={(kind, stored_name(name)) for kind, name in declared(item.kind, item.name, item.body)},
        refers=[_mention(item, reference, step_keys) for reference in found],
    )


def _mention(item: StoredItem, reference: Reference, step_keys: Mapping[str, str]) -> Mention:
    step = None if reference.step is None else step_keys.get(reference.step, reference.step)
    return Mention(
        kind=reference.kind,
        name=stored_name(reference.name),
        path=reference.path[:2000],
        step=step,
        text=_clean(_text_at(item.body, reference.path)) or reference.name[:_SUMMARY],
    )


def _text_at(body: Any, pointer: str) -> Any:
    for token in pointer_split(pointer):
        try:
            body = body[int(token)] if isinstance(body, list) else body[token]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return body


def keys_by_step(kind: str, name: str, body: Any, keys: Mapping[str, str]) -> dict[str, str]:
    """A flow's step keys by step ids, explicit or default; `keys` holds them by JSON pointer."""
    if kind != "flow" or not isinstance(body, Mapping):
        return {}
    return {step_id: keys[pointer] for pointer, _, step_id in walk_steps(body, name) if pointer in keys}


def shared_values(kind: str, name: str, body: Any) -> set[tuple[str, str]]:
    """The values of an item that should be unique among its kind, as validation asks for them."""
    found: set[tuple[str, str]] = set()
    if kind == "flow" and isinstance(body, Mapping):
        found.add(asked_form("flow-name", str(body.get("name") or readable_default(name))))
        found.add(asked_form("flow-description", str(body.get("description") or "")))
        found |= {
            asked_form("trigger-intent", reference.name)
            for reference in references(kind, name, body)
            if reference.kind == "intent"
        }
    if kind == "intent" and isinstance(body, Mapping) and isinstance(body.get("examples"), list):
        for example in body["examples"]:
            text = example.get("text") if isinstance(example, Mapping) else example
            found.add(asked_form("example", str(text)))
    return found


def asked_form(kind: str, name: str) -> tuple[str, str]:
    """A question of validation as it is kept: values that count as the same have one form."""
    if kind in ("flow-name", "flow-description", "trigger-intent", "example"):
        name = shared_form(kind, name)  # type: ignore[arg-type]  # the four words are the properties that it takes
    return kind, stored_name(name)
