"""Messages that answer no question: which flow they start, with which values, or why none."""

from __future__ import annotations

from typing import Any

from talkwright.assistant.domain import Slot
from talkwright.engine.commands import (
    CANNOT_HANDLE_NOT_SUPPORTED,
    LLM,
    NLU,
    CancelFlow,
    CannotHandle,
    ChitChat,
    Clarify,
    Knowledge,
    Repeat,
    Restart,
    SetSlot,
    SkipQuestion,
    StartFlow,
)
from talkwright.engine.understanding.local.answers.categories import named_category
from talkwright.engine.understanding.local.answers.numbers import find_numbers
from talkwright.engine.understanding.local.cues import cued_values
from talkwright.engine.understanding.local.entities import Entity
from talkwright.engine.understanding.local.languages import common_words
from talkwright.engine.understanding.local.message import Decision, Message
from talkwright.engine.understanding.local.phrases import Act
from talkwright.engine.understanding.local.situation import collected
from talkwright.engine.understanding.local.texts import words

SURE = 0.5
_TRUST_OVER_PHRASE = 0.6  # a trained flow wins over a phrase of everyday talk from here on


def open_conversation(message: Message) -> Decision:
    """Decides about a message while no question is open."""
    best = message.candidates[0] if message.candidates else None
    if message.act is not None and not (best and best.probability >= _TRUST_OVER_PHRASE and message.act in _SOFT_ACTS):
        return act_decision(message, message.act)
    return start_decision(message, message.likely) or nothing_fits(message, "no flow is likely enough")


def nothing_fits(message: Message, why: str) -> Decision:
    """What remains for a message that no flow and no answer is: a question for the project's search, or a refusal."""
    if message.is_question and message.wording.searches:
        return Decision([Knowledge()], f"{why}, and it asks something")
    return Decision([CannotHandle()], why)


_SOFT_ACTS = frozenset({Act.HUMAN, Act.GREETING, Act.SMALL_TALK, Act.NOTHING_ELSE, Act.GO_ON, Act.CANCEL, Act.SKIP})


def act_decision(message: Message, act: Act) -> Decision:
    """The command for a phrase of everyday talk."""
    why = f"the phrase means: {act.value}"
    match act:
        case Act.CANCEL:
            return Decision([CancelFlow() if message.situation.running else ChitChat()], why)
        case Act.REPEAT:
            return Decision([Repeat()], why)
        case Act.RESTART:
            return Decision([Restart()], why)
        case Act.SKIP:
            return Decision([SkipQuestion()], why)
        case Act.HUMAN:
            return _handoff(message, why)
        case Act.GREETING if not message.situation.running and not message.wording.answers_small_talk:
            return Decision([Clarify()], f"{why}, and no answer to it is written")
        case _:
            return Decision([ChitChat()], why)


def _handoff(message: Message, why: str) -> Decision:
    """The flow that links to the handoff pattern, else the one that the sentence itself asks for; else a refusal."""
    flow = message.wording.handoff_flow
    if flow is not None and message.situation.startable(flow):
        return Decision([StartFlow(flow)], why, started=flow)
    return start_decision(message, message.likely) or Decision([CannotHandle(CANNOT_HANDLE_NOT_SUPPORTED)], why)


def start_decision(message: Message, threshold: float) -> Decision | None:
    """Starts the most likely flow, or asks which of two close ones is meant; None below `threshold`."""
    chosen = message.matcher.choice(message.candidates, threshold)
    if not chosen:
        return None
    if len(chosen) > 1 and not message.situation.running:
        return Decision([Clarify(tuple(sorted(chosen)))], "several flows are about equally likely")
    values, entities = values_in_sentence(message, chosen[0])
    return Decision([StartFlow(chosen[0]), *values], "the most likely flow", entities, chosen[0])


def values_in_sentence(message: Message, flow_id: str) -> tuple[list[SetSlot], list[Entity]]:
    """Values for the flow's slots that stand in its first sentence; only those that can hardly be wrong."""
    slots = message.situation.assistant.domain.slots
    wanted = [slots[name] for name in collected(message.situation.assistant, flow_id) if name in slots]
    return values_for(message, wanted, flow_id)


