"""Bot messages in the form that channels send (wire-protocols 4.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from talkwright.engine.ports import BotMessage

_BLANK_LINE = re.compile(r"\n[ \t]*\n+")


def to_rest(recipient: str, messages: Iterable[BotMessage]) -> list[dict[str, Any]]:
    """The webhook's answer: a text with blank lines is several messages, keys without value are left out."""
    answered: list[dict[str, Any]] = []
    for message in messages:
        answered += [{"recipient_id": recipient, **content} for content in _contents(message)]
    return answered


def _contents(message: BotMessage) -> list[dict[str, Any]]:
    data = message.data
    buttons = [_button(button) for button in (*(data.get("quick_replies") or ()), *(data.get("buttons") or ()))]
    contents: list[dict[str, Any]] = []
    if message.text:
        texts = [text for text in _BLANK_LINE.split(message.text) if text.strip()]
        contents += [{"text": text} for text in texts]
    if buttons:
        if contents:
            contents[-1]["buttons"] = buttons
        else:
            contents.append({"buttons": buttons})
    for key in ("custom", "image", "attachment"):
        if data.get(key) and not (key == "attachment" and data.get("attachment") == data.get("image")):
            contents.append({key: data[key]})
    for element in data.get("elements") or ():
        contents.append({"custom": element})
    return contents


def _button(button: Any) -> Any:
    if not isinstance(button, dict):
        return button
    return {
        key: value for key, value in button.items() if key in ("title", "payload", "url", "type") and value is not None
    }
