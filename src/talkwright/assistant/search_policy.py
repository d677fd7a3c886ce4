"""The search of a project's documents, as config.yml names it (dialogue-semantics 7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

POLICY = "EnterpriseSearchPolicy"
TRIGGER = "action_trigger_search"
FOLDER_STORE = "faiss"
"""The store whose documents lie in a folder of the project: the only one that is built in."""
DEFAULT_SOURCE = "./docs"
SUFFIXES = (".txt", ".md")


def search_policy(config: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """The JSON pointer of the policy in the config and its settings; None where the project has none."""
    policies = config.get("policies")
    for index, entry in enumerate(policies if isinstance(policies, list) else ()):
        name = entry.get("name") if isinstance(entry, Mapping) else entry
        if isinstance(name, str) and name.rpartition(".")[2] == POLICY:
            return f"/policies/{index}", entry if isinstance(entry, Mapping) else {}
    return None


def store_of(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """The policy's `vector_store`; what is none reads as empty."""
    store = policy.get("vector_store")
    return store if isinstance(store, Mapping) else {}


def is_folder_store(store: Mapping[str, Any]) -> bool:
    """Whether the documents lie in a folder of the project."""
    return str(store.get("type") or FOLDER_STORE).lower() == FOLDER_STORE


def folder_of(store: Mapping[str, Any]) -> str | None:
    """The folder of the documents relative to the project, "" for all of it; None for one outside of it."""
    source = store.get("source")
    written = str(source if source is not None else DEFAULT_SOURCE)
    path = PurePosixPath(written)
    if path.is_absolute() or ".." in path.parts or "\\" in written or "\0" in written or ":" in written:
        return None
    return "" if path == PurePosixPath(".") else f"{path}"


def is_document(path: str, folder: str) -> bool:
    """Whether a file of the project is one of the documents."""
    inside = not folder or path.startswith(f"{folder}/")
    return inside and path.lower().endswith(SUFFIXES)
