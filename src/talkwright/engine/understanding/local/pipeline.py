"""What a project's pipeline asks of the understanding, in the names of the public format.

Only settings that change what a message is taken for are read; which model does the work is ours to choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.engine.understanding.local.recognisers import RECOGNISERS

_DUCKLING, _REGEXES, _FALLBACK = "DucklingEntityExtractor", "RegexEntityExtractor", "FallbackClassifier"


@dataclass(frozen=True, slots=True)
class Fallback:
    """`FallbackClassifier`: an intent below `threshold`, or hardly ahead of the next, is `nlu_fallback`."""

    threshold: float = 0.3
    ambiguity: float = 0.1


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`kinds` are the values to recognise; lookups and regexes of the project count unless they are switched off."""

    kinds: tuple[str, ...] = ()
    lookups: bool = True
    regexes: bool = True
    fallback: Fallback | None = None


def pipeline_of(assistant: Assistant) -> Pipeline:
    """Reads the pipeline, and which recognised values the domain knows or a slot is filled from."""
    parts = dict(_parts(assistant.config))
    wanted = set(assistant.domain.entities)
    for slot in assistant.domain.slots.values():
        wanted |= {str(one.keys.get("entity")) for one in slot.mappings if one.type == "from_entity"}
    if _DUCKLING in parts:
        dimensions = parts[_DUCKLING].get("dimensions")
        wanted |= set(map(str, dimensions)) if isinstance(dimensions, list) else set(RECOGNISERS)
    regexes, fallback = parts.get(_REGEXES, {}), parts.get(_FALLBACK)
    return Pipeline(
        kinds=tuple(kind for kind in RECOGNISERS if kind in wanted),
        lookups=regexes.get("use_lookup_tables") is not False,
        regexes=regexes.get("use_regexes") is not False,
        fallback=None
        if fallback is None
        else Fallback(_share(fallback, "threshold", 0.3), _share(fallback, "ambiguity_threshold", 0.1)),
    )


def _parts(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    listed = config.get("pipeline")
    for part in listed if isinstance(listed, list) else ():
        if isinstance(part, str):
            yield part.rpartition(".")[2], {}
        elif isinstance(part, Mapping) and isinstance(part.get("name"), str):
            yield part["name"].rpartition(".")[2], part


def _share(part: Mapping[str, Any], key: str, default: float) -> float:
    value = part.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default