def values_for(message: Message, wanted: list[Slot], flow_id: str) -> tuple[list[SetSlot], list[Entity]]:
    """Values for some slots of a flow, and the entities that gave them."""
    if not wanted:
        return [], []
    by_entity = _by_entity(message.entities, wanted)
    used = [entity for entity in message.entities if any(entity is one for one, _ in by_entity.values())]
    commands = [SetSlot(name, entity.value, extractor) for name, (entity, extractor) in by_entity.items()]
    rest = [slot for slot in wanted if slot.name not in by_entity and extractor_for(slot)]
    commands += _amounts(message, rest, used)
    commands += _categories(message, rest, flow_id)
    commands += _cued(message, rest, flow_id, used)
    return commands, used


def filling(slot: Slot, value: Any) -> SetSlot:
    """The command that fills the slot; where nobody may, the clean-up refuses it (4.5)."""
    return SetSlot(slot.name, value, extractor_for(slot) or LLM)


def extractor_for(slot: Slot) -> str | None:
    """Who may write the slot from a message: the name that the clean-up checks (2.1); None if nobody may."""
    kinds = {mapping.type for mapping in slot.mappings}
    if "from_llm" in kinds:
        return LLM
    return NLU if kinds & {"from_entity", "from_text", "from_intent", "from_trigger_intent"} else None


def _by_entity(entities: list[Entity], wanted: list[Slot]) -> dict[str, tuple[Entity, str]]:
    found: dict[str, tuple[Entity, str]] = {}
    for slot in wanted:
        for entity in entities:
            extractor = _entity_fills(slot, entity)
            if extractor and slot.name not in found:
                found[slot.name] = (entity, extractor)
    return found


def _entity_fills(slot: Slot, entity: Entity) -> str | None:
    for mapping in slot.mappings:
        wanted = mapping.type == "from_entity" and mapping.keys.get("entity") == entity.entity
        if wanted and mapping.keys.get("role") in (None, entity.role):
            return NLU
    same = slot.name in (entity.entity, entity.role)
    return extractor_for(slot) if same and slot.type in ("text", "categorical", "any") else None


def _amounts(message: Message, wanted: list[Slot], used: list[Entity]) -> list[SetSlot]:
    """The one number of the sentence, if the flow has one number to ask for."""
    numeric = [slot for slot in wanted if slot.type == "float"]
    numbers = [
        number
        for number in find_numbers(message.text, message.language)
        if not number.bare_article and not any(number.start < one.end and one.start < number.end for one in used)
    ]
    money = [number for number in numbers if number.money]
    numbers = money or numbers
    if len(numeric) != 1 or len(numbers) != 1:
        return []
    return [filling(numeric[0], numbers[0].value)]


def _cued(message: Message, wanted: list[Slot], flow_id: str, used: list[Entity]) -> list[SetSlot]:
    """Texts that a small word marks as values, unless they are only the flow's own name."""
    own = message.wording.flow_words(flow_id)
    taken = [(one.start, one.end) for one in used]
    taken += [(number.start, number.end) for number in find_numbers(message.text, message.language) if number.money]
    found = cued_values(message.text, message.language, wanted, taken)
    return [filling(slot, text) for slot, text in found if not set(words(text)) <= own]


def _categories(message: Message, wanted: list[Slot], flow_id: str) -> list[SetSlot]:
    """Values that the sentence names word for word, unless the word is only the flow's own name."""
    own = message.wording.flow_words(flow_id) | common_words(message.language)
    found = []
    for slot in wanted:
        if slot.type != "categorical":
            continue
        options = message.wording.options(slot, f"utter_ask_{slot.name}")
        telling = [option for option in options if not set(words(str(option.value))) <= own]
        choice = named_category(message.text, telling)
        if choice is not None:
            found.append(filling(slot, choice.value))
    return found
