"""The API's description, mended where the framework leaves something out; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_whole_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Put back what is null in examples: FastAPI drops every null of a description, those of its examples too."""
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    for schema in schemas.values():
        if "examples" in schema:
            schema["examples"] = [_whole(example, schema, schemas) for example in schema["examples"]]
    return document


def _whole(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    schema = _plain(schema, schemas)
    if isinstance(value, list):
        return [_whole(each, schema.get("items", {}), schemas) for each in value]
    if not isinstance(value, dict):
        return value
    known: Mapping[str, Any] = schema.get("properties", {})
    missing = {name: None for name in schema.get("required", ()) if name not in value}
    others = schema.get("additionalProperties")
    other = others if isinstance(others, Mapping) else {}
    return {name: _whole(each, known.get(name, other), schemas) for name, each in (value | missing).items()}


def _plain(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference, or the one beside null."""
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            return _plain(option, schemas)
    reference = schema.get("$ref")
    return schema if reference is None else schemas[reference.rpartition("/")[2]]
