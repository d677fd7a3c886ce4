"""The API's documentation page: the OpenAPI document as plain HTML, with nothing fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from talkwright.backend.pages import page

_METHODS = ("get", "post", "put", "patch", "delete")


async def docs_page(request: Request) -> HTMLResponse:
    """Every operation by area, with its parameters, body and answers; anybody may ask, so it is made once."""
    kept = request.app.state
    if not hasattr(kept, "docs_body"):
        kept.docs_body = _body(request.app.openapi())
    return page("API", kept.docs_body)


def _body(document: dict[str, Any]) -> Markup:
    return Markup(
        '<main class="docs"><h1>Talkwright API {}</h1><p class="soft">The same as '
        '<a href="/api/openapi.json">openapi.json</a>. Programs send <code>Authorization: Bearer …</code>.</p>{}</main>'
    ).format(document["info"]["version"], Markup("").join(_areas(document)))


def _areas(document: dict[str, Any]) -> Iterator[Markup]:
    areas: dict[str, list[Markup]] = {}
    for path, operations in document.get("paths", {}).items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                areas.setdefault((operation.get("tags") or ["other"])[0], []).append(
                    _operation(method, path, operation)
                )
    for name in sorted(areas):
        yield Markup("<h2>{}</h2>{}").format(name.capitalize(), Markup("").join(areas[name]))


def _operation(method: str, path: str, operation: dict[str, Any]) -> Markup:
    parameters = Markup("").join(
        Markup("<li><code>{}</code> <span class=soft>in {}, {}</span> {}</li>").format(
            each["name"], each["in"], "required" if each.get("required") else "optional", each.get("description", "")
        )
        for each in operation.get("parameters", [])
    )
    content = operation.get("requestBody", {}).get("content", {})
    bodies = Markup("").join(
        Markup("<p>Body <code>{}</code>: <code>{}</code></p>").format(kind, _schema_name(value.get("schema", {})))
        for kind, value in content.items()
    )
    answers = Markup("").join(
        Markup("<li><code>{}</code> {}</li>").format(status, answer.get("description", ""))
        for status, answer in operation.get("responses", {}).items()
    )
    return Markup(
        '<details><summary><span class="method">{}</span><code>{}</code> <span class="soft">{}</span></summary>'
        "<p>{}</p><ul>{}</ul>{}<ul>{}</ul></details>"
    ).format(
        method.upper(),
        path,
        operation.get("summary", ""),
        escape(operation.get("description", "")),
        parameters,
        bodies,
        answers,
    )


def _schema_name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2] or str(schema.get("title") or schema.get("type") or "object")
