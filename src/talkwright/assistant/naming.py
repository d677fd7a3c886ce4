"""The assistant's own name in its project: what a bot stamps into its events as `assistant_id`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from talkwright.assistant.build import merged_document
from talkwright.assistant.editing import EditError, apply_edit, new_item
from talkwright.assistant.items import Item, ItemBody, Kind
from talkwright.assistant.project import ProjectFile, fit

CONFIG = "config.yml"
SPARE = "config/assistant.yml"
"""Where a config goes when `config.yml` says nothing that makes it one."""
KEY = "assistant_id"


def assistant_id(items: Iterable[Item]) -> str | None:
    """The name that a project's config gives, None where it gives none."""
    bodies = [ItemBody(str(item.kind), item.name, item.body) for item in items if item.kind is Kind.CONFIG]
    said = merged_document(bodies, "config", []).get(KEY)
    return said if isinstance(said, str) and said else None


def with_assistant_id(
    files: Sequence[ProjectFile], items: Sequence[Item], name: str
) -> tuple[list[ProjectFile], list[Item]]:
    """The project with a config that gives this name; each line that says nothing of it stays as it is."""
    configs = {item.name: item for item in items if item.kind is Kind.CONFIG}
    first = min(configs, key=lambda path: (path != CONFIG, path), default=CONFIG)
    named = {path: _named(item, name) for path, item in configs.items() if path == first or KEY in _map(item)}
    if not configs:
        path = SPARE if any(file.path == CONFIG for file in files) else CONFIG
        named = {path: new_item(Kind.CONFIG, path, {KEY: name}, files)}
    placed = {file.path: file for file in files}
    for item in named.values():
        placed |= {file.path: file for file in fit(placed.values(), item)}
    others = [item for item in items if item.kind is not Kind.CONFIG or item.name not in named]
    return list(placed.values()), [*others, *named.values()]


def _map(config: Item) -> Mapping[str, Any]:
    return config.body if isinstance(config.body, Mapping) else {}


def _named(config: Item, name: str) -> Item:
    if config.body is not None and not isinstance(config.body, Mapping):
        return config  # no config at all; validation says so, and no training begins
    body = _map(config)
    if body.get(KEY) == name:
        return config
    whole = {"op": "replace", "path": "", "value": {**body, KEY: name}}
    try:
        return apply_edit(config, [{"op": "add", "path": f"/{KEY}", "value": name} if body else whole])
    except EditError:  # a text in which no key can be put, as one whose map is an alias: then it is written anew
        return new_item(Kind.CONFIG, config.name, whole["value"])
