"""Documents cut into passages: a question and its answer stay whole, all else follows headings and sentences."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

_AIM = 500
"""Characters up to which short paragraphs of a section are put together."""
LONGEST = 900
"""Characters of a passage; longer paragraphs are cut between sentences."""
_LONGEST_ANSWER = 2_400
_SHORT_TITLE = 80
_DEEPEST = 6  # level of a heading
_MOST_MARKS = 300  # characters of a line that may be a heading
_UNDERLINE = re.compile(r"(?:=+|-{3,})[ \t]*$")
_MARK = (
    r"[ \t]{0,8}(?:[-*][ \t]+)?(?:#{1,6}[ \t]+)?\*{0,3}(?:%s)\*{0,3}[ \t]{0,2}\d{0,4}\*{0,3}[ \t]{0,2}[:.)]\*{0,3}[ \t]"
)
_QUESTION = re.compile(_MARK % "Q|Question|F|Frage", re.IGNORECASE)
_ANSWER = re.compile(_MARK % "A|Answer|Antwort" + "|" + _MARK % "A|Answer|Antwort" + "?$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]”“]*[ \t\n]+(?=[\"'(\[„“]?[A-ZÄÖÜÀ-Ý0-9])")
_FRONT_MATTER = re.compile(r"\A---\n.{0,4000}?\n---\n", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\]\([^()\n]{0,1000}\)")
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\(([^()\s]{1,1000})\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^\n*_]{1,300})(?<=\S)\1")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]")


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a document that can stand alone: an answer with its `question`, or a text under its `heading`."""

    source: str
    heading: str
    text: str
    question: str = ""

    @property
    def whole(self) -> str:
        """The question, where there is one, and the text."""
        return f"{self.question}\n{self.text}" if self.question else self.text


@dataclass
class _Section:
    """The lines under one heading, or of one pair of question and answer."""

    heading: str
    lines: list[str]
    question: str = ""
    answered: bool = False


def passages_of(path: str, text: str) -> list[Passage]:
    """The passages of one document in their order; markup of Markdown is taken off, nothing is rendered."""
    found: list[Passage] = []
    for section in _sections(_title(path), _clean(text, markdown=path.lower().endswith(".md"))):
        found += _cut(path, section)
    return found


def _title(path: str) -> str:
    return PurePosixPath(path).stem.replace("_", " ").replace("-", " ").strip()


def _clean(text: str, *, markdown: bool) -> str:
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not markdown:
        return text
    text = _without_comments(_FRONT_MATTER.sub("", text))
    text = _LINK.sub(r"\1 (\2)", _IMAGE.sub(r"\1", text))
    return _STRONG.sub(r"\2", text)


def _without_comments(text: str) -> str:
    kept, start = [], 0
    while (found := text.find("<!--", start)) >= 0 and (end := text.find("-->", found)) >= 0:
        kept.append(text[start:found])
        start = end + 3
    return "".join([*kept, text[start:]])


def _sections(title: str, text: str) -> Iterator[_Section]:
    """The sections in order; headings stand in each other, so that one of a section names those above it too."""
    lines = text.split("\n")
    above: list[tuple[int, str]] = []
    current = _Section(title, [])
    has_more = any(line.strip() for line in lines[1:])
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        if (asked := _QUESTION.match(line)) and _bare(line[asked.end() :]):
            yield current
            current = _Section(_joined(title, above), [], question=_bare(line[asked.end() :]))
        elif heading := _heading(line, below, first=number == 0 and has_more):
            yield current
            level, words = heading
            above = [*(one for one in above if one[0] < level), (level, words)]
            current = _Section(_joined(title, above), [])
        elif current.question and not current.answered and (answer := _ANSWER.match(line)):
            current.answered = True
            current.lines.append(line[answer.end() :])
        elif not _UNDERLINE.match(line):
            current.lines.append(line)
    yield current


def _joined(title: str, above: list[tuple[int, str]]) -> str:
    return " · ".join([words for _, words in above] or [title])


def _heading(line: str, below: str, *, first: bool) -> tuple[int, str] | None:
    """Level and words of a heading: marked, underlined, or a short first line that stands alone."""
    words = line.strip()
    if not 0 < len(words) <= _MOST_MARKS:
        return None
    marks = len(words) - len(words.lstrip("#"))
    if 0 < marks <= _DEEPEST and words[marks : marks + 1] in (" ", "\t"):
        return (marks, _bare(words.strip("#"))) if _bare(words.strip("#")) else None
    if len(words) > _SHORT_TITLE:
        return None
    if _UNDERLINE.match(below) and words[0].isalnum():
        return (1 if below[0] == "=" else 2), words
    if first and not below.strip() and words[-1] not in ".:;,!":
        return 1, words
    return None


def _bare(text: str) -> str:
    return text.strip().strip("*_").strip()


def _cut(path: str, section: _Section) -> Iterator[Passage]:
    paragraphs = _paragraphs(section.lines)
    if not paragraphs:
        return
    whole = "\n\n".join(paragraphs)
    if section.question and len(whole) <= _LONGEST_ANSWER:
        yield Passage(path, section.heading, whole, section.question)
        return
    last = section.heading.rpartition(" · ")[2]
    if last.endswith("?") and len(whole) <= LONGEST:
        yield Passage(path, section.heading, whole, last)
        return
    heading = section.question or section.heading
    for text in _packed(piece for paragraph in paragraphs for piece in _pieces(paragraph)):
        yield Passage(path, heading, text)


def _paragraphs(lines: list[str]) -> list[str]:
    """Lines between blank ones; those of a list or table keep their ends, others flow together."""
    found = []
    for has_text, group in itertools.groupby(lines, key=lambda line: bool(line.strip())):
        if has_text:
            stripped = [line.strip() for line in group]
            keeps = any(re.match(r"[-*+|>]|\d{1,3}[.)]", line) for line in stripped)
            found.append(("\n" if keeps else " ").join(stripped))
    return found


def _pieces(paragraph: str) -> Iterator[str]:
    if len(paragraph) <= LONGEST:
        yield paragraph
        return
    held = ""
    for sentence in sentences(paragraph):
        for piece in _hard_cut(sentence):
            if held and len(held) + len(piece) + 1 > LONGEST:
                yield held
                held = ""
            held = f"{held} {piece}" if held else piece
    if held:
        yield held


def _packed(pieces: Iterator[str]) -> Iterator[str]:
    held = ""
    for piece in pieces:
        if held and len(held) + len(piece) > _AIM:
            yield held
            held = ""
        held = f"{held}\n\n{piece}" if held else piece
    if held:
        yield held


def sentences(text: str) -> list[str]:
    """The sentences of a text; an item of a list counts as one."""
    return [one.strip() for line in text.split("\n") for one in _SENTENCE_END.split(line) if one.strip()]


def _hard_cut(sentence: str) -> Iterator[str]:
    """A sentence of no sensible length in parts, between words where there are some."""
    while len(sentence) > LONGEST:
        end = sentence.rfind(" ", 1, LONGEST)
        end = end if end > 0 else LONGEST
        yield sentence[:end]
        sentence = sentence[end:].lstrip()
    if sentence:
        yield sentence
