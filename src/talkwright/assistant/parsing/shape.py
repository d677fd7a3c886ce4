"""Reads typed fields out of JSON bodies and keeps a list of everything that has another shape than the format wants."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.problems import Problem, Severity

_NEAR_PERCENT = 75.0  # how alike two names are when one is meant by the other

Patch = tuple[dict[str, Any], ...]


def shape_name(value: Any) -> str:
    """What a JSON value is, in words for messages."""
    match value:
        case None:
            return "empty"
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list() | tuple():
            return "a list"
        case _:
            return "a map of keys"


@dataclass(slots=True)
class Findings:
    """Collects the problems of one item; `step` is set while one step of a flow is looked at."""

    kind: str
    name: str
    step: str | None = None
    problems: list[Problem] = field(default_factory=list)

    def add(self, severity: Severity, code: str, path: str, message: str, fix: Patch = ()) -> None:
        """Notes one problem at a JSON pointer."""
        self.problems.append(
            Problem(code, severity, message, kind=self.kind, name=self.name, step=self.step, path=path, fix=fix)
        )

    def error(self, code: str, path: str, message: str, fix: Patch = ()) -> None:
        """Notes what stops a training."""
        self.add(Severity.ERROR, code, path, message, fix)

    def warning(self, code: str, path: str, message: str, fix: Patch = ()) -> None:
        """Notes what is probably not meant."""
        self.add(Severity.WARNING, code, path, message, fix)

    def hint(self, code: str, path: str, message: str, fix: Patch = ()) -> None:
        """Notes what is worth knowing."""
        self.add(Severity.HINT, code, path, message, fix)

    def wrong_shape(self, path: str, what: str, wanted: str, value: Any) -> None:
        """Notes that a value has another type than the format wants."""
        self.error("wrong-shape", path, f"{what} must be {wanted}, but it is {shape_name(value)}.")

    def unknown_keys(
        self,
        body: Mapping[str, Any],
        known: Collection[str],
        path: str,
        what: str,
        needed: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Warns about keys that nothing reads, with the likely meant one.

        `needed` names the keys that must not be missing, each with the code of that error: a slip in one of them is it.
        """
        strange = [key for key in body if key not in known]
        if not strange:
            return
        known, missing = set(known), dict(needed)
        for key in strange:
            meant = closest(key, known - set(body))
            at = pointer_join(path, key)
            if meant is None:
                self.warning(
                    "unknown-key",
                    at,
                    f"{what} has a key `{key}` that the format does not know; it is kept but has no effect.",
                )
            else:
                code = missing.pop(meant, None)
                asked = f"Did you mean `{meant}`{'' if code is None else ', which is missing'}?"
                self.add(
                    Severity.WARNING if code is None else Severity.ERROR,
                    code or "unknown-key",
                    at,
                    f"{what} has a key `{key}` that the format does not know. {asked}",
                    ({"op": "move", "from": at, "path": pointer_join(path, meant)},),
                )

    def text(self, body: Mapping[str, Any], key: str, path: str, what: str, default: str | None = None) -> str | None:
        """A text, or `default` where it is missing or something else; numbers and bools count as their text."""
        value = body.get(key)
        if value is None:
            return default
        text = plain_text(value)
        if text is not None:
            return text
        self.wrong_shape(pointer_join(path, key), f"`{key}` of {what}", "a text", value)
        return default

    def flag(self, body: Mapping[str, Any], key: str, path: str, what: str, *, default: bool) -> bool:
        """A bool, or `default`."""
        value = body.get(key)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        self.wrong_shape(pointer_join(path, key), f"`{key}` of {what}", "`true` or `false`", value)
        return default

    def number(self, body: Mapping[str, Any], key: str, path: str, what: str) -> float | None:
        """A number as float, or None."""
        value = body.get(key)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        self.wrong_shape(pointer_join(path, key), f"`{key}` of {what}", "a number", value)
        return None

    def items(self, body: Mapping[str, Any], key: str, path: str, what: str) -> Sequence[Any]:
        """A list, or an empty one."""
        value = body.get(key)
        if value is None:
            return ()
        if isinstance(value, list | tuple):
            return value
        self.wrong_shape(pointer_join(path, key), f"`{key}` of {what}", "a list", value)
        return ()

    def mapping(self, body: Mapping[str, Any], key: str, path: str, what: str) -> Mapping[str, Any]:
        """A map, or an empty one."""
        value = body.get(key)
        if value is None:
            return {}
        if isinstance(value, Mapping):
            return value
        self.wrong_shape(pointer_join(path, key), f"`{key}` of {what}", "a map of keys", value)
        return {}


def plain_text(value: Any) -> str | None:
    """What a text, number or bool reads as where a text belongs; None for everything else."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, if one is near enough: letters may have changed places, or few differ."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - most processes never look for a slip of the pen

    names = list(known)
    if swapped := [word for word in names if sorted(word) == sorted(name)]:
        return min(swapped)
    near = process.extract(name, names, scorer=fuzz.ratio, limit=None, score_cutoff=_NEAR_PERCENT)
    return max((score, word) for word, score, _ in near)[1] if near else None


def condition_text(value: Any) -> str | None:
    """The text of a condition: bools count as `true` and `false` (dialogue-semantics 1.2), other shapes are none."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else None
