"""What a training makes of a project's documents: the index that goes into the model, and what people are told."""

from __future__ import annotations

from collections.abc import Sequence

from talkwright.assistant.assistant import Assistant
from talkwright.engine.llm.port import ModelFailed
from talkwright.engine.search.configuring import read_search
from talkwright.engine.search.documents import Document, cut
from talkwright.engine.search.embedding import with_external
from talkwright.engine.search.index import SearchIndex, build_index

_LOCAL = "local"


def indexed(assistant: Assistant, documents: Sequence[Document]) -> tuple[SearchIndex | None, list[str]]:
    """The index of the documents, None where there is nothing to search, and notices."""
    passages, problems = cut(documents)
    notices = [problem.message for problem in problems]
    if not passages:
        return None, notices
    index = build_index(passages, tuple(dict.fromkeys([assistant.language, *assistant.additional_languages])))
    settings, _ = read_search(assistant, with_models=_may_ask(assistant))
    if settings is None or settings.embeddings is None:
        return index, notices
    try:
        return with_external(index, settings.embeddings), notices
    except ModelFailed as fault:
        told = "The documents are found by their words and by the local vectors alone."
        return index, [*notices, f"{fault} {told} Train again once it answers."]


def _may_ask(assistant: Assistant) -> bool:
    own = assistant.config.get("talkwright")
    return not (isinstance(own, dict) and own.get("understanding") == _LOCAL)
