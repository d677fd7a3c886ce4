"""Carries the working keys of steps from one document of a flow to the next, by one alignment of the two trees.

A step with an explicit id is its own key. Any other step keeps the key of the old step that it most plausibly is: the
same subtree, else the same kind and main value, else the same kind at the same place below the same step.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import count
from typing import Any

from talkwright.assistant.step_ids import walk_steps

KINDS = ("action", "collect", "link", "call", "set_slots", "noop")
_DIGITS = 10
_MOST_COMPARED = 200_000
"""How many pairs of steps that are alike are looked at for the best order."""


@dataclass(frozen=True, slots=True)
class _Step:
    pointer: str
    explicit: str | None
    kind: str
    main: str
    digest: str


def align(old_body: Any, new_body: Any, old_keys: Mapping[str, str]) -> dict[str, str]:
    """The key of each step of `new_body` by its JSON pointer; `old_keys` holds those of `old_body`.

    Keys are unique; a step that is new and has no id gets one made from its content. For a flow seen for the first
    time `old_body` is None and `old_keys` empty.
    """
    new = _steps(new_body)
    keys = _explicit(new)
    used = set(keys.values())
    before_all = _steps(old_body)
    by_key = {old_keys.get(step.pointer, ""): step.pointer for step in before_all}
    same_as = {pointer: by_key[key] for pointer, key in keys.items() if key in by_key}
    old = [step for step in before_all if old_keys.get(step.pointer, "") not in used | {""}]
    for before, after in _pairs(old, [step for step in new if step.pointer not in keys], same_as):
        keys[after.pointer] = old_keys[before.pointer]
    fresh = _FreshKeys({*keys.values(), *old_keys.values()})
    for step in new:
        if step.pointer not in keys:
            keys[step.pointer] = fresh.key(step)
    return {step.pointer: keys[step.pointer] for step in new}


def _explicit(steps: Iterable[_Step]) -> dict[str, str]:
    """Keys by explicit id; of two steps with one id only the first keeps it."""
    pointers: dict[str, str] = {}
    for step in steps:
        if step.explicit:
            pointers.setdefault(step.explicit, step.pointer)
    return {pointer: key for key, pointer in pointers.items()}


def _steps(body: Any) -> list[_Step]:
    if not isinstance(body, Mapping):
        return []
    return [_step(pointer, step) for pointer, step, _ in walk_steps(body)]


def _step(pointer: str, body: Mapping[str, Any]) -> _Step:
    explicit = body.get("id")
    kind = next((kind for kind in KINDS if kind in body), "")
    without_id = {key: value for key, value in body.items() if key != "id"}
    return _Step(
        pointer=pointer,
        explicit=explicit if isinstance(explicit, str) and explicit else None,
        kind=kind,
        main=json.dumps(body.get(kind), sort_keys=True),
        digest=hashlib.sha256(json.dumps(without_id, sort_keys=True).encode()).hexdigest(),
    )


_Pair = tuple[_Step, _Step]
_Said = tuple[str, ...]
_Feature = Callable[[_Step], _Said]


def _pairs(old: list[_Step], new: list[_Step], same_as: dict[str, str]) -> list[_Pair]:
    """Old and new steps that are the same one, by features that say less and less.

    `same_as` leads from the pointers of new steps to those of the old steps that they are, and grows on the way.
    """
    found: list[_Pair] = []

    def below(step: _Step, owners: Mapping[str, str] | None) -> tuple[str, str]:
        owner, place = _owner(step.pointer)
        return (owner if owners is None else owners.get(owner, "gone") if owner else owner), place

    def at_place(owners: Mapping[str, str] | None) -> _Feature:
        return lambda step: (step.kind, *below(step, owners))

    def in_list(owners: Mapping[str, str] | None) -> _Feature:
        return lambda step: (step.kind, below(step, owners)[0], _owner(step.pointer)[1].rpartition("/")[0])

    for old_feature, new_feature, match in (
        (_by_digest, _by_digest, _in_order),
        (_by_digest, _by_digest, _anywhere),
        (_by_main, _by_main, _in_order),
        (_by_main, _by_main, _anywhere),
        (at_place(None), at_place(same_as), _anywhere),
        (in_list(None), in_list(same_as), _in_order),
    ):
        pairs = match(old, new, old_feature, new_feature)
        found.extend(pairs)
        same_as.update((after.pointer, before.pointer) for before, after in pairs)
        gone_old, gone_new = {id(pair[0]) for pair in pairs}, {id(pair[1]) for pair in pairs}
        old = [step for step in old if id(step) not in gone_old]
        new = [step for step in new if id(step) not in gone_new]
    return found


def _by_digest(step: _Step) -> tuple[str, ...]:
    return (step.digest,)


def _by_main(step: _Step) -> tuple[str, ...]:
    return (step.kind, step.main)


def _owner(pointer: str) -> tuple[str, str]:
    """The pointer of the step that a nested step stands in ('' for the root list), and the rest of the way."""
    owner, _, place = pointer.rpartition("/next/")
    return owner, place


def _in_order(old: list[_Step], new: list[_Step], of_old: _Feature, of_new: _Feature) -> list[_Pair]:
    """Pairs of equal feature that keep the order of both documents."""
    before, after = [of_old(step) for step in old], [of_new(step) for step in new]
    matched = Counter(before), Counter(after)
    if sum(number * matched[1][feature] for feature, number in matched[0].items()) > _MOST_COMPARED:
        return _same_ends(old, new, before, after)
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return [(old[block.a + place], new[block.b + place]) for block in blocks for place in range(block.size)]


def _same_ends(old: list[_Step], new: list[_Step], before: list[_Said], after: list[_Said]) -> list[_Pair]:
    """What is equal from the start and from the end: enough where very many steps are alike, and quick."""
    most = min(len(old), len(new))
    start = next((place for place in range(most) if before[place] != after[place]), most)
    end = next((place for place in range(most - start) if before[-1 - place] != after[-1 - place]), most - start)
    return [
        *zip(old[:start], new[:start], strict=True),
        *zip(old[len(old) - end :], new[len(new) - end :], strict=True),
    ]


def _anywhere(old: list[_Step], new: list[_Step], of_old: _Feature, of_new: _Feature) -> list[_Pair]:
    """Pairs of equal feature wherever they stand: steps that were moved."""
    waiting: dict[tuple[str, ...], list[_Step]] = {}
    for step in old:
        waiting.setdefault(of_old(step), []).append(step)
    pairs = []
    for step in new:
        same = waiting.get(of_new(step))
        if same:
            pairs.append((same.pop(0), step))
    return pairs


class _FreshKeys:
    """Keys that nothing else has: readable in logs, the same for the same content."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._numbers: dict[str, Iterator[int]] = {}

    def key(self, step: _Step) -> str:
        """A key for one more step."""
        stem = f"{step.kind or 'step'}-{step.digest[:_DIGITS]}"
        key = stem
        while key in self._taken:
            key = f"{stem}-{next(self._numbers.setdefault(stem, count(2)))}"
        self._taken.add(key)
        return key
