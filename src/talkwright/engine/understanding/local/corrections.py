"""Corrections: "no, I meant Bob", "change the amount to 70", each put on the slot it is about."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

from talkwright.assistant.domain import Slot
from talkwright.engine.commands import Command, StartFlow
from talkwright.engine.understanding.local.answers.booleans import after_a_no, after_taking_back, boolean_answer
from talkwright.engine.understanding.local.answers.categories import named_category
from talkwright.engine.understanding.local.answers.numbers import find_numbers
from talkwright.engine.understanding.local.answers.persons import asks_for_a_person, looks_like_a_name
from talkwright.engine.understanding.local.cues import cued_values
from talkwright.engine.understanding.local.languages import in_english, phrases
from talkwright.engine.understanding.local.message import Decision, Message
from talkwright.engine.understanding.local.phrases import change_request
from talkwright.engine.understanding.local.situation import Question
from talkwright.engine.understanding.local.starting import SURE
from talkwright.engine.understanding.local.texts import fold, readable, spans, words
from talkwright.engine.understanding.local.values import filling

ReadValue = Callable[[Message, str, Slot, Question | None], Any]
_TYPED = ("float", "categorical")
_FEW = 3  # words of a choice that is named alone
_BEFORE, _BEHIND = (frozenset(phrases(f"{place} a named thing")) for place in ("before", "behind"))
_ABOUT_EARLIER = frozenset(phrases("about earlier"))
_NEW_VALUE = re.compile(
    r"\b(?:it['’]s|should be|should have been|ought to be|is|to|was|are|be|"
    r"auf|ist|soll(?:te)?(?: sein)?|lautet|zu|in|an)\s+"
    r"(?P<value>.+)$",
    re.IGNORECASE,
)
_SAYS_OTHERWISE = re.compile(
    r"\b(?:should|sollte?|wrong|falsch|instead|stattdessen|actually|eigentlich|but|aber|not|nicht|no|nein)\b"
)


def correction_decision(message: Message, question: Question, read: ReadValue) -> Decision | None:
    """The correction that the message makes; None where it makes none or says nothing to put in place."""
    if (named := _named_slot(message, question, read)) is not None:
        return named
    if (taken_back := _taken_back(message, question, read)) is not None:
        return taken_back
    if (refused := _after_a_no(message, question, read)) is not None:
        return refused
    if message.correction is None or not message.correction.rest.strip(" .,!?"):
        return None
    rest, marker = message.correction.rest, message.correction.marker
    other = _other_flow(message, rest)
    for slot in _in_order(message, question, marker):
        if slot.type == "bool":
            continue
        value = read(message, rest, slot, question)
        if value is None or (slot.type == "text" and (other is not None or boolean_answer(rest) is not None)):
            continue
        return Decision(
            [filling(slot, value)], f"a correction of {slot.name}" if slot is not question.slot else "an answer"
        )
    return Decision([StartFlow(other)], "another flow after all", started=other) if other else None


def _after_a_no(message: Message, question: Question, read: ReadValue) -> Decision | None:
    """What a "no, 70" puts in place where yes or no is asked, if it can only be the value of one earlier answer.

    Numbers and choices are told by themselves; a text only by a word that marks it, as in "no, to Maria".
    """
    rest = after_a_no(message.text) if question.slot.type == "bool" and message.situation.running else None
    return _earlier_answer(message, question, rest, read) if rest is not None else None


def _taken_back(message: Message, question: Question, read: ReadValue) -> Decision | None:
    """What a "wait, a red one" puts in place, unless it answers the open question, too."""
    rest = after_taking_back(message.text) if message.situation.running else None
    if rest is None or (question.slot.type in _TYPED and read(message, rest, question.slot, question) is not None):
        return None
    return _earlier_answer(message, question, rest, read)


def _earlier_answer(message: Message, question: Question, rest: str, read: ReadValue) -> Decision | None:
    """The one earlier answer that the rest of a message can be a new value for."""
    earlier = [slot for slot in message.situation.filled if slot.name != question.slot.name]
    typed = [slot for slot in earlier if slot.type in _TYPED]
    found = [(slot, value) for slot in typed if (value := read(message, rest, slot, None)) is not None]
    found = found or list(cued_values(rest, message.language, earlier))
    if len(found) != 1 or found[0][1] == message.situation.slots.get(found[0][0].name):
        return None
    slot, value = found[0]
    return Decision([filling(slot, value)], f"no, and another {slot.name}")


def bare_correction(message: Message, question: Question, likely: float) -> Decision | None:
    """A value alone, "6 kg" or "Kim", that answers no open typed question, if just one earlier answer is of its kind.

    `likely` is how likely the message starts another flow: a name could be part of its words.
    """
    if question.slot.type not in ("bool", *_TYPED) or not message.situation.running or message.act is not None:
        return None
    earlier = [slot for slot in message.situation.filled if slot.name != question.slot.name]
    if likely >= message.likely:
        earlier = [slot for slot in earlier if slot.type in _TYPED]
    found = [(slot, value) for slot in earlier if (value := _bare_value(message, slot)) is not None]
    if len(found) > 1:
        found = [(slot, value) for slot, value in found if _named_in(slot) & set(message.words)]
    if len(found) != 1 or found[0][1] == message.situation.slots.get(found[0][0].name):
        return None
    slot, value = found[0]
    return Decision([filling(slot, value)], f"a value alone, which only {slot.name} can have")


def _named_in(slot: Slot) -> frozenset[str]:
    return frozenset(words(readable(slot.name)))


def _bare_value(message: Message, slot: Slot) -> Any:
    """The value of the slot's kind that is all the message says; at most one word, such as a unit, beside a number."""
    text = message.text.strip()
    if slot.type == "float":
        numbers = find_numbers(text, message.language)
        beside = words(f"{text[: numbers[0].start]} {text[numbers[0].end :]}") if len(numbers) == 1 else []
        return numbers[0].value if len(numbers) == 1 and not numbers[0].bare_article and len(beside) <= 1 else None
    if slot.type == "categorical":
        choice = named_category(text, message.wording.options(slot, f"utter_ask_{slot.name}"))
        return choice.value if choice is not None and len(message.words) <= _FEW else None
    if slot.type == "text" and asks_for_a_person(slot) and looks_like_a_name(text, message.language):
        return text.strip(" ,;:!")
    return None


