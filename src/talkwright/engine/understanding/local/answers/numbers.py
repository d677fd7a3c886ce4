"""Numbers as people write them: digits in both conventions, words in English and German, money words."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from talkwright.engine.understanding.local.languages import values
from talkwright.engine.understanding.local.texts import fold

_GERMAN = values("numbers de")
_SMALL = {**values("numbers"), **_GERMAN}
_SCALES = values("scales")
_TENS_DE = frozenset(word for word, value in _GERMAN.items() if value >= 20)
_ARTICLES = frozenset(["a", "an", "one", "ein", "eine", "einen", "einem", "einer"])
_SKIPPED = frozenset(["a", "an", "and", "und", "of"])
_HALVES = frozenset(["half", "halbe"])
_NO_NUMBER_ALONE = _SKIPPED | {"k", "m"}
_LONGEST_WORD = 60  # letters: the longest number word anybody writes
_MONEY = (
    r"(?:€|\$|£|¥|(?:euros?|eur|dollars?|usd|pounds?|quid|gbp|bucks?|francs?|franken|chf|cents?|kronen|yen|zloty|"
    r"moneten|piepen|kroeten|mücken|steine)\b)"
)
_DIGITS = re.compile(
    rf"(?P<before>{_MONEY}\s*)?(?P<sign>(?<![\w-])-)?"
    r"(?P<number>\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)(?:,-|\.-)?\s*"
    r"(?P<scale>(?:k|m|tsd|mio|hundred|thousand|hundert|tausend|million(?:en)?)\b\.?)?"
    rf"\s*(?P<after>{_MONEY})?",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*", re.UNICODE)
_AFTER_WORDS = re.compile(rf"\s*{_MONEY}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text, where it stands, and whether money words stand by it."""

    value: float
    start: int
    end: int
    money: bool = False
    bare_article: bool = False  # only "a" or "one", which is more often a word than a number


def find_numbers(text: str, language: str) -> list[Number]:
    """All numbers of a text, in order. `language` decides what a lone separator before three digits means."""
    digits = [_from_digits(found, language) for found in _DIGITS.finditer(text)]
    taken = [(number.start, number.end) for number in digits]
    spelled = [
        number
        for number in _from_words(text)
        if not any(number.start < end and start < number.end for start, end in taken)
    ]
    found = [number for number in digits + spelled if math.isfinite(number.value)]
    return sorted(found, key=lambda number: number.start)


def _from_digits(found: re.Match[str], language: str) -> Number:
    value = _digits_value(found["number"], language)
    value *= _SCALES.get((found["scale"] or "").lower().rstrip("."), 1)
    if found["sign"]:
        value = -value
    return Number(value, found.start(), found.end(), money=bool(found["before"] or found["after"]))


def _digits_value(text: str, language: str) -> float:
    text = re.sub(r"['’\s\u00a0\u202f]", "", text)
    points, commas = text.count("."), text.count(",")
    if points and commas:
        decimal = "." if text.rindex(".") > text.rindex(",") else ","
    elif points + commas == 1:
        mark = "." if points else ","
        thousands = "," if language == "en" else "."
        grouped = len(text) - text.index(mark) == 4 and text.index(mark) <= 3 and not text.startswith("0")
        decimal = "" if mark == thousands and grouped else mark
    else:
        decimal = ""
    for mark in {".", ","} - {decimal}:
        text = text.replace(mark, "")
    return float(text.replace(",", "."))


