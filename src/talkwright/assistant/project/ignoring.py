"""What a project leaves at home: folders of tools, secrets, and what its `.talkwrightignore` names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

IGNORE_FILE = ".talkwrightignore"
LEFT_OUT = (
    ".git",
    ".rasa",
    ".talkwright",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    "models",
    ".DS_Store",
    "__MACOSX",
)
LEFT_OUT_BEGINNINGS = (".env",)
"""Names that begin so hold secrets more often than not."""
_MAX_RULES = 100


@dataclass(frozen=True, slots=True)
class _Rule:
    segments: tuple[str, ...]
    anchored: bool
    folder: bool
    keeps: bool


class Ignoring:
    """Decides by path; the rules of `.talkwrightignore` are those of a .gitignore, the last match wins."""

    def __init__(self, text: str = "") -> None:
        lines = [line.strip() for line in text.splitlines()]
        self._rules = [_rule(line) for line in lines if line and not line.startswith("#")][:_MAX_RULES]

    def leaves_out(self, path: str, *, folder: bool = False) -> bool:
        """Whether `path` (relative, with '/') stays out; asked for a folder, also whether all below it does."""
        return self.outermost(path, folder=folder) is not None

    def outermost(self, path: str, *, folder: bool = False) -> str | None:
        """The outermost folder with which `path` stays out, else the path itself; None where it does not."""
        segments = path.split("/")
        for depth, segment in enumerate(segments, start=1):
            if _always(segment) or self._by_rules(segments[:depth], folder=folder or depth < len(segments)):
                return "/".join(segments[:depth])
        return None

    def _by_rules(self, segments: Sequence[str], *, folder: bool) -> bool:
        out = False
        for rule in self._rules:
            if out is rule.keeps and (folder or not rule.folder) and _matches(rule, segments):
                out = not rule.keeps
        return out


def _always(segment: str) -> bool:
    return segment in LEFT_OUT or segment.startswith(LEFT_OUT_BEGINNINGS)


def _rule(line: str) -> _Rule:
    keeps = line.startswith("!")
    pattern = line[1:] if keeps else line
    folder = pattern.endswith("/")
    pattern = pattern.rstrip("/")
    anchored = "/" in pattern
    return _Rule(tuple(part for part in pattern.split("/") if part), anchored, folder, keeps)


def _matches(rule: _Rule, segments: Sequence[str]) -> bool:
    if not rule.segments:
        return False
    if not rule.anchored:
        return fnmatchcase(segments[-1], rule.segments[0])
    reached = {0}
    for segment in segments:
        after: set[int] = set()
        for place in _past_stars(rule.segments, reached):
            if place < len(rule.segments):
                if rule.segments[place] == "**":
                    after.add(place)
                elif fnmatchcase(segment, rule.segments[place]):
                    after.add(place + 1)
        reached = after
    return len(rule.segments) in _past_stars(rule.segments, reached)


def _past_stars(pattern: Sequence[str], places: set[int]) -> set[int]:
    """The places of the pattern that can be stood at without another segment: '**' may match nothing."""
    found = set(places)
    for place in sorted(places):
        at = place
        while at < len(pattern) - 1 and pattern[at] == "**":
            at += 1
            found.add(at)
    if pattern and pattern[-1] == "**" and len(pattern) - 1 in places:
        found.add(len(pattern))
    return found
