"""The texts of a project that speak for its flows and intents: what the classifier learns from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.flows import Flow
from talkwright.engine.understanding.local.texts import readable

NONE = "<none>"
"""The label of texts that speak for nothing of the assistant's."""
OUT_OF_SCOPE = "out_of_scope"
"""The intent whose examples show what the assistant is not for, unless a flow is triggered by it."""
_MAX_DOCUMENTS = 40_000


@dataclass(frozen=True, slots=True)
class Document:
    """One text that speaks for a label (or for none)."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label stands for: an intent, a flow, or an intent that starts a flow if its probability is `least`."""

    intent: str | None = None
    flow: str | None = None
    least: float = 0.0


@dataclass(frozen=True)
class Lessons:
    """What there is to learn: texts with their labels, and what the labels stand for."""

    documents: tuple[Document, ...]
    meanings: Mapping[str, Meaning]


def lessons_of(assistant: Assistant) -> Lessons:
    """What the project says about its flows (names in all languages, descriptions) and the examples of its intents.

    A flow that one intent alone starts shares that intent's label; the first of several flows that an intent starts is
    the one it stands for (dialogue-semantics 8.3).
    """
    flows = sorted((flow for flow in assistant.user_flows.values() if startable_by_text(flow)), key=lambda one: one.id)
    meanings = dict(_intents(assistant))
    by_flow: dict[str, list[str]] = defaultdict(list)
    for label, meaning in meanings.items():
        if meaning.flow is not None:
            by_flow[meaning.flow].append(label)
    documents: list[Document] = []
    for flow in flows:
        taught = by_flow[flow.id]
        label = taught[0] if len(taught) == 1 and not meanings[taught[0]].least else f"flow {flow.id}"
        meanings.setdefault(label, Meaning(flow=flow.id))
        documents += [Document(label, text) for text in dict.fromkeys([*names_of(flow), flow.description])]
    for label, meaning in meanings.items():
        if meaning.intent is not None:
            documents += [Document(label, one.text) for one in assistant.nlu.intents[meaning.intent]]
    unique = dict.fromkeys(document for document in documents if document.text.strip())
    return Lessons(tuple(unique)[:_MAX_DOCUMENTS], meanings)


def _intents(assistant: Assistant) -> Iterator[tuple[str, Meaning]]:
    """Labels of the intents that have examples. An intent of a flow's name speaks for that flow."""
    started: dict[str, tuple[str, float]] = {}
    for flow in assistant.user_flows.values():
        for trigger in flow.nlu_triggers:
            started.setdefault(trigger.intent, (flow.id, trigger.confidence_threshold))
    for flow_id in assistant.user_flows:
        started.setdefault(flow_id, (flow_id, 0.0))
    for intent in sorted(assistant.nlu.intents):
        if intent in started:
            yield f"intent {intent}", Meaning(intent, *started[intent])
        elif intent == OUT_OF_SCOPE:
            yield NONE, Meaning(intent)
        else:
            yield f"intent {intent}", Meaning(intent)


def startable_by_text(flow: Flow) -> bool:
    """Whether a sentence may ever start the flow: a guard that is plainly false means "only by link or call" (1.6)."""
    return (flow.guard or "").strip().lower() != "false"


def names_of(flow: Flow) -> list[str]:
    """What the flow is called: its id as words, its name, and its name in other languages."""
    translated = (str(one["name"]) for one in flow.translation.values() if one.get("name"))
    return [readable(flow.id), flow.name, *translated]
