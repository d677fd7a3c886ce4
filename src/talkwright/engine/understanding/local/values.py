"""Values for the slots of a flow that stand in a sentence about it; only those that can hardly be wrong."""

from __future__ import annotations

from typing import Any

from talkwright.assistant.domain import Slot
from talkwright.engine.commands import LLM, NLU, SetSlot
from talkwright.engine.dialogue.triggers import value_of_intent
from talkwright.engine.understanding.local.answers.categories import named_category
from talkwright.engine.understanding.local.answers.moments import is_of_time, moments_in
from talkwright.engine.understanding.local.answers.numbers import Number, find_numbers
from talkwright.engine.understanding.local.cues import cued_values
from talkwright.engine.understanding.local.entities import Entity
from talkwright.engine.understanding.local.languages import common_words, in_english
from talkwright.engine.understanding.local.message import Message, Values
from talkwright.engine.understanding.local.situation import collected
from talkwright.engine.understanding.local.texts import words

_OF_INTENTS = frozenset({"from_intent", "from_trigger_intent"})


def values_in_sentence(message: Message, flow_id: str) -> Values:
    """Values for the flow's slots that stand in its first sentence; only those that can hardly be wrong."""
    slots = message.situation.assistant.domain.slots
    wanted = [slots[name] for name in collected(message.situation.assistant, flow_id) if name in slots]
    return values_for(message, wanted, flow_id)


def values_for(message: Message, wanted: list[Slot], flow_id: str) -> Values:
    """Values for some slots of a flow."""
    if not wanted:
        return Values()
    by_entity = _by_entity(message.entities, wanted)
    used = [entity for entity in message.entities if any(entity is one for one, _ in by_entity.values())]
    commands = [SetSlot(name, entity.value, extractor) for name, (entity, extractor) in by_entity.items()]
    reasons = {name: f"“{one.text}” is the entity {one.entity} ({one.how})" for name, (one, _) in by_entity.items()}
    rest = [slot for slot in wanted if slot.name not in by_entity and extractor_for(slot)]
    by_intent = _by_intent(message, rest, flow_id)
    rest = [slot for slot in rest if slot.name not in {one.name for one in by_intent}]
    plain = [slot for slot in rest if not is_of_time(slot)]
    for found, why in (
        (by_intent, f"the intent {message.intent} says so" if by_intent else ""),
        (_amounts(message, rest, used), "the only number in the message"),
        (_categories(message, rest, flow_id), "the message names this value"),
        (_moments(message, rest), "the only day or time that it can be"),
        (_cued(message, plain, flow_id, used), "the words before it mark it as the value"),
    ):
        commands += found
        reasons |= {command.name: why for command in found}
    return Values(commands, used, reasons)


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


def _by_intent(message: Message, wanted: list[Slot], flow_id: str) -> list[SetSlot]:
    found = ((slot.name, mapped_value(message, slot, flow_id)) for slot in wanted)
    return [SetSlot(name, value, NLU) for name, value in found if value is not None]


def mapped_value(message: Message, slot: Slot, flow_id: str) -> Any:
    """What the slot's mappings make of the message's intent (8.3); None where they say nothing."""
    if not any(mapping.type in _OF_INTENTS for mapping in slot.mappings) or message.intent is None:
        return None
    return value_of_intent(slot, message.intent, flow_id)


def _moments(message: Message, wanted: list[Slot]) -> list[SetSlot]:
    found = moments_in(message.text, message.moments, wanted) if any(map(is_of_time, wanted)) else []
    return [filling(slot, text) for slot, text in found]


def _amounts(message: Message, wanted: list[Slot], used: list[Entity]) -> list[SetSlot]:
    """The one number of the sentence, if the flow asks for one; of several the one that counts its thing."""
    numeric = [slot for slot in wanted if slot.type == "float"]
    numbers = [
        number
        for number in find_numbers(message.text, message.language)
        if not number.bare_article and not any(number.start < one.end and one.start < number.end for one in used)
    ]
    money = [number for number in numbers if number.money]
    numbers = money or numbers
    if len(numeric) == 1 and len(numbers) > 1:
        numbers = [number for number in numbers if _counts(message, numeric[0], number)]
    if len(numeric) != 1 or len(numbers) != 1:
        return []
    return [filling(numeric[0], numbers[0].value)]


def _counts(message: Message, slot: Slot, number: Number) -> bool:
    """Whether the word behind the number is one of the slot's name: the 3 in "3 bags to 5 High Street"."""
    behind = words(message.text[number.end :])[:1]
    return not message.wording.slot_words(slot).isdisjoint([*behind, *in_english(behind, message.language)])


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
