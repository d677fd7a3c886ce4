"""Regular expressions of `matches` and of NLU data: compiled once, and kept from running for ages.

Python's engine backtracks. Inside a repetition, two ways to read the same characters double the time with every
character, so a pattern with such a loop is only tried on short texts. Repetitions one after the other multiply with
the text's length, so their number bounds it.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from functools import lru_cache
from re import _constants as constants  # the only description of a pattern's structure there is
from re import _parser as parser
from typing import Any

MAX_PATTERN = 1000
MAX_TEXT = 10_000
_FEW = 4  # a repetition of at most so many rounds costs no more than writing it out
_STEPS = 50_000_000  # what one search may cost in the worst case, about half a second
_REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT)
_SINGLE = (constants.LITERAL, constants.NOT_LITERAL, constants.IN, constants.ANY)
_ALPHABET = (*map(chr, range(256)), "Ж", "中", "…", "😀")
_SHORT = 20  # characters that an ambiguous pattern may be tried on


class RegexError(ValueError):
    """A pattern that can't be compiled, or a text that is too long for it; the message says how to mend it."""


class _AmbiguousError(Exception):
    """A loop can read the same characters in several ways."""


@dataclass(frozen=True, slots=True)
class SafeRegex:
    """A pattern and the longest text (characters) that it may be tried on."""

    pattern: re.Pattern[str]
    longest_text: int
    ambiguous: bool = False

    def found_in(self, text: str) -> bool:
        """Whether the pattern matches anywhere. Raises RegexError where the text is too long to be searched safely."""
        if len(text) > self.longest_text:
            raise RegexError(
                f"The text has {len(text)} characters; this pattern is only tried on up to {self.longest_text}."
            )
        return self.pattern.search(text) is not None

    def all_in(self, text: str) -> list[re.Match[str]]:
        """Every match, one after the other; none where the text is too long to be searched safely."""
        return list(self.pattern.finditer(text)) if len(text) <= self.longest_text else []


@lru_cache(maxsize=1024)
def safe_regex(source: str) -> SafeRegex:
    """The compiled pattern. Raises RegexError where it is broken or too long."""
    if len(source) > MAX_PATTERN:
        raise RegexError(f"The pattern is longer than {MAX_PATTERN} characters; shorten it.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            structure = parser.parse(source)
            pattern = re.compile(source)
            repeats = _long_repeats(structure)
    except _AmbiguousError:
        return SafeRegex(pattern, _SHORT, ambiguous=True)
    except (re.error, OverflowError, RecursionError) as error:
        raise RegexError(f"The pattern is no regular expression: {error}.") from None
    anchored = len(structure) > 0 and structure[0][0] is constants.AT
    power = repeats + (0 if anchored else 1)
    longest = MAX_TEXT if power <= 1 else min(MAX_TEXT, int(_STEPS ** (1 / power)))
    return SafeRegex(pattern, longest)


def _long_repeats(sequence: Any) -> int:
    """How many long repetitions can follow each other; raises _AmbiguousError for a loop that reads in several ways."""
    total = 0
    for code, argument in sequence:
        if code in _REPEATS:
            _, most, body = argument
            if most is constants.MAXREPEAT or most > _FEW:
                _Loop().close(body)
                total += 1
            else:
                total += _long_repeats(body) * int(most)
        elif code is constants.BRANCH:
            total += max(_long_repeats(branch) for branch in argument[1])
        elif code is constants.SUBPATTERN:
            total += _long_repeats(argument[-1])
        elif code in (constants.ASSERT, constants.ASSERT_NOT):
            total += _long_repeats(argument[1])
        elif code is constants.ATOMIC_GROUP:
            total += _long_repeats(argument)
        elif code is constants.GROUPREF_EXISTS:
            total += sum(_long_repeats(branch) for branch in argument[1:] if branch)
    return total


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a loop's body: whether it can be empty, and the character positions that can begin and end it."""

    empty: bool
    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Loop:
    """Position automaton of a repeated body; a second way to read a character is an error (strong determinism)."""

    sets: list[frozenset[str]] = field(default_factory=list)
    follow: dict[int, set[int]] = field(default_factory=dict)

    def close(self, body: Any) -> None:
        """Checks one repeated body with its way back to its own beginning."""
        part = self._sequence(body)
        self._connect(part.last, part.first)

    def _sequence(self, body: Any) -> _Part:
        joined = _Part(empty=True)
        for item in body:
            part = self._item(*item)
            if joined.empty:
                self._disjoint(joined.first, part.first)
            self._connect(joined.last, part.first)
            joined = _Part(
                joined.empty and part.empty,
                joined.first | part.first if joined.empty else joined.first,
                joined.last | part.last if part.empty else part.last,
            )
        return joined

    def _item(self, code: Any, argument: Any) -> _Part:
        if code in _SINGLE:
            position = len(self.sets)
            self.sets.append(_characters(code, argument))
            self.follow[position] = set()
            return _Part(False, frozenset({position}), frozenset({position}))
        if code in _REPEATS:
            least, most, body = argument
            part = self._sequence(body)
            if most is constants.MAXREPEAT or most > 1:
                self._connect(part.last, part.first)
            return _Part(part.empty or least == 0, part.first, part.last)
        if code is constants.BRANCH:
            branches = [self._sequence(branch) for branch in argument[1]]
            for number, branch in enumerate(branches):
                for other in branches[:number]:
                    self._disjoint(other.first, branch.first)
            return _Part(
                any(branch.empty for branch in branches),
                frozenset().union(*(branch.first for branch in branches)),
                frozenset().union(*(branch.last for branch in branches)),
            )
        if code is constants.SUBPATTERN:
            return self._sequence(argument[-1])
        if code is constants.AT:
            return _Part(empty=True)
        raise _AmbiguousError

    def _connect(self, sources: frozenset[int], targets: frozenset[int]) -> None:
        for source in sources:
            self._disjoint(frozenset(self.follow[source]), targets)
            self.follow[source] |= targets

    def _disjoint(self, some: frozenset[int], others: frozenset[int]) -> None:
        if any(self.sets[one] & self.sets[other] for one in some for other in others):
            raise _AmbiguousError


def _characters(code: Any, argument: Any) -> frozenset[str]:
    """The characters of a sample alphabet that one position accepts, in either case."""
    if code is constants.LITERAL:
        return frozenset({chr(argument).lower(), chr(argument).upper()})
    one = parser.SubPattern(parser.State(), [(code, argument)])
    accepts = re._compiler.compile(one).match  # type: ignore[attr-defined] # noqa: SLF001 - a character class alone can only be asked by compiling it
    return frozenset(other for mark in _ALPHABET if accepts(mark) for other in (mark.lower(), mark.upper()))
