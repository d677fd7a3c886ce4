"""Messages while a question is open: an answer, a correction, a wish to stop, or something else altogether."""

from __future__ import annotations

from typing import Any

from talkwright.assistant.domain import Slot
from talkwright.assistant.payloads import SlotsPayload, read_payload
from talkwright.engine.commands import PAYLOAD, SetSlot, StartFlow
from talkwright.engine.dialogue.interruption import CONFIRMATION_SLOT
from talkwright.engine.understanding.local.answers.booleans import boolean_answer, is_only_yes_or_no, is_plain_boolean
from talkwright.engine.understanding.local.answers.categories import category_answer, named_category, yes_or_no_choice
from talkwright.engine.understanding.local.answers.free_text import text_answer
from talkwright.engine.understanding.local.answers.moments import moment_answer
from talkwright.engine.understanding.local.answers.numbers import is_only_an_article, number_answer
from talkwright.engine.understanding.local.answers.persons import asks_for_a_person, is_no_name
from talkwright.engine.understanding.local.corrections import bare_correction, correction_decision
from talkwright.engine.understanding.local.knowing import known_question
from talkwright.engine.understanding.local.message import Decision, Message
from talkwright.engine.understanding.local.offers import offer_decision
from talkwright.engine.understanding.local.opening import act_decision, nothing_fits
from talkwright.engine.understanding.local.phrases import Act
from talkwright.engine.understanding.local.several import wish_beside
from talkwright.engine.understanding.local.situation import Question, collected
from talkwright.engine.understanding.local.starting import SURE, start_decision
from talkwright.engine.understanding.local.texts import words
from talkwright.engine.understanding.local.values import filling, mapped_value, values_for

_WANTED = 0.35  # how likely a flow must be to leave the question for it, when the sentence is built like a wish
_UNASKED = 0.7  # … and when it could as well be an answer
_INSTEAD_OF_VALUE = 0.75  # … and when it holds a value that answers
_LONG_ENOUGH = 4  # words: shorter messages with a value are answers
_FREE = ("text", "any")
_NO_ANSWERS = frozenset({Act.GREETING, Act.SMALL_TALK, Act.HELP, Act.THANKS, Act.FAREWELL})
_EVEN_SO = frozenset({Act.CANCEL, Act.HUMAN, Act.REPEAT, Act.RESTART, Act.SKIP})


def answer_question(message: Message, question: Question) -> Decision:
    """Decides about a message while `question` is open."""
    if (pressed := message.wording.pressed(question.utter, message.text)) is not None:
        decision = _as_pressed(message, pressed)
        if decision is not None:
            return decision
    if question.step is not None and question.step.force_slot_filling:
        value = read_value(message, message.text, question.slot, question)
        return _set(question.slot, message.text.strip() if value is None else value, "the question takes any answer")
    if (offered := _corrected_at_offer(message, question) or offer_decision(message, question)) is not None:
        return offered
    if (told := _by_intent(message, question) or _answer_and_wish(message, question)) is not None:
        return told
    value = read_value(message, message.text, question.slot, question)
    if question.slot.type in ("text", "any") and is_only_yes_or_no(message.text):
        value = None if message.wording.asks_openly(question.utter) else value
    if question.slot.type == "bool" and value is not None and is_plain_boolean(message.text):
        return _set(question.slot, value, "yes or no")
    exact = question.slot.type == "categorical" and value is not None
    if message.act in _EVEN_SO and not exact:
        return act_decision(message, message.act)
    if (corrected := correction_decision(message, question, read_value)) is not None:
        return corrected
    return _answer_or_digression(message, question, value)


def _corrected_at_offer(message: Message, question: Question) -> Decision | None:
    """A correction of the flow that is offered to go on, which goes on with it; None where another flow is wanted."""
    if question.slot.name != CONFIRMATION_SLOT:
        return None
    best = message.candidates[0] if message.candidates else None
    if best is not None and best.probability >= message.likely and best.flow not in message.situation.running:
        return None
    corrected = correction_decision(message, question, read_value)
    if corrected is None or not all(isinstance(command, SetSlot) for command in corrected.commands):
        return corrected
    flow = next((flow for flow, _ in question.interrupted), message.situation.running[0])
    return Decision([StartFlow(flow), *corrected.commands], f"{corrected.why}, and on with its flow", started=flow)


def _as_pressed(message: Message, payload_text: str) -> Decision | None:
    payload = read_payload(payload_text, slots=message.situation.assistant.domain.slots)
    if not isinstance(payload, SlotsPayload):
        return None
    commands = [SetSlot(name, value, PAYLOAD) for name, value in payload.assignments]
    return Decision(commands, "the words of a button")


def _by_intent(message: Message, question: Question) -> Decision | None:
    """The answer that the slot's mappings make of the message's intent (8.3)."""
    mapped = mapped_value(message, question.slot, next(iter(message.situation.running), ""))
    return _set(question.slot, mapped, f"the intent {message.intent} says so") if mapped is not None else None


