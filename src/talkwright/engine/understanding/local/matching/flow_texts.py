"""What a flow says of itself, gathered in one document: names, description, questions, choices and examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.domain import Slot
from talkwright.assistant.flows import CallStep, CollectStep, Flow
from talkwright.assistant.payloads import SlotsPayload, read_payload
from talkwright.engine.understanding.local.documents import names_of, startable_by_text
from talkwright.engine.understanding.local.texts import readable

_MAX_EXAMPLES = 40  # of one flow; where there are more, the trained classifier knows better
_MAX_FLOWS = 2000
_MAX_TEXT = 600  # characters of one text


@dataclass(frozen=True, slots=True)
class FlowTexts:
    """The document of one flow. `asked` are the slots its questions fill, the ones of flows it calls included."""

    flow: str
    names: tuple[str, ...]
    about: tuple[str, ...]  # description, and what the first question says
    choices: tuple[str, ...]  # values and titles of buttons
    examples: tuple[str, ...]
    asked: tuple[Slot, ...]


def texts_of_flows(assistant: Assistant, *, with_called: bool = True) -> list[FlowTexts]:
    """A document for each flow that a sentence may start, in the order of their ids.

    `with_called` says whether the questions of flows that they call belong to it, too.
    """
    flows = [flow for flow in assistant.user_flows.values() if startable_by_text(flow)]
    return [
        _texts(flow, assistant, with_called=with_called) for flow in sorted(flows, key=lambda one: one.id)[:_MAX_FLOWS]
    ]


def examples_of(flow: Flow, assistant: Assistant) -> list[str]:
    """The examples of the intents that start the flow."""
    intents = dict.fromkeys([*(trigger.intent for trigger in flow.nlu_triggers), flow.id])
    return [example.text for intent in intents for example in assistant.nlu.intents.get(intent, ())]


def _texts(flow: Flow, assistant: Assistant, *, with_called: bool) -> FlowTexts:
    questions = _questions(flow, assistant)
    told = questions if with_called else [step for step in flow.steps if isinstance(step, CollectStep)]
    slots = assistant.domain.slots
    asked = tuple(slots[step.slot] for step in questions if step.slot in slots and not step.ask_before_filling)
    translated = [str(one["description"]) for one in flow.translation.values() if one.get("description")]
    first = _spoken(told[0].utter, assistant) if told else []
    described = [step.description or "" for step in told]
    return FlowTexts(
        flow=flow.id,
        names=_distinct(names_of(flow)),
        about=_distinct([flow.description, *translated, *first, *described]),
        choices=_distinct(_choices(told, assistant)),
        examples=_distinct(examples_of(flow, assistant))[:_MAX_EXAMPLES],
        asked=asked,
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text[:_MAX_TEXT] for text in texts if text.strip()))


def _questions(flow: Flow, assistant: Assistant) -> list[CollectStep]:
    """The questions of the flow, and of those it calls."""
    found: list[CollectStep] = []
    waiting, seen = [flow.id], set()
    while waiting:
        one = assistant.flows.get(waiting.pop())
        if one is None or one.id in seen:
            continue
        seen.add(one.id)
        found += [step for step in one.steps if isinstance(step, CollectStep)]
        waiting += [step.target for step in one.steps if isinstance(step, CallStep)]
    return found


def _spoken(response: str, assistant: Assistant) -> list[str]:
    found = assistant.domain.responses.get(response)
    texts = [
        text
        for variation in (found.variations if found else ())
        for text in (variation.text, *variation.translation.values())
    ]
    return [text for text in texts if isinstance(text, str)]


def _choices(questions: list[CollectStep], assistant: Assistant) -> list[str]:
    """What categorical slots of the flow may hold, in words; not what confirmations and numbers are answered with."""
    found: list[str] = []
    for step in questions:
        slot = assistant.domain.slots.get(step.slot)
        if slot is not None and slot.type == "categorical" and not step.ask_before_filling:
            for value in slot.values:
                found += [readable(str(value)), *assistant.nlu.synonyms.get(str(value), ())]
            found += _titles(step.utter, assistant)
    return found


def _titles(response: str, assistant: Assistant) -> list[str]:
    titles: list[str] = []
    found = assistant.domain.responses.get(response)
    for variation in found.variations if found else ():
        for button in variation.data.get("buttons") or ():
            if isinstance(button, Mapping) and isinstance(
                read_payload(str(button.get("payload")), slots=assistant.domain.slots), SlotsPayload
            ):
                titles += [str(button.get("title") or "")]
                translation = button.get("translation")
                if isinstance(translation, Mapping):
                    titles += [
                        str(one.get("title") if isinstance(one, Mapping) else one) for one in translation.values()
                    ]
    return titles
