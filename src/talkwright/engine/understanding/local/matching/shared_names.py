"""Messages of one word that several flows have in their names: "card" says what it is about, but not what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from talkwright.engine.understanding.local.languages import language_of
from talkwright.engine.understanding.local.matching.flow_texts import FlowTexts
from talkwright.engine.understanding.local.matching.reading import read, read_words, weight_of
from talkwright.engine.understanding.local.texts import words

_LEAST_TELLING = 0.4
_MOST_WORDS = 4  # a longer message says more than its one telling word


class SharedNames:
    """Which flows have a word in one of their names. Built once; keeps nothing of messages."""

    def __init__(self, documents: Sequence[FlowTexts], languages: Sequence[str]) -> None:
        self._named: dict[str, dict[str, None]] = defaultdict(dict)
        self._meant: dict[str, set[str]] = defaultdict(set)
        for document in documents:
            for text in (*document.names, *document.examples):
                language = language_of(words(text), languages, languages[0])
                if len(telling := _telling(text, language)) == 1:
                    for stem in read_words(telling, language).stems:
                        self._meant[stem].add(document.flow)
                if text in document.names:
                    for stem in read(text, language).stems:
                        self._named[stem][document.flow] = None

    def sharing(self, text: str, language: str, likeliest: str) -> tuple[str, ...]:
        """The flows that share the one word that a message says; none where it says more.

        None, too, where a name or an example of the likeliest flow says as little.
        """
        telling = _telling(text, language)
        if len(telling) != 1 or len(words(text)) > _MOST_WORDS:
            return ()
        stems = read_words(telling, language).stems
        if any(likeliest in self._meant.get(stem, ()) for stem in stems):
            return ()
        found = dict.fromkeys(flow for stem in stems for flow in self._named.get(stem, ()))
        return tuple(found) if len(found) > 1 else ()


def _telling(text: str, language: str) -> list[str]:
    """The words that say anything, once each; a number is none."""
    return list(dict.fromkeys(token for token in words(text) if weight_of(token, language) > _LEAST_TELLING))
