"""The API's description shows an example of every operation's request and main answer, and each one is true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from talkwright.backend.app import feature_modules, routed_app

DOCUMENT: dict[str, Any] = routed_app(feature_modules()).openapi()
BINARY = {"application/zip", "application/gzip", "application/octet-stream", "text/event-stream"}
"""Bytes and streams, which no example can show."""


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """What every operation takes, and what it answers when all goes well."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            name = f"{method.upper()} {path}"
            told = [("takes", operation.get("requestBody", {}))]
            told += [(status, answer) for status, answer in operation["responses"].items() if status.startswith("2")]
            for what, part in told:
                for kind, content in part.get("content", {}).items():
                    if kind not in BINARY:
                        yield f"{name} {what}", content


CONTENTS = list(contents())


def named(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself: behind a reference, in a list, or beside null."""
    if "$ref" in schema:
        found: dict[str, Any] = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return named(schema["anyOf"][0]) if "anyOf" in schema else schema


def examples(content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    schema = named(content["schema"])
    if schema.get("type") == "array":
        return [[each] for each in named(schema["items"]).get("examples", [])]
    return list(schema.get("examples", []))


def test_most_operations_take_or_answer_something() -> None:
    assert len(CONTENTS) > 50


@pytest.mark.parametrize(("name", "content"), CONTENTS, ids=[name for name, _ in CONTENTS])
def test_it_has_an_example_that_holds(name: str, content: dict[str, Any]) -> None:
    shown = examples(content)
    assert shown, name
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    for example in shown:
        assert [error.message for error in validator.iter_errors(example)] == []
        properties = named(content["schema"]).get("properties", {})
        if isinstance(example, dict) and properties:
            assert set(example) <= set(properties), "the example shows what isn't there"
