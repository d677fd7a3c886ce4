"""The outermost shape of each kind's body: what an edit must not break, whatever validation says about the rest."""

from __future__ import annotations

from typing import Any

from talkwright.assistant.editing.patching import EditError
from talkwright.assistant.items import Kind
from talkwright.assistant.project.bodies import NLU_KINDS, TEXT_KINDS
from talkwright.assistant.project.structure import OWN_KEYS

_LISTS = frozenset({Kind.RESPONSE, *NLU_KINDS}) - {Kind.INTENT}


def check_shape(kind: Kind, body: Any) -> None:
    """Raises EditError for a body that no text of this kind could say."""
    if kind in TEXT_KINDS:
        if not isinstance(body, str):
            raise EditError("The body of a file is its text.")
    elif kind in _LISTS:
        if not isinstance(body, list):
            raise EditError(f"The body of content of kind “{kind}” is a list.")
    elif not isinstance(body, dict):
        raise EditError(f"The body of content of kind “{kind}” is a map.")
    if kind is Kind.INTENT:
        _check_intent(body)
    if kind is Kind.DOMAIN and OWN_KEYS & set(body):
        found = ", ".join(sorted(OWN_KEYS & set(body)))
        raise EditError(f"'{found}' is no part of the rest of a domain; its entries are items of their own.")
    if kind in NLU_KINDS and kind is not Kind.INTENT and not all(isinstance(example, str) for example in body):
        raise EditError(f"The entries of content of kind “{kind}” are texts.")


def _check_intent(body: dict[str, Any]) -> None:
    if not set(body) <= {"domain", "examples", "metadata"}:
        raise EditError("An intent has the keys 'domain', 'examples' and 'metadata'.")
    if not isinstance(body.get("domain"), dict | None):
        raise EditError("An intent's 'domain' is a map of its settings, or null where the domain does not name it.")
    examples = body.get("examples")
    if not isinstance(examples, list) or not all(isinstance(example, str | dict) for example in examples):
        raise EditError("An intent's 'examples' are a list of texts, or of maps with 'text'.")