def _from_words(text: str) -> list[Number]:
    """Runs of number words: "twenty five", "two hundred and fifty", "zweihundertfünfzig", "half a million"."""
    found: list[Number] = []
    run: list[tuple[str, int, int]] = []

    def close() -> None:
        while run and run[-1][0] in ("and", "und", "a", "an", "of", "point", "komma"):
            run.pop()
        while run and run[0][0] in ("and", "und", "of", "point", "komma"):
            run.pop(0)
        if run and (value := _run_value([word for word, _, _ in run])) is not None:
            start, end = run[0][1], run[-1][2]
            after = _AFTER_WORDS.match(text, end)
            money = bool(after) or run[-1][0] in ("grand", "fiver", "tenner")
            lonely = len(run) == 1 and run[0][0] in _ARTICLES
            found.append(Number(value, start, after.end() if after else end, money, lonely))
        run.clear()

    last_end = 0
    for match in _WORDS.finditer(text):
        if run and text[last_end : match.start()].strip():
            close()
        last_end = match.end()
        parts = fold(match.group()).split("-")
        if all(_is_number_word(part) for part in parts) or (run and parts == ["and"]) or parts == ["half"]:
            run += [(part, match.start(), match.end()) for part in parts]
        elif parts[0] in ("a", "an", "of", "und", "point", "komma", "halbe") and (run or parts[0] in ("a", "an")):
            run.append((parts[0], match.start(), match.end()))
        else:
            close()
    close()
    return found


def _is_number_word(word: str) -> bool:
    if word in ("a", "an", "and"):
        return False
    return word in _SMALL or word in _SCALES or _german_compound(word) is not None


def _run_value(run: list[str]) -> float | None:
    """The value of number words that stand together; None where they are none (a lone "a", a lone scale letter)."""
    if all(word in _NO_NUMBER_ALONE for word in run):
        return None
    for point in ("point", "komma"):
        if point in run:
            return _with_decimals(run, run.index(point))
    if run[-3:] == ["and", "a", "half"] and (whole := _run_value(run[:-3])) is not None:
        return whole + 0.5
    return _sum([word for word in run if word not in _SKIPPED])


def _with_decimals(run: list[str], point: int) -> float | None:
    """`three point five`: single digits after the point."""
    whole, digits = _run_value(run[:point]), [_word_value(word) for word in run[point + 1 :]]
    if whole is None or any(digit is None or digit > 9 for digit in digits):
        return None
    return float(f"{whole:.0f}." + "".join(f"{digit:.0f}" for digit in digits if digit is not None))


def _sum(run: list[str]) -> float | None:
    """Small numbers add up, scales multiply what stands before them: two hundred fifty thousand."""
    total = current = 0.0
    seen = False
    for word in run:
        if word in _HALVES:
            current += 0.5
        elif word in _SCALES and not (word == "grand" and not seen):
            current = (current if seen and current else 1) * _SCALES[word]
            if _SCALES[word] >= 1000:
                total, current = total + current, 0.0
        elif (value := _word_value(word)) is not None:
            current += value
        else:
            return None
        seen = True
    return total + current if seen else None


def _word_value(word: str) -> float | None:
    return _SMALL[word] if word in _SMALL else _german_compound(word)


def _german_compound(word: str) -> float | None:
    """`zweihundertfünfzig`, `einundzwanzig`, `dreitausend`, `zweieinhalb`."""
    if word in _SMALL or len(word) > _LONGEST_WORD:
        return _SMALL.get(word)
    for scale, size in (("tausend", 1000.0), ("hundert", 100.0)):
        if scale in word:
            head, _, tail = word.partition(scale)
            many = _german_compound(head) if head else 1.0
            rest = _german_compound(tail.removeprefix("und")) if tail else 0.0
            return None if many is None or rest is None else many * size + rest
    if word.endswith("einhalb") and (whole := _SMALL.get(word.removesuffix("einhalb"))) is not None:
        return whole + 0.5
    unit, _, ten = word.partition("und")
    if unit in _SMALL and ten in _TENS_DE and _SMALL[unit] < 10:
        return _SMALL[unit] + _SMALL[ten]
    return None


def is_only_an_article(text: str, language: str) -> bool:
    """Whether all that could be a number is an article, as in German "ein", which is "one", too."""
    found = find_numbers(text, language)
    return bool(found) and all(number.bare_article for number in found)


def number_answer(text: str, language: str) -> float | None:
    """The number that answers a question; of several the one with money words, else the last ("not 50, 70")."""
    found = find_numbers(text, language)
    if len(found) > 1:
        found = [number for number in found if not number.bare_article] or found
        found = [number for number in found if number.money] or found
    return found[-1].value if found else None