def _in_order(message: Message, question: Question, marker: str) -> list[Slot]:
    """The slots that may be meant, likeliest first: numbers and choices before text, which takes anything."""
    earlier = [slot for slot in message.situation.filled if slot.name != question.slot.name]
    mentioned = [slot for slot in earlier if _is_mentioned(message, slot)]
    slots = [*earlier, question.slot] if marker in _ABOUT_EARLIER else [question.slot, *earlier]
    by_type = sorted(slots, key=lambda slot: _LOOSENESS.get(slot.type, 2))
    if marker not in _ABOUT_EARLIER and question.slot.type == "text" and any(slot.type == "text" for slot in earlier):
        by_type = [slot for slot in by_type if slot is not question.slot] + [question.slot]
    return [*mentioned, *(slot for slot in by_type if slot not in mentioned)]


_LOOSENESS = {"float": 0, "categorical": 0, "bool": 1, "text": 2, "any": 3}


def _named_slot(message: Message, question: Question, read: ReadValue) -> Decision | None:
    """A filled slot called by its name with a new value: "change the amount to 70", "no, the city should be Rome"."""
    if (stated := _stated(message, question, read)) is not None:
        return stated
    if not (change_request(message.text) or _SAYS_OTHERWISE.search(fold(message.text))):
        return None
    commands: list[Command] = []
    for slot in message.situation.filled:
        if slot.name == question.slot.name or not _is_mentioned(message, slot):
            continue
        value = _new_value(message, slot, question, read)
        if value is not None and value != message.situation.slots.get(slot.name):
            commands.append(filling(slot, value))
        elif value is None and change_request(message.text):
            commands.append(filling(slot, None))
    return Decision(commands[:1], "a correction that names the slot") if commands else None


def _stated(message: Message, question: Question, read: ReadValue) -> Decision | None:
    """What a sentence says that is built like "my name is Anna", if just one filled slot is of such a thing."""
    things = {slot.name: message.wording.slot_thing(slot) for slot in (*message.situation.filled, question.slot)}
    told = [(slot, rest) for slot in message.situation.filled if (rest := _told_of(message, things[slot.name]))]
    if message.is_question or len(told) != 1 or _told_of(message, things[question.slot.name]):
        return None
    slot, rest = told[0]
    value = read(message, rest, slot, None) if boolean_answer(rest) is None else None  # not "the name is wrong"
    if value is None or value == message.situation.slots.get(slot.name):
        return None
    return Decision([filling(slot, value)], f"it says what {slot.name} is")


def _told_of(message: Message, thing: str | None) -> str | None:
    """What the message says that a thing is, behind an article or the like, up to two words, the thing and "is"."""
    tokens = [(fold(word), end) for word, _, end in spans(message.text)]
    said = [word for word, _ in tokens]
    for at, ((one, _), (after, end)) in enumerate(itertools.pairwise(tokens[:-1])):
        named = thing == one or thing in in_english([one], message.language)
        if named and after in _BEHIND and _BEFORE & set(said[max(at - 3, 0) : at]):
            return message.text[end:].strip()
    return None


def _new_value(message: Message, slot: Slot, question: Question, read: ReadValue) -> Any:
    """What stands after the slot's name; the whole message would do for numbers, never for text."""
    mention = max((message.text.lower().find(word) + len(word) for word in message.wording.slot_words(slot)), default=0)
    tail = message.text[max(mention, 0) :]
    found = _NEW_VALUE.search(tail)
    if found is not None:
        return read(message, found["value"], slot, question)
    return read(message, message.text, slot, question) if slot.type in ("float", "categorical") else None


def _is_mentioned(message: Message, slot: Slot) -> bool:
    """Whether the message names the slot: by the last word of its name, which says what it is."""
    head = message.wording.slot_head(slot)
    said = {*message.words, *in_english(message.words, message.language)}
    return head is not None and (head in said or f"{head}s" in said)


def _other_flow(message: Message, rest: str) -> str | None:
    """The flow that the rest asks for, if it surely asks for one: "actually, show my balance"."""
    candidates = message.candidates_of(rest)
    if len(words(rest)) > 1 and candidates and candidates[0].probability >= SURE:
        return candidates[0].flow if candidates[0].flow not in message.situation.running[:1] else None
    return None
