"""The API's documentation page: the OpenAPI document as plain HTML, with nothing fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

_STYLE = """
:root{color-scheme:light dark;--text:#16181d;--soft:#505661;--line:#e5e7ea;--page:#fff;--sunken:#f6f7f8;
--accent:#274fc7}
@media (prefers-color-scheme:dark){:root{--text:#eceef1;--soft:#b0b5bf;--line:#26282e;--page:#17181c;--sunken:#121317;
--accent:#8fb0ff}}
body{margin:0 auto;max-width:960px;padding:32px;background:var(--page);color:var(--text);
font:14px/22px Inter,ui-sans-serif,system-ui,sans-serif}
h1{font-size:20px}h2{font-size:15px;margin-top:40px;border-bottom:1px solid var(--line);padding-bottom:8px}
details{border-bottom:1px solid var(--line);padding:8px 0}summary{cursor:pointer}
code,pre{font:12px/18px ui-monospace,Menlo,Consolas,monospace}pre{background:var(--sunken);padding:12px;overflow:auto}
.method{display:inline-block;width:64px;color:var(--accent);font-weight:600}.soft{color:var(--soft)}a{color:var(--accent)}
"""
_METHODS = ("get", "post", "put", "patch", "delete")


async def docs_page(request: Request) -> HTMLResponse:
    """Every operation by area, with its parameters, body and answers."""
    document: dict[str, Any] = request.app.openapi()
    nonce = request.state.request_id
    body = Markup("").join(_areas(document))
    page = Markup(
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<title>API · Talkwright</title><style nonce="{}">{}</style><body><main><h1>Talkwright API {}</h1>'
        '<p class="soft">The same as <a href="/api/openapi.json">openapi.json</a>. Programs send '
        "<code>Authorization: Bearer …</code>.</p>{}</main></body></html>"
    ).format(nonce, Markup(_STYLE), document["info"]["version"], body)  # noqa: S704 - the style is our own constant
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'; base-uri 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


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
