"""How a project words things, gathered once per model: names of flows, options of slots, buttons, entities."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.conditions.regexes import SafeRegex
from talkwright.assistant.domain import Slot
from talkwright.assistant.flows import ActionStep, CollectStep, LinkStep, NoopStep
from talkwright.assistant.payloads import SlotsPayload, read_payload
from talkwright.engine.dialogue.frames import CHITCHAT, HUMAN_HANDOFF, SEARCH
from talkwright.engine.understanding.local.answers.categories import Option, options_of
from talkwright.engine.understanding.local.documents import names_of
from talkwright.engine.understanding.local.entities import EntityFinder, usable_regexes
from talkwright.engine.understanding.local.languages import alternatives, common_words, phrases
from talkwright.engine.understanding.local.pipeline import Pipeline, pipeline_of
from talkwright.engine.understanding.local.tagging import Tagger
from talkwright.engine.understanding.local.texts import fold, readable, words


@dataclass(frozen=True)
class Button:
    """A button of a response: its titles in all languages, and what pressing it sends."""

    titles: tuple[str, ...]
    payload: str


@dataclass(frozen=True)
class Wording:
    """An assistant's words, ready for use."""

    assistant: Assistant
    tagger: Tagger | None = None
    now: Callable[[], float] = time.time

    @cached_property
    def entities(self) -> EntityFinder:
        """Finds values inside sentences."""
        return EntityFinder.of(self.assistant.nlu, self.tagger, self.pipeline, self.now)

    @cached_property
    def pipeline(self) -> Pipeline:
        """What the project's pipeline asks for."""
        return pipeline_of(self.assistant)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The assistant's languages, its own first."""
        return (self.assistant.language, *self.assistant.additional_languages)

    @cached_property
    def handoff_flow(self) -> str | None:
        """The flow that hands over to a person, if the project has one: of several, the one that asks for least.

        One that asks for much has a purpose of its own and only ends with a person in one of its branches.
        """
        flows = [
            flow
            for flow in self.assistant.user_flows.values()
            if any(isinstance(step, LinkStep) and step.flow == HUMAN_HANDOFF for step in flow.steps)
        ]
        least = min(flows, key=lambda flow: sum(isinstance(step, CollectStep) for step in flow.steps), default=None)
        return least.id if least is not None else None

    @cached_property
    def searches(self) -> bool:
        """Whether questions go to a search: the pattern for them is the project's own, or a policy answers them."""
        policies = self.assistant.config.get("policies") or ()
        named = [one.get("name") for one in policies if isinstance(one, Mapping)]
        return "EnterpriseSearchPolicy" in named or _says_more(self.assistant, SEARCH, "utter_no_knowledge_base")

    @cached_property
    def answers_small_talk(self) -> bool:
        """Whether the project answers small talk in its own way."""
        return _says_more(
            self.assistant, CHITCHAT, "utter_cannot_handle", "utter_chitchat_thanks", "utter_chitchat_farewell"
        )

    def buttons(self, response: str) -> list[Button]:
        """The buttons of all variations of a response."""
        found = self.assistant.domain.responses.get(response)
        buttons = []
        for variation in found.variations if found else ():
            for button in variation.data.get("buttons") or ():
                if isinstance(button, Mapping) and isinstance(button.get("payload"), str):
                    titles = [button.get("title"), *_translated_titles(button.get("translation"))]
                    buttons.append(
                        Button(tuple(title for title in titles if isinstance(title, str)), button["payload"])
                    )
        return buttons

    def pressed(self, response: str, text: str) -> str | None:
        """The payload of the button whose title the text is."""
        plain = words(text)
        for button in self.buttons(response):
            if plain and any(words(title) == plain for title in button.titles):
                return button.payload
        return None

    def asks_openly(self, response: str) -> bool:
        """Whether neither yes nor no answers what a response asks: none of its questions can be answered so."""
        found = self.assistant.domain.responses.get(response)
        texts = [
            (language, text)
            for variation in (found.variations if found else ())
            for language, text in ((self.assistant.language, variation.text), *variation.translation.items())
            if isinstance(text, str) and text.strip()
        ]
        return bool(texts) and not any(
            question and not _open_question(language).search(fold(question))
            for language, text in texts
            for question in _QUESTION.findall(text)
        )

    def options(self, slot: Slot, response: str) -> list[Option]:
        """The values of a categorical slot with their names: synonyms, and titles of the question's buttons."""
        titles: list[tuple[str, Any]] = []
        for button in self.buttons(response):
            payload = read_payload(button.payload, slots=self.assistant.domain.slots)
            if isinstance(payload, SlotsPayload):
                titles += [
                    (title, value)
                    for name, value in payload.assignments
                    if name == slot.name
                    for title in button.titles
                ]
        return options_of(slot.values, self.assistant.nlu.synonyms, titles)

    def slot_words(self, slot: Slot) -> frozenset[str]:
        """The words of a slot's name that a person would use for it."""
        return frozenset(words(readable(slot.name))) - common_words("en") - _TECHNICAL

    def slot_head(self, slot: Slot) -> str | None:
        """The last telling word of a slot's name: `amount` of `gift_amount`."""
        telling = self.slot_words(slot)
        return next(
            (word for word in reversed(words(readable(slot.name))) if word in telling and word not in _UNITS), None
        )

    def slot_thing(self, slot: Slot) -> str | None:
        """The last word of a slot's name that is no unit: `name` of `guest_name`."""
        return next((word for word in reversed(words(readable(slot.name))) if word not in _UNITS), None)

    def flow_words(self, flow_id: str) -> frozenset[str]:
        """The words of a flow's names in all languages."""
        return frozenset(word for name in names_of(self.assistant.flows[flow_id]) for word in words(name))

    def is_flow_name(self, text: str, flow_id: str) -> bool:
        """Whether the text is just a flow's name."""
        return fold(text).strip(" .!?") in {fold(name) for name in names_of(self.assistant.flows[flow_id])}

    def patterns(self, slot: Slot) -> tuple[SafeRegex, ...]:
        """The project's regexes that carry the slot's name."""
        return usable_regexes(self.assistant.nlu.regexes.get(slot.name, ()))


def _says_more(assistant: Assistant, pattern: str, refusal: str, *others: str) -> bool:
    """Whether a pattern does anything but send the refusal or the others, or the project wrote the refusal itself."""
    flow = assistant.flows.get(pattern)
    if flow is None:
        return False
    response = assistant.domain.responses.get(refusal)
    own_words = response is not None and not response.builtin
    return own_words or not all(
        type(step) is NoopStep or (isinstance(step, ActionStep) and step.action in (refusal, *others))
        for step in flow.steps
    )


_QUESTION = re.compile(r"[^.!?]*\?")
_NEVER = re.compile(r"(?!)")


@cache
def _open_question(language: str) -> re.Pattern[str]:
    words_of_questions = alternatives(f"open questions {language.partition('-')[0].lower()}")
    return re.compile(rf"\b(?:{words_of_questions})\b") if words_of_questions else _NEVER


_TECHNICAL = frozenset(phrases("technical"))
_UNITS = frozenset(phrases("units"))


def _translated_titles(translation: Any) -> list[Any]:
    if not isinstance(translation, Mapping):
        return []
    return [one.get("title") if isinstance(one, Mapping) else one for one in translation.values()]
