"""The texts of a project that speak for its flows: what the classifier learns from, and what traces can point at."""

from __future__ import annotations

from dataclasses import dataclass

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.flows import Flow
from talkwright.engine.understanding.local.texts import readable

_MAX_DOCUMENTS = 20_000


@dataclass(frozen=True, slots=True)
class Document:
    """One text that speaks for a flow (or for none)."""

    label: str
    text: str


def flow_documents(assistant: Assistant) -> list[Document]:
    """What the project says about its flows: names in all languages, descriptions, and examples."""
    documents: list[Document] = []
    for flow in sorted(assistant.user_flows.values(), key=lambda one: one.id):
        if startable_by_text(flow):
            texts = dict.fromkeys(text for text in _texts(flow, assistant) if text.strip())
            documents += [Document(flow.id, text) for text in texts]
    return documents[:_MAX_DOCUMENTS]


def startable_by_text(flow: Flow) -> bool:
    """Whether a sentence may ever start the flow: a guard that is plainly false means "only by link or call" (1.6)."""
    return (flow.guard or "").strip().lower() != "false"


def names_of(flow: Flow) -> list[str]:
    """What the flow is called: its id as words, its name, and its name in other languages."""
    translated = (str(one["name"]) for one in flow.translation.values() if one.get("name"))
    return [readable(flow.id), flow.name, *translated]


def _texts(flow: Flow, assistant: Assistant) -> list[str]:
    intents = dict.fromkeys([*(trigger.intent for trigger in flow.nlu_triggers), flow.id])
    examples = [example.text for intent in intents for example in assistant.nlu.intents.get(intent, ())]
    return [*names_of(flow), flow.description, *examples]
