"""What is wrong with a running bot's settings, in words for whoever set them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import AliasChoices, ValidationError
from pydantic_settings import BaseSettings

from talkwright.misfits import words

PREFIX = "TALKWRIGHT_"
_OF_BOTS = "TALKWRIGHT_ENGINE_"

T = TypeVar("T")


class SettingsError(ValueError):
    """Settings are wrong; the message names each one and what it must be."""


def in_words(read: Callable[[], T], section: type[BaseSettings]) -> T:
    """What `read` gives; raises SettingsError, which tells of each wrong setting and never repeats its value."""
    try:
        return read()
    except ValidationError as error:
        faults = [_fault(entry, section) for entry in error.errors(include_url=False, include_input=False)]
        raise SettingsError("These settings need attention:\n" + "\n".join(f"  {fault}" for fault in faults)) from None
    except ValueError as error:
        raise SettingsError(str(error)) from error


def unknown_variables(*sections: type[BaseSettings]) -> Iterator[str]:
    """Of each variable of the environment that looks like a setting of a bot and is none, a sentence that says so."""
    known = {name for section in sections for name in _names(section)}
    for name in sorted(os.environ):
        if name.startswith(_OF_BOTS) and name.removesuffix("_FILE") not in known:
            from talkwright.assistant.parsing.shape import closest  # noqa: PLC0415 - `up` loads no assistant's code

            meant = closest(name, known)
            mend = f"Did you mean {meant}?" if meant else "docs/settings.md names those that there are."
            yield f"The environment variable {name} is no setting of a bot and has no effect. {mend}"


def _names(section: type[BaseSettings]) -> Iterator[str]:
    for place, field in section.model_fields.items():
        yield PREFIX + place.upper()
        if isinstance(field.validation_alias, AliasChoices):
            yield from map(str, field.validation_alias.choices)


def _fault(entry: Mapping[str, Any], section: type[BaseSettings]) -> str:
    place = str(entry["loc"][0])
    name = _variable_set(place, section) or (place if place.isupper() else PREFIX + place.upper())
    return f"{name} {words(entry)}."


def _variable_set(place: str, section: type[BaseSettings]) -> str | None:
    """Which of a setting's variables is set: the place of a fault is always the first, though another may be wrong."""
    for field in section.model_fields.values():
        names = field.validation_alias.choices if isinstance(field.validation_alias, AliasChoices) else []
        if place in names:
            return next((str(name) for name in names if os.environ.get(str(name))), None)
    return None
