"""Which files of a project are its documents, within limits; what is left out is told with a way to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from talkwright.assistant.items import Item, Kind
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.search_policy import folder_of, is_document, is_folder_store, search_policy, store_of
from talkwright.engine.search.passages import Passage, passages_of

MOST_CHARACTERS = 1_000_000
"""Of one document."""
MOST_DOCUMENTS = 2_000
MOST_PASSAGES = 20_000
"""Of all documents: a search looks at each of them."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text of the project that answers are looked up in."""

    path: str
    text: str


def documents_of(items: Iterable[Item], config: Mapping[str, Any]) -> tuple[list[Document], list[Problem]]:
    """The documents of the folder that the search policy names, in order, and which of its files are none.

    Only files of the project as it was read are looked at, so links and other folders are out of reach.
    """
    found = search_policy(config)
    store = store_of(found[1]) if found is not None else {}
    folder = folder_of(store)
    if found is None or folder is None or not is_folder_store(store):
        return [], []
    documents: list[Document] = []
    problems: list[Problem] = []
    files = [item for item in items if item.kind is Kind.FILE and is_document(item.name, folder)]
    for item in sorted(files, key=lambda item: item.name):
        if not isinstance(item.body, str):
            problems.append(_left_out(item.name, "is no text in UTF-8, or too large for one. Save it as UTF-8."))
        elif len(item.body) > MOST_CHARACTERS:
            told = f"has {len(item.body):,} characters; {MOST_CHARACTERS:,} are read at most. Divide it."
            problems.append(_left_out(item.name, told))
        elif len(documents) == MOST_DOCUMENTS:
            problems.append(_left_out(item.name, f"is one too many: {MOST_DOCUMENTS:,} documents are read at most."))
            break
        elif item.body.strip():
            documents.append(Document(item.name, item.body))
    return documents, problems


def cut(documents: Iterable[Document]) -> tuple[list[Passage], list[Problem]]:
    """The passages of all documents, and a problem for the first one that found no room any more."""
    passages: list[Passage] = []
    for document in documents:
        own = passages_of(document.path, document.text)
        if len(passages) + len(own) > MOST_PASSAGES:
            told = f"and those after it find no room: {MOST_PASSAGES:,} passages are searched at most. Leave some out."
            return passages, [_left_out(document.path, told)]
        passages += own
    return passages, []


def _left_out(path: str, why: str) -> Problem:
    return Problem(
        "document-left-out",
        Severity.WARNING,
        f"The document {path} is not searched: it {why}",
        kind=Kind.FILE,
        name=path,
        file=path,
    )
