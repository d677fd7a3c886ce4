"""What a message says, before anybody decides what to do: its intent among all of them, and its entities.

In the form of `parse_data` (wire-protocols 3.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from talkwright.engine.understanding.local.classifier import FlowClassifier, Intent
from talkwright.engine.understanding.local.documents import OUT_OF_SCOPE
from talkwright.engine.understanding.local.entities import Entity
from talkwright.engine.understanding.local.pipeline import Fallback

NLU_FALLBACK = "nlu_fallback"
_RANKED = 10  # intents that are listed


def parsed(
    text: str, classifier: FlowClassifier, entities: Iterable[Entity], fallback: Fallback | None, language: str
) -> dict[str, Any]:
    """Intent, ranking and entities. Without intents that have examples the intent has no name."""
    ranking = classifier.intents(text, language) if classifier.knows_intents else []
    accepted = bool(ranking) and classifier.accepts(text, language)
    chosen = _chosen(ranking, accepted, fallback)
    listed = [chosen, *(one for one in ranking if one.name != chosen.name)] if chosen is not None else []
    return {
        "intent": _told(chosen) if chosen is not None else {"name": None, "confidence": 0.0},
        "intent_ranking": [_told(one) for one in listed[:_RANKED]],
        "entities": [entity.to_dict() for entity in entities],
    }


def _chosen(ranking: Sequence[Intent], accepted: bool, fallback: Fallback | None) -> Intent | None:
    """The intent of the message; one of other matters has that of the fallback or of what is out of scope, if any."""
    own = [intent for intent in ranking if intent.name != OUT_OF_SCOPE]
    if not ranking:
        return None
    first, second = ranking[0], ranking[1].confidence if len(ranking) > 1 else 0.0
    strange = next((intent for intent in ranking if intent.name == OUT_OF_SCOPE), None)
    if not accepted and strange is not None:
        return strange
    if fallback is not None:
        unsure = first.confidence < fallback.threshold or first.confidence - second < fallback.ambiguity
        if unsure or not accepted:
            return Intent(NLU_FALLBACK, 1.0 - first.confidence)
    return own[0] if accepted and own else first


def _told(intent: Intent) -> dict[str, Any]:
    return {"name": intent.name, "confidence": round(intent.confidence, 4)}
