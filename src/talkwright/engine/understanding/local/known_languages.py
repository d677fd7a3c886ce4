"""Which languages of an assistant its flows say nothing in, so that its people can be told before its users notice."""

from __future__ import annotations

from talkwright.assistant.assistant import Assistant
from talkwright.engine.understanding.local.documents import startable_by_text
from talkwright.engine.understanding.local.languages import language_of
from talkwright.engine.understanding.local.matching.flow_texts import examples_of
from talkwright.engine.understanding.local.texts import words

_TOLD_APART = ("en", "de")
_ENOUGH_WORDS = 4  # of an example: in fewer, words that tell the language are often missing


def languages_without_words(assistant: Assistant) -> list[str]:
    """The additional languages in which no flow has a name or a description, and no example is written."""
    flows = [flow for flow in assistant.user_flows.values() if startable_by_text(flow)]
    translated = {
        language
        for flow in flows
        for language, one in flow.translation.items()
        if one.get("name") or one.get("description")
    }
    missing = [
        language
        for language in assistant.additional_languages
        if language not in translated and language != assistant.language
    ]
    if not missing:
        return []
    examples = [tokens for flow in flows for text in examples_of(flow, assistant) if (tokens := words(text))]
    return [language for language in missing if not any(_is_in(language, tokens) for tokens in examples)]


def _is_in(language: str, tokens: list[str]) -> bool:
    """Whether an example is surely in a known language, or long and surely in none of those that are known."""
    if language in _TOLD_APART:
        return language_of(tokens, _TOLD_APART, "") == language
    return len(tokens) >= _ENOUGH_WORDS and language_of(tokens, _TOLD_APART, language) == language


def notice_of(language: str) -> str:
    """What to tell about such a language."""
    return (
        f"No flow has a name, a description or an example in the language {language}: messages in it are understood "
        f"only where they share words with the other languages. Give the flows names under "
        f"`translation: {language}:`, or write examples in it."
    )
