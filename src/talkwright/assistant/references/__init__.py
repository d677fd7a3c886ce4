"""Who names whom: the one basis of where-used, of renaming with everything that follows, and of validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from talkwright.assistant.references.in_domain import domain_references, intent_references, slot_references
from talkwright.assistant.references.in_flows import flow_references
from talkwright.assistant.references.in_responses import response_references
from talkwright.assistant.references.in_settings import settings_references
from talkwright.assistant.references.in_tests import end_to_end_references
from talkwright.assistant.references.reference import Reference, Syntax
from talkwright.assistant.references.renaming import rename_in, rename_patch, renamed_body

__all__ = ["Reference", "Syntax", "declared", "references", "rename_in", "rename_patch", "renamed_body"]

_BY_KIND: Mapping[str, Callable[[str, Any], Iterator[Reference]]] = {
    "flow": flow_references,
    "response": response_references,
    "slot": slot_references,
    "intent": intent_references,
    "domain": domain_references,
    "config": settings_references,
    "endpoints": settings_references,
    "test": end_to_end_references,
}


def references(kind: str, name: str, body: Any) -> list[Reference]:
    """Everything that an item's body names, in the order of the body; an item of another shape names nothing there."""
    find = _BY_KIND.get(kind)
    return [] if find is None else [reference.of(kind, name) for reference in find(name, body)]


def declared(kind: str, name: str, body: Any) -> list[tuple[str, str]]:
    """What an item brings into being: itself, and the forms that a domain holds, as (kind, name)."""
    found = [(kind, name)]
    if kind == "domain" and isinstance(body, Mapping) and isinstance(body.get("forms"), Mapping):
        found += [("form", str(form)) for form in body["forms"]]
    return found
