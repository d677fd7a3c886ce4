"""Vectors of the project's own embeddings: for all passages at training, for a query at run time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from talkwright.engine.llm.group import ModelGroup
from talkwright.engine.llm.port import ModelFailed
from talkwright.engine.llm.settings import Group
from talkwright.engine.search.index import External, SearchIndex
from talkwright.engine.search.passages import Passage

_AT_ONCE = 128  # texts of one request
_SECONDS = 60.0  # for one request


def with_external(index: SearchIndex, group: Group) -> SearchIndex:
    """The index with vectors of the project's embeddings. Raises ModelFailed."""
    vectors = np.asarray(asyncio.run(_embedded(index.passages, group)), np.float32)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ModelFailed(f"{name_of(group)} gave vectors that can't be used.")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float16)
    return replace(index, external=External(name_of(group), unit))


def name_of(group: Group) -> str:
    """The name by which vectors of a group are told from those of another: models that stand in are the same one."""
    return group.deployments[0].model


async def _embedded(passages: Sequence[Passage], group: Group) -> list[list[float]]:
    model = ModelGroup(group)
    try:
        found: list[list[float]] = []
        texts = [f"{passage.heading}\n{passage.whole}" for passage in passages]
        for start in range(0, len(texts), _AT_ONCE):
            found += await model.embed(texts[start : start + _AT_ONCE], seconds=_SECONDS)
        return found
    finally:
        await model.close()
