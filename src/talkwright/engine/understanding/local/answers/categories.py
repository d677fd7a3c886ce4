"""One of a slot's values as people write it: its name, another word, its place in the list, or a slip of the pen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from talkwright.engine.understanding.local.languages import common_words, phrases, values
from talkwright.engine.understanding.local.texts import readable, words

_PLACES = {word: int(place) for word, place in values("places").items()}
_NUMBERED = re.compile(r"(?:^|\b(?:number|option|no\.?|nummer|nr\.?|option|choice|punkt)\s*)#?(\d)\W*$", re.IGNORECASE)
_GERMAN_ENDINGS = ("er", "en", "es", "em", "e")
_CLOSE_ENOUGH = 80.0  # per cent: two slips in a word of eight letters
_BEFORE_PLACE = frozenset(phrases("before a place"))
_ONE = frozenset({"one", "ones"})
_SHORT_CHOICE = 3  # words
_SHORT_WORD = 4  # letters: in shorter words a slip makes another word


@dataclass(frozen=True, slots=True)
class Choice:
    """A value, the words that stand for it, and how sure the match is (0..1)."""

    value: Any
    score: float
    how: str


@dataclass(frozen=True, slots=True)
class Option:
    """A value that may be chosen, with all its names."""

    value: Any
    names: tuple[str, ...]


def options_of(
    values: Sequence[Any], synonyms: Mapping[str, Sequence[str]], titles: Sequence[tuple[str, Any]] = ()
) -> list[Option]:
    """The values of a slot with what the project calls them: synonyms and the titles of the question's buttons."""
    options = []
    for value in values:
        text = str(value)
        names = [text, readable(text), *synonyms.get(text, ())]
        names += [title for title, chosen in titles if str(chosen).lower() == text.lower()]
        options.append(Option(value, tuple(dict.fromkeys(names))))
    return options


def category_answer(text: str, options: Sequence[Option], language: str) -> Choice | None:
    """The one value that `text` names; None where it names none or several."""
    said = words(text)
    if not said or not options:
        return None
    if named := _named(said, options):
        return Choice(named[0].value, 1.0, "named") if len(named) == 1 else None
    return _placed(text, said, options) or _misspelt(said, options, language)


def yes_or_no_choice(said: bool, options: Sequence[Option]) -> Choice | None:
    """The value that a yes or no means where one of two values is the other's opposite: satisfied, unsatisfied."""
    if len(options) != 2:
        return None
    for positive, negative in (options, tuple(reversed(options))):
        opposite = {opposite for name in positive.names for opposite in _opposites(" ".join(words(name)))}
        if opposite & {" ".join(words(name)) for name in negative.names}:
            return Choice((positive if said else negative).value, 1.0, "yes or no")
    return None


def _opposites(name: str) -> set[str]:
    return {f"{before}{joint}{name}" for before in phrases("opposites") for joint in ("", " ")}


def named_category(text: str, options: Sequence[Option]) -> Choice | None:
    """The one value that `text` names literally; for first sentences, where guessing would do harm."""
    named = _named(words(text), options)
    return Choice(named[0].value, 1.0, "named") if len(named) == 1 else None


def _named(said: list[str], options: Sequence[Option]) -> list[Option]:
    """The options whose longest names stand in the text as whole words; "Business Plus" hides a plain "Business"."""
    found: list[tuple[int, Option]] = []
    for option in options:
        sizes = [len(name) for name in (tuple(words(each)) for each in option.names) if name and _within(name, said)]
        if sizes:
            found.append((max(sizes), option))
    if not found:
        return []
    longest = max(size for size, _ in found)
    return [option for size, option in found if size == longest]


def _within(name: Sequence[str], said: Sequence[str]) -> bool:
    size = len(name)
    return any(
        all(_same(part, word) for part, word in zip(name, said[start : start + size], strict=True))
        for start in range(len(said) - size + 1)
    )


def _same(name: str, word: str) -> bool:
    if name == word:
        return True
    if len(name) >= _SHORT_WORD and len(word) >= _SHORT_WORD:
        return word in (f"{name}s", f"{name}es") or name == f"{word}s" or _root(name) == _root(word)
    return False


def _root(word: str) -> str:
    for ending in _GERMAN_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORT_WORD:
            return word.removesuffix(ending)
    return word


def _placed(text: str, said: list[str], options: Sequence[Option]) -> Choice | None:
    """The first one, das zweite, number 3, 2."""
    place = next((place for at in range(len(said)) if (place := _place(said, at)) is not None), None)
    if place is None and (found := _NUMBERED.search(text.strip())):
        place = int(found[1]) - 1
        if place < 0:
            return None
    if place is None or place >= len(options):
        return None
    return Choice(options[place].value, 0.9, "place in the list")


def is_a_place(text: str, language: str) -> bool:
    """Whether a text is nothing but a place in a list: "the second one", "die erste"."""
    said = words(text)
    others = [word for word in said if not any(root in _PLACES for root in (word, _root(word)))]
    return len(said) - len(others) > 0 and _BEFORE_PLACE.union(common_words(language), _ONE).issuperset(others)


def _place(said: Sequence[str], at: int) -> int | None:
    """The place that a word names; in a longer sentence only behind a small word: "the first", not "but first"."""
    place = next((_PLACES[root] for root in (said[at], _root(said[at])) if root in _PLACES), None)
    introduced = at > 0 and said[at - 1] in _BEFORE_PLACE
    return place if introduced or len(said) <= _SHORT_CHOICE else None


def _misspelt(said: list[str], options: Sequence[Option], language: str) -> Choice | None:
    """The value whose name is close to words of the text, and clearly closer than the next one's."""
    said = [word for word in said if word not in common_words(language)] or said
    parts = {" ".join(said[start : start + size]) for size in (1, 2, 3) for start in range(len(said) - size + 1)}
    scored = []
    for option in options:
        names = [" ".join(words(name)) for name in option.names]
        names += [each for name in names for each in name.split() if len(each) > _SHORT_WORD]
        close = [
            match[1]
            for name in names
            if len(name) >= _SHORT_WORD
            and (
                match := process.extractOne(
                    name, parts, scorer=fuzz.ratio, score_cutoff=_CLOSE_ENOUGH - 5 * (len(name) > 6)
                )
            )
        ]
        if close:
            scored.append((max(close), option))
    scored.sort(key=lambda pair: -pair[0])
    if not scored or (len(scored) > 1 and scored[1][0] >= scored[0][0] - 3):
        return None
    return Choice(scored[0][1].value, scored[0][0] / 100, "almost named")
