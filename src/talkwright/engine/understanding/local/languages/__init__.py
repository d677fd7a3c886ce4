"""What the local model knows about languages before any training: common words, glosses, sentences of no assistant, and phrases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

_COMMON = {
    "en": frozenset(
        "a an the i you he she we they it is are was were be been am do does did can could would should will my your "
        "our his her their this that these those what which who when where why how and or but not no yes please to of "
        "in on at for from with about as if me us them have has had want need like get let i'd i'm i'll don't there "
        "it's what's any some so just up out".split()
    ),
    "de": frozenset(
        "der die das den dem des ein eine einen einem einer eines ich du er sie wir ihr es ist sind war waren bin bist "
        "sein habe hast hat haben kann kannst koennen koennte wuerde will moechte mein meine meinen meiner meinem dein "
        "deine unser was welche welcher welches wer wann wo warum wie und oder aber nicht kein keine nein ja bitte zu "
        "von in im an am auf fuer mit ueber als wenn mir mich dir dich uns haette brauche zum zur noch mal auch doch "
        "mehr so nur aus nach bei".split()
    ),
}
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
_JOINTS = ("s", "n", "en", "es", "")
_MIN_STEM = 3
_COMMON_WORD = 2
_TELLING_LENGTH = 5  # letters: shorter words look alike in too many languages


def common_words(language: str) -> frozenset[str]:
    """Words that say nothing about the matter: articles, pronouns, auxiliaries."""
    return _COMMON.get(language, frozenset())


def language_of(tokens: Sequence[str], languages: Sequence[str], default: str) -> str:
    """The language among `languages` that the words speak for; `default` where none stands out.

    Common words say most; a longer word that the glosses know says something too.
    """
    if len(languages) == 1:
        return languages[0]
    scores = {name: _speaks_for(name, tokens) for name in languages if name in _COMMON}
    best = max(scores.values(), default=0)
    if not best or scores.get(default) == best:
        return default
    return next(name for name, score in scores.items() if score == best)


def _speaks_for(language: str, tokens: Sequence[str]) -> int:
    common = _COMMON[language]
    return sum(
        _COMMON_WORD if token in common else len(token) >= _TELLING_LENGTH and _is_foreign(token, language)
        for token in tokens
    )


def _is_foreign(token: str, language: str) -> bool:
    """Whether the glosses know the word and it isn't spelt the same in English (status, hotel, information)."""
    glossed = _glossed(token, language)
    return bool(glossed) and token not in glossed


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
