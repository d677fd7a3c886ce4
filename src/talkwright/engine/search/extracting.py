"""An answer without a language model: that of a pair of question and answer, or the most fitting sentences."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from talkwright.engine.search.index import SearchIndex
from talkwright.engine.search.passages import Passage, sentences
from talkwright.engine.search.ranking import OLDER, rarity
from talkwright.engine.search.wording import Query, read_query, read_text

_SHORT = 300
"""Characters up to which a passage is given whole."""
_LONGEST = 420
"""Characters of the sentences that are taken out of a longer one."""
_WORDS, _MEANING = 0.6, 0.4  # what shared words and like meaning count
_WORTH = 0.5  # the share of the best sentence's worth that its neighbours need to be said with it


def extracted(index: SearchIndex, passage: Passage, messages: Sequence[str]) -> str:
    """What a passage answers to messages, newest first; texts are given as they are written, nothing is filled."""
    if passage.question or len(passage.text) <= _SHORT:
        return passage.text
    query = read_query(messages, index.languages, older=OLDER)
    parts = sentences(passage.text)
    worths = [_worth(index, query, sentence) for sentence in parts]
    best = max(range(len(parts)), key=worths.__getitem__)
    first, last = best, best
    while True:
        grown = [
            (worths[place], place)
            for place in (first - 1, last + 1)
            if 0 <= place < len(parts) and worths[place] >= _WORTH * worths[best]
        ]
        if not grown:
            break
        _, place = max(grown)
        low, high = min(first, place), max(last, place)
        if sum(map(len, parts[low : high + 1])) > _LONGEST:
            break
        first, last = low, high
    return _as_written(passage.text, parts[first : last + 1])


def _worth(index: SearchIndex, query: Query, sentence: str) -> float:
    read = read_text(sentence, index.languages)
    own = set(read.stems)
    weights = {stem: weight * rarity(index, stem) for stem, weight in query.stems.items()}
    shared = sum(weight for stem, weight in weights.items() if stem in own) / max(sum(weights.values()), 1e-6)
    return _WORDS * shared + _MEANING * float(read.meaning @ query.meaning)


def _as_written(text: str, parts: Sequence[str]) -> str:
    """Neighbouring sentences with the line ends that stand between them in the text."""
    said = parts[0]
    at = text.find(parts[0]) + len(parts[0])
    for before, part in itertools.pairwise(parts):
        found = text.find(part, at)
        gap = text[at:found] if found >= 0 else " "
        said += ("\n" if "\n" in gap else _gap(before, gap)) + part
        at = found + len(part)
    return said


def _gap(before: str, gap: str) -> str:
    """Closing quotes and brackets that belong to the sentence before, then one blank."""
    return f"{gap.strip()} " if before[-1:] in ".!?…" else " "
