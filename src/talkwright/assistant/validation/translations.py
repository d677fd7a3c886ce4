"""Translations of names, texts and buttons into the assistant's additional languages (dialogue-semantics 1.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from talkwright.assistant.build import languages
from talkwright.assistant.flows import Flow
from talkwright.assistant.validation.check import Check


def check_name_translation(check: Check, flow: Flow) -> None:
    """Notes that a flow's readable name, which messages speak, has no translation."""
    _, additional = languages(check.facts.settings("config"))
    missing = [language for language in additional if not flow.translation.get(language, {}).get("name")]
    if missing and not flow.is_pattern:
        check.findings.hint(
            "name-translation-missing",
            "/translation" if "translation" in check.body else "",
            f"The name “{flow.name}” has no translation to {_shown(missing)}; messages that speak of the flow use it as"
            f" it is. Add `translation: {{{missing[0]}: {{name: …}}}}`.",
        )


def check_text_translations(check: Check) -> None:
    """Notes texts and button titles of a response without a translation, and languages that nobody declared."""
    default, additional = languages(check.facts.settings("config"))
    texts = [_map(variation.get("translation")) for variation in _variations(check.body) if _has(variation, "text")]
    buttons = [
        _map(button.get("translation"))
        for variation in _variations(check.body)
        for button in _variations(variation.get("buttons"))
        if _has(button, "title")
    ]
    if missing := _missing(texts, additional):
        check.findings.warning(
            "translation-missing",
            "",
            f"“{check.name}” has texts without a translation to {missing}; they are sent in the default language.",
        )
    if missing := _missing(buttons, additional):
        check.findings.hint(
            "button-translation-missing",
            "",
            f"“{check.name}” has buttons without a translation to {missing}; their titles stay as they are.",
        )
    if strange := _shown(
        str(key) for entry in (*texts, *buttons) for key in entry if key not in (default, *additional)
    ):
        check.findings.hint(
            "translation-unused",
            "",
            f"“{check.name}” is translated to {strange}, which the assistant doesn't speak. Add it to"
            " `additional_languages` in the config or delete it.",
        )


def _variations(listed: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []


def _has(entry: Mapping[str, Any], key: str) -> bool:
    return isinstance(entry.get(key), str) and bool(entry[key].strip())


def _missing(translations: Iterable[Mapping[str, Any]], additional: Sequence[str]) -> str:
    return _shown(language for entry in translations for language in additional if not entry.get(language))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _shown(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names))