def _answer_and_wish(message: Message, question: Question) -> Decision | None:
    """The answer that stands before an "and", and the flow that is wanted behind it; a text may hold any "and"."""
    if question.slot.type in _FREE or (beside := wish_beside(message)) is None:
        return None
    said, wish = beside
    plain = is_plain_boolean(said) if question.slot.type == "bool" else len(words(said)) <= _LONG_ENOUGH
    value = read_value(message, said, question.slot, question) if plain else None
    return Decision([filling(question.slot, value), *wish], "an answer, and a wish") if value is not None else None


def _answer_or_digression(message: Message, question: Question, value: Any) -> Decision:
    kind = question.slot.type
    best = message.candidates[0] if message.candidates else None
    likely = best.probability if best and best.flow not in message.situation.running[:1] else 0.0
    if best is not None and message.wording.is_flow_name(message.text, best.flow) and likely >= message.likely:
        return Decision([StartFlow(best.flow)], "the name of a flow", started=best.flow)
    if (asked := known_question(message, likely, holds_value=value is not None and kind not in _FREE)) is not None:
        return asked
    if value is None:
        if (corrected := bare_correction(message, question, likely)) is not None:
            return corrected
        only_a_matter = asks_for_a_person(question.slot) and message.names_tasks(message.text)
        started = start_decision(message) if likely and not only_a_matter else None
        return started or _not_understood(message)
    if kind in ("text", "any"):
        needed = _WANTED if message.asks_or_wants else _UNASKED
        if likely >= needed and len(message.words) > 2:
            return start_decision(message, needed) or _not_understood(message)
        if message.act in _NO_ANSWERS and boolean_answer(message.text) is not False:  # "no thanks" answers
            return act_decision(message, message.act)
        if (message.is_question and message.text[:1].islower()) or message.text.rstrip().endswith("?"):
            return _not_understood(message)
    elif likely >= _INSTEAD_OF_VALUE and len(message.words) >= _LONG_ENOUGH and message.asks_or_wants:
        return start_decision(message, SURE) or _not_understood(message)
    return _answer_with_more(message, question, value)


def _answer_with_more(message: Message, question: Question, value: Any) -> Decision:
    """The answer, and what else the message says for the flow that asks: "50 euros, to my sister"."""
    kind, flow = question.slot.type, next(iter(message.situation.running), None)
    answer = filling(question.slot, value)
    if kind in ("text", "any") or flow is None:
        return Decision([answer], f"an answer of type {kind}")
    situation = message.situation
    open_slots = [
        situation.assistant.domain.slots[name]
        for name in collected(situation.assistant, flow)
        if name in situation.assistant.domain.slots
        and name != question.slot.name
        and situation.slots.get(name) is None
        and situation.assistant.domain.slots[name].type in ("text", "categorical")
    ]
    found = values_for(message, open_slots, flow)
    more = [one for one in found.commands if str(one.value).casefold() != str(value).casefold()]
    why = f"an answer of type {kind}{', and more' if more else ''}"
    return Decision([answer, *more], why, found.entities, reasons=found.reasons)


def _not_understood(message: Message) -> Decision:
    if message.act is not None:
        return act_decision(message, message.act)
    return nothing_fits(message, "neither an answer nor a likely flow")


def _set(slot: Slot, value: Any, why: str) -> Decision:
    return Decision([filling(slot, value)], why)


def read_value(message: Message, text: str, slot: Slot, question: Question | None = None) -> Any:
    """The value of the slot's type that `text` holds; None where it holds none."""
    utter = question.utter if question is not None and question.slot is slot else f"utter_ask_{slot.name}"
    match slot.type:
        case "bool":
            return boolean_answer(text)
        case "float":
            named = is_only_an_article(text, message.language) and _names_a_choice(message, text)
            return None if named else number_answer(text, message.language)
        case "categorical" | "strict_categorical":
            options = message.wording.options(slot, utter)
            choice = category_answer(text, options, message.language)
            if choice is None and is_plain_boolean(text) and (said := boolean_answer(text)) is not None:
                choice = yes_or_no_choice(said, options)
            return choice.value if choice is not None else None
        case "text" | "any":
            return _text_value(message, text, slot)
        case _:
            return None


def _names_a_choice(message: Message, text: str) -> bool:
    """Whether the text names a value of the running flow's choices: the article before it is no number then."""
    situation = message.situation
    names = collected(situation.assistant, situation.running[0]) if situation.running else ()
    slots = [situation.assistant.domain.slots[name] for name in names if name in situation.assistant.domain.slots]
    return any(
        named_category(text, message.wording.options(slot, f"utter_ask_{slot.name}")) is not None
        for slot in slots
        if slot.type == "categorical"
    )


def _text_value(message: Message, text: str, slot: Slot) -> Any:
    for entity in message.wording.entities.find(text, message.language):
        fills = {entity.entity, entity.role} | {
            slot.name for mapping in slot.mappings if mapping.keys.get("entity") == entity.entity
        }
        if slot.name in fills:
            return entity.value
    if asks_for_a_person(slot) and (is_no_name(text, message.language) or message.names_tasks(text)):
        return None
    found = message.moments if text is message.text else message.moments_of(text)
    if (moment := moment_answer(text, found, message.language, slot)) is not None:
        return moment
    return text_answer(text, message.wording.patterns(slot), message.wording.slot_words(slot))
