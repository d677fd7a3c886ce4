"""Responses to bot messages: which variation, in which language, with which values (dialogue-semantics 6.1-6.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from talkwright.assistant.conditions import holds
from talkwright.assistant.domain import Response, Variation
from talkwright.assistant.parsing.shape import plain_text
from talkwright.engine.generation.links import safe_link, safe_picture
from talkwright.engine.generation.templates import TemplateError, fill_format, fill_jinja, filled, shown
from talkwright.engine.ports import BotMessage, Random

INTERNAL_ERROR = "utter_internal_error_rasa"
DATA_KEYS = ("elements", "quick_replies", "buttons", "attachment", "image", "custom")
LINK_KEYS = ("url", "link", "href")
_BUTTON_TEXTS = ("title", "payload")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a response is said in: the conversation's values, channel and language, and the turn's chance.

    Without `fills`, texts are sent as they are written; without `whole_numbers` whole ones keep their decimals.
    """

    slots: Mapping[str, Any]
    context: Mapping[str, Any]
    channel: str | None
    language: str
    default_language: str
    rng: Random
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fills: bool = True
    whole_numbers: bool = True

    def variables(self) -> dict[str, Any]:
        """What templates see: context, slots and call arguments, the last wins (6.2)."""
        return {**self.context, **self.slots, **self.arguments, "context": self.context}


def render(responses: Mapping[str, Response], name: str, setting: Setting) -> BotMessage | None:
    """The message of a response, None for an unknown one; without a fitting variation the internal-error text (6.1)."""
    response = responses.get(name)
    if response is None:
        return None
    variation = choose(response.variations, setting)
    if variation is None:
        fallback = responses.get(INTERNAL_ERROR)
        variation = choose(fallback.variations, setting) if fallback is not None else None
    return None if variation is None else _message(name, variation, setting)


def choose(variations: Sequence[Variation], setting: Setting) -> Variation | None:
    """The variation to say (6.1): the turn's channel first, then conditional before default, translated preferred."""
    if len(variations) == 1 and variations[0].condition is None and variations[0].channel is None:
        return variations[0]
    fitting = [variation for variation in variations if _fits(variation, setting)]
    for candidates in _ranked(fitting):
        if candidates:
            return _any_of(_translated(candidates, setting), setting.rng)
    return None


def _fits(variation: Variation, setting: Setting) -> bool:
    return variation.channel in (None, setting.channel) and _condition_holds(variation, setting)


def _condition_holds(variation: Variation, setting: Setting) -> bool:
    condition = variation.condition
    if condition is None:
        return True
    if isinstance(condition, str):
        return holds(condition, slots=setting.slots, context=setting.context)
    return all(_old_style_holds(entry, setting.slots) for entry in condition)


def _old_style_holds(entry: Mapping[str, Any], slots: Mapping[str, Any]) -> bool:
    """The deprecated condition {type: slot, name, value}; texts are compared without case (2.2)."""
    value, wanted = slots.get(str(entry.get("name"))), entry.get("value")
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    return bool(value == wanted)


def _ranked(fitting: Sequence[Variation]) -> Iterable[list[Variation]]:
    for channel in (True, False):
        for conditional in (True, False):
            yield [
                variation
                for variation in fitting
                if (variation.channel is not None) == channel and (variation.condition is not None) == conditional
            ]


def _translated(candidates: list[Variation], setting: Setting) -> list[Variation]:
    if setting.language == setting.default_language:
        return candidates
    return [variation for variation in candidates if setting.language in variation.translation] or candidates


def _any_of(candidates: list[Variation], rng: Random) -> Variation:
    return candidates[int(rng.random() * len(candidates))] if len(candidates) > 1 else candidates[0]


def _message(name: str, variation: Variation, setting: Setting) -> BotMessage:
    fill = _filler(variation, setting)
    variables = setting.variables()
    text = variation.translation.get(setting.language, variation.text)
    try:
        said = fill(text, variables) if text is not None else None
        data = {key: filled(value, variables, fill) for key, value in variation.data.items() if key in DATA_KEYS}
    except TemplateError:
        said, data = text, {key: value for key, value in variation.data.items() if key in DATA_KEYS}
    metadata = {key: value for key, value in variation.metadata.items() if key not in ("template", "rephrase_prompt")}
    return BotMessage(
        text=said,
        data=message_data(data, setting.language),
        metadata={"utter_action": name, "utter_source": "template", **metadata},
        rephrase_prompt=plain_text(variation.metadata.get("rephrase_prompt")),
    )


def _filler(variation: Variation, setting: Setting) -> Callable[[str, Mapping[str, Any]], str]:
    if not setting.fills:
        return _as_written
    if variation.metadata.get("template") == "jinja":
        return partial(fill_jinja, whole_numbers=setting.whole_numbers)
    return partial(fill_format, show=shown if setting.whole_numbers else str)


def _as_written(text: str, variables: Mapping[str, Any]) -> str:  # noqa: ARG001 -- takes what the others take
    return text


def message_data(data: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The `data` of a bot event, complete and with safe addresses only (6.3)."""
    image = safe_picture(data.get("image"))
    attachment = data.get("attachment") or image
    return {
        "elements": data.get("elements"),
        "quick_replies": _buttons(data.get("quick_replies"), language),
        "buttons": _buttons(data.get("buttons"), language),
        "attachment": safe_picture(attachment) if isinstance(attachment, str) else attachment,
        "image": image,
        "custom": data.get("custom"),
    }


def _buttons(buttons: Any, language: str) -> list[dict[str, Any]] | None:
    if not isinstance(buttons, list | tuple):
        return None
    made = [_button(button, language) for button in buttons if isinstance(button, Mapping)]
    return [button for button in made if button is not None] or None


def _button(button: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    """A button in the conversation's language; one whose address is no safe link is left out."""
    made = {str(key): value for key, value in button.items() if key != "translation"}
    translations = button.get("translation")
    translation = translations.get(language) if isinstance(translations, Mapping) else None
    if isinstance(translation, str):
        made["title"] = translation
    elif isinstance(translation, Mapping):
        made.update({str(key): value for key, value in translation.items()})
    if any(key in made and safe_link(made[key]) is None for key in LINK_KEYS):
        return None
    return made | {key: text for key in _BUTTON_TEXTS if (text := plain_text(made.get(key))) is not None}


def from_action(item: Mapping[str, Any], responses: Mapping[str, Response], setting: Setting) -> BotMessage | None:
    """What a custom action wants to be said (6.4): a response filled from the item's keys, or the item as it is."""
    name = item.get("response") or item.get("template")
    if isinstance(name, str) and name:
        arguments = {**setting.arguments, **{key: value for key, value in item.items() if key not in DATA_KEYS}}
        message = render(responses, name, _with_arguments(setting, arguments))
        extra = _buttons(item.get("buttons"), setting.language)
        if message is None or not extra:
            return message
        data = {**message.data, "buttons": [*(message.data.get("buttons") or []), *extra]}
        return replace(message, data=data)
    text = item.get("text")
    raw = {key: item.get(key) or None for key in DATA_KEYS}
    said = text if isinstance(text, str) and text else None
    if said is None and not any(raw.values()):
        return None
    return BotMessage(text=said, data=message_data(raw, setting.language))


def _with_arguments(setting: Setting, arguments: Mapping[str, Any]) -> Setting:
    return replace(setting, arguments=arguments)
