"""What is known about languages before any training: common words, glosses, phrases, and sentences of no assistant."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

_KNOWN = ("en", "de")
_ENDINGS = (
    "",
    "e",
    "n",
    "s",
    "t",
    "en",
    "er",
    "es",
    "em",
    "et",
    "te",
    "st",
    "end",
    "ens",
    "ern",
    "est",
    "ung",
    "ungen",
)
_JOINTS = ("s", "n", "en", "es", "ungs", "ung", "")
_MIN_STEM = 3
_COMMON_WORD = 2
_TELLING_LENGTH = 5  # letters: shorter words look alike in too many languages


@cache
def common_words(language: str) -> frozenset[str]:
    """Words that say nothing about the matter: articles, pronouns, auxiliaries."""
    return frozenset(phrases(f"common {language}"))


def language_of(tokens: Sequence[str], languages: Sequence[str], default: str) -> str:
    """The language among `languages` that the words speak for; `default` where none stands out.

    Common words say most; a longer word that the glosses know says something too.
    """
    if len(languages) == 1:
        return languages[0]
    scores = {name: _speaks_for(name, tokens) for name in languages if name in _KNOWN}
    best = max(scores.values(), default=0)
    if not best or scores.get(default) == best:
        return default
    return next(name for name, score in scores.items() if score == best)


def _speaks_for(language: str, tokens: Sequence[str]) -> int:
    common = common_words(language)
    return sum(
        _COMMON_WORD if token in common else len(token) >= _TELLING_LENGTH and _is_foreign(token, language)
        for token in tokens
    )


def _is_foreign(token: str, language: str) -> bool:
    """Whether the glosses know the word and it isn't spelt the same in English (status, hotels, information)."""
    glossed = _glossed(token, language)
    return bool(glossed) and not any(token.startswith(word) for word in glossed)


@cache
def _sections() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    section = ""
    for line in _lines("phrases.txt"):
        if line.startswith("["):
            section = line.strip("[]")
        elif not line.startswith("#"):
            found.setdefault(section, []).append(line)
    return {name: tuple(lines) for name, lines in found.items()}


def phrases(section: str) -> tuple[str, ...]:
    """The lines of one section of `phrases.txt`; none for a section that is not there."""
    return _sections().get(section, ())


@cache
def alternatives(section: str) -> str:
    """The regular expressions of a section as one, its macros filled in."""
    macros = {name.removeprefix("macro "): "|".join(lines) for name, lines in _sections().items() if "macro " in name}
    pattern = "|".join(phrases(section))
    for name, text in macros.items():
        pattern = pattern.replace(f"{{{name}}}", text)
    return pattern


@cache
def values(section: str) -> dict[str, float]:
    """A section whose lines are `word=number`."""
    return {word: float(number) for word, number in (line.split("=") for line in phrases(section))}


@cache
def background(language: str) -> tuple[str, ...]:
    """Sentences that no assistant of a business answers; the classifier learns from them what it does not know."""
    return tuple(_lines(f"background.{language}.txt"))


@cache
def glosses(language: str) -> dict[str, str]:
    """Word stems of another language with English words for them (only German so far)."""
    return dict(line.split("=", 1) for line in _lines(f"glosses.{language}.txt") if not line.startswith("#"))


@lru_cache(maxsize=4096)
def _glossed(token: str, language: str) -> tuple[str, ...]:
    return tuple(_gloss(token, glosses(language)))


def in_english(tokens: Sequence[str], language: str) -> list[str]:
    """The English words that a text's words stand for, as far as the glosses know them; nothing for English itself."""
    return [word for token in tokens for word in _glossed(token, language)] if glosses(language) else []


def _gloss(token: str, stems: dict[str, str]) -> list[str]:
    """Words for one token: a known stem with an ending, else a compound of known parts."""
    if (known := _stem(token, stems)) is not None:
        return stems[known].split()
    for size in range(len(token) - _MIN_STEM, _MIN_STEM - 1, -1):
        first = token[:size]
        for joint in _JOINTS:
            head = first.removesuffix(joint)
            if len(head) >= _MIN_STEM and head in stems and (rest := _gloss(token[size:], stems)):
                return [*stems[head].split(), *rest]
    return _without_prefix(token, stems)


def _without_prefix(token: str, stems: dict[str, str]) -> list[str]:
    """Words for a verb whose prefix the stems don't know, with or without the "zu" inside: `zuzusenden` is sending."""
    for prefix in phrases("verb prefixes de"):
        rest = token.removeprefix(prefix)
        if rest != token:
            for plain in (rest, rest.removeprefix("zu"), rest.removeprefix("ge")):
                if len(plain) > _MIN_STEM and (known := _stem(plain, stems)) is not None:
                    return stems[known].split()
    return []


def _stem(token: str, stems: dict[str, str]) -> str | None:
    for ending in _ENDINGS:
        head = token.removesuffix(ending) if ending else token
        if len(head) < _MIN_STEM or (ending and head == token):
            continue
        if head in stems:
            return head
    return None


def _lines(name: str) -> list[str]:
    file = files(__package__) / name
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()] if file.is_file() else []
