"""Scenario files: conversations with exact expectations, one table per file (docs/formats/scenarios.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from talkwright.assistant import yamls
from talkwright.assistant.compatibility import COMPATIBILITIES, STRICT, Compatibility
from talkwright.assistant.items import ItemBody, Kind
from talkwright.assistant.parsing.stories import STORIES
from talkwright.assistant.project import ProjectRefusedError, read_project, talks_of
from talkwright.engine.commands import Command
from talkwright.engine.testing.scenario_words import ScenarioError, read_command, write_command
from talkwright.engine.understanding.llm.command_lines import SYNTAXES, Syntax

_SHAPES: Mapping[str, tuple[type, str]] = {
    "bot": (list, "a list"),
    "slots": (dict, "a map"),
    "set": (list, "a list"),
    "stack": (str, "a text"),
    "flows": (list, "a list"),
    "events": (list, "a list"),
    "rest": (list, "a list"),
}
EXPECTED = ("bot", "slots", "set", "stack", "flows")  # the others may be there
TURN_KEYS = frozenset({"user", *_SHAPES, STRICT, "wait", "channel", "edited", "times", "restored"})
SCENARIO_KEYS = TURN_KEYS | {
    "id",
    "title",
    "section",
    "given",
    "then",
    "flows_added",
    "slots_added",
    "responses_added",
    "rules_added",
    "stories_added",
    "actions",
    "config",
    "domain",
    "language",
    "profiles",
    "settings",
    "documents",
}
FILE_KEYS = frozenset({"project", "states", "scenarios"})
PROJECT_KEYS = frozenset({"flows", "slots", "responses", "actions", "intents", "config", "domain", "rules", "stories"})
_MAPS = (
    "flows_added",
    "slots_added",
    "responses_added",
    "actions",
    "config",
    "domain",
    "settings",
    "edited",
    "documents",
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a user says: a text that the bot reads itself, commands, a model's answer, or an intent beside commands."""

    text: str | None = None
    commands: tuple[Command, ...] = ()
    answer: tuple[Syntax, str] | None = None
    intent: str | None = None
    confidence: float = 1.0
    entities: tuple[Mapping[str, Any], ...] = ()

    def __str__(self) -> str:
        """As short as it was written."""
        if self.text is not None:
            return (
                f"“{self.text}”"
                if len(self.text) <= _SHOWN
                else f"“{self.text[:_SHOWN]}…” ({len(self.text)} characters)"
            )
        if self.answer is not None:
            return f"what a model reads as {self.answer[1]!r}"
        words = [write_command(command) for command in self.commands]
        return f"[{', '.join([f'/{self.intent}', *words] if self.intent else words)}]"


_SHOWN = 60  # characters of a message in a report


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What the user says and what must follow; without `expected` the turn only leads somewhere.

    `edited` are items that replace those of the same kind and name before the turn; `wait` is in seconds.
    """

    said: Said
    expected: Mapping[str, Any] | None = None
    strict: Mapping[str, Any] = field(default_factory=dict)
    wait: float = 0.0
    channel: str | None = None
    edited: tuple[ItemBody, ...] = ()
    times: int = 1
    restored: bool = False

    def expected_in(self, profile: Compatibility) -> Mapping[str, Any] | None:
        """What must follow in a profile."""
        if self.expected is None or profile != STRICT:
            return self.expected
        return {**self.expected, **self.strict}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One row of the table. `settings` are those of whoever runs the bot, as names of the engine's profile.

    `documents` are the texts that answers are looked up in, by path; a search that `raises` fails.
    """

    id: str
    title: str
    section: str | None
    items: tuple[ItemBody, ...]
    turns: tuple[Turn, ...]
    actions: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None
    channel: str = "rest"
    profiles: tuple[Compatibility, ...] = COMPATIBILITIES
    settings: Mapping[str, Any] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)


def load_scenarios(path: Path) -> list[Scenario]:
    """Reads a scenario file; raises ScenarioError, or OSError where a file is missing."""
    document = _mapping(_load(path), f"The file {path.name}")
    _only(document, FILE_KEYS, f"The file {path.name}")
    items = _project(path, document.get("project"))
    states = {
        str(name): tuple(_leads(turns, f"The state “{name}”"))
        for name, turns in _mapping(document.get("states") or {}, "`states`").items()
    }
    rows = [_Row(_mapping(row, "A scenario"), items, states) for row in _list(document.get("scenarios"), "`scenarios`")]
    scenarios = [row.scenario() for row in rows]
    ids = [scenario.id for scenario in scenarios]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ScenarioError(f"The file {path.name} has more than one scenario with the id {', '.join(twice)}.")
    return scenarios


def _load(path: Path) -> Any:
    try:
        return yamls.load(path.read_text(encoding="utf-8"))
    except (yamls.YamlError, UnicodeDecodeError) as problem:
        raise ScenarioError(f"{path.name} can't be read: {problem}") from problem


def _project(path: Path, written: Any) -> tuple[ItemBody, ...]:
    """The project beside the file: written in it, in another YAML file of that shape, a folder or an archive."""
    if isinstance(written, Mapping):
        return _items(written, "`project`")
    if not isinstance(written, str):
        raise ScenarioError(f"The file {path.name} has no `project`: name a project's folder, or write it down there.")
    place = path.parent / written
    if place.is_file() and place.suffix in (".yml", ".yaml"):
        return _items(_mapping(_load(place), f"The file {place.name}"), f"The file {place.name}")
    try:
        read = read_project(place)
    except (ProjectRefusedError, OSError) as problem:
        raise ScenarioError(f"The project {written}, which {path.name} names, can't be read: {problem}") from problem
    if read.is_foreign:
        raise ScenarioError(f"The project {written}, which {path.name} names, holds no flow, response or slot.")
    left_out = (Kind.TEST, Kind.FILE)
    kept = (ItemBody(item.kind, item.name, item.body) for item in read.items if item.kind not in left_out)
    return (*kept, *talks_of(read))


def _items(written: Mapping[str, Any], where: str) -> tuple[ItemBody, ...]:
    _only(written, PROJECT_KEYS, where)
    maps = {key: _mapping(written.get(key) or {}, f"`{key}`") for key in ("flows", "slots", "responses", "config")}
    return (
        *(ItemBody("flow", name, body) for name, body in maps["flows"].items()),
        *(ItemBody("slot", name, body) for name, body in maps["slots"].items()),
        *(ItemBody("response", name, body) for name, body in maps["responses"].items()),
        *(ItemBody("action", str(name), {}) for name in _list(written.get("actions"), "`actions`")),
        *(ItemBody("intent", str(name), {}) for name in _list(written.get("intents"), "`intents`")),
        ItemBody("config", "config.yml", maps["config"]),
        ItemBody("domain", "domain.yml", _mapping(written.get("domain") or {}, "`domain`")),
        *_talks(written, _TALKS),
    )


_TALKS = ("rules", "stories")


def _talks(written: Mapping[str, Any], keys: Sequence[str], name: str = "talks.yml") -> list[ItemBody]:
    """Rules and stories, written under these keys, as those of one file."""
    body = {kind: written[key] for kind, key in zip(_TALKS, keys, strict=True) if written.get(key)}
    return [ItemBody(STORIES, name, body)] if body else []


@dataclass(frozen=True)
class _Row:
    """One scenario as written, with what it stands on."""

    body: Mapping[str, Any]
    project: tuple[ItemBody, ...]
    states: Mapping[str, tuple[Turn, ...]]

    @property
    def name(self) -> str:
        return f"Scenario {self.body.get('id')}"

    def scenario(self) -> Scenario:
        body = self.body
        if not body.get("id"):
            raise ScenarioError(f"The scenario “{body.get('title', '')}” has no `id`.")
        _only(body, SCENARIO_KEYS, self.name)
        for key in _MAPS:
            _mapping(body.get(key) or {}, f"`{key}` of {self.name}")
        profiles = tuple(name for name in COMPATIBILITIES if name in _list(body.get("profiles"), "`profiles`"))
        if len(profiles) < len(body.get("profiles") or ()):
            raise ScenarioError(
                f"{self.name} names a profile that isn't there; there are {', '.join(COMPATIBILITIES)}."
            )
        given = self._given()
        then = _list(body.get("then"), f"`then` of {self.name}")
        turns = [self._turn(body), *(self._turn(_mapping(turn, f"A turn of {self.name}"), TURN_KEYS) for turn in then)]
        return Scenario(
            id=str(body["id"]),
            title=str(body.get("title", "")),
            section=str(body["section"]) if "section" in body else None,
            items=self._items(),
            turns=(*given, *turns),
            actions=body.get("actions") or {},
            language=body.get("language"),
            channel=str(body.get("channel") or "rest"),
            profiles=profiles or COMPATIBILITIES,
            settings=body.get("settings") or {},
            documents=body.get("documents") or {},
        )

    def _given(self) -> tuple[Turn, ...]:
        given = self.body.get("given") or []
        if not isinstance(given, str):
            return tuple(_leads(given, f"`given` of {self.name}"))
        if given not in self.states:
            raise ScenarioError(f"{self.name} begins in the state “{given}”, which the file doesn't have.")
        return self.states[given]

    def _turn(self, row: Mapping[str, Any], keys: frozenset[str] | None = None) -> Turn:
        where = f"A turn of {self.name}"
        if keys is not None:
            _only(row, keys, where)
        missing = [key for key in ("user", *EXPECTED) if key not in row]
        if missing:
            raise ScenarioError(f"{where} says nothing about {', '.join(missing)}.")
        strict = _mapping(row.get(STRICT) or {}, f"`{STRICT}` of {where}")
        _only(strict, frozenset(_SHAPES), f"`{STRICT}` of {where}")
        for key, value in (*((key, row[key]) for key in _SHAPES if key in row), *strict.items()):
            shape, words = _SHAPES[key]
            if not isinstance(value, shape):
                raise ScenarioError(f"{where}: `{key}` must be {words}.")
        return replace(
            _lead(row["user"], where),
            expected=row,
            strict=strict,
            wait=_number(row.get("wait") or 0, f"`wait` of {where}"),
            channel=row.get("channel"),
            edited=_bodies(row.get("edited") or {}),
            times=int(_number(row.get("times") or 1, f"`times` of {where}")),
            restored=row.get("restored") is True,
        )

    def _items(self) -> tuple[ItemBody, ...]:
        body = self.body
        added = {
            "flows": body.get("flows_added"),
            "slots": body.get("slots_added"),
            "responses": body.get("responses_added"),
        }
        own = [*_bodies(added), *(ItemBody("action", str(name), {}) for name in body.get("actions") or {})]
        items = {(item.kind, item.name): item for item in self.project}
        own += _talks(body, ("rules_added", "stories_added"), "added.yml")
        items.update({(item.kind, item.name): item for item in own})
        for kind in ("config", "domain"):
            changes = body.get(kind)
            if changes:
                name = f"{kind}.yml"
                present = items.get((kind, name))
                before = present.body if present is not None and isinstance(present.body, Mapping) else {}
                items[(kind, name)] = ItemBody(kind, name, {**before, **changes})
        return tuple(items.values())


_SECTIONS = {"flows": "flow", "slots": "slot", "responses": "response", "config": "config"}


def _bodies(written: Mapping[str, Any]) -> tuple[ItemBody, ...]:
    """Items by section: `flows`, `slots`, `responses`."""
    _only(written, frozenset(_SECTIONS), "What a turn edits")
    return tuple(
        ItemBody(_SECTIONS[section], str(name), body)
        for section, bodies in written.items()
        for name, body in _mapping(bodies or {}, f"`{section}`").items()
    )


def _leads(turns: Any, where: str) -> list[Turn]:
    return [_lead(said, where) for said in _list(turns, where)]


def _lead(written: Any, where: str) -> Turn:
    """A turn that is played without looking; commands, a text, a model's answer, or an intent."""
    if isinstance(written, str):
        return Turn(said=Said(text=written))
    if isinstance(written, list):
        return Turn(said=Said(commands=_commands(written)))
    said = _mapping(written, f"`user` of {where}")
    syntax = next((name for name in SYNTAXES if name in said), None)
    if syntax is not None:
        _only(said, frozenset({syntax}), f"`user` of {where}")
        return Turn(said=Said(answer=(syntax, str(said[syntax]))))
    _only(said, frozenset({"intent", "confidence", "entities", "commands", "text"}), f"`user` of {where}")
    return Turn(
        said=Said(
            text=str(said["text"]) if "text" in said else None,
            commands=_commands(_list(said.get("commands"), "`commands`")),
            intent=str(said["intent"]) if "intent" in said else None,
            confidence=_number(said.get("confidence", 1.0), "`confidence`"),
            entities=tuple(_mapping(entity, "An entity") for entity in _list(said.get("entities"), "`entities`")),
        )
    )


def _commands(written: Sequence[Any]) -> tuple[Command, ...]:
    return tuple(read_command(str(text)) for text in written)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{where} must be a map of keys.")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ScenarioError(f"{where} must be a list.")
    return value


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ScenarioError(f"{where} must be a number.")
    return float(value)


def _only(written: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(set(written) - known)
    if unknown:
        raise ScenarioError(f"{where} has unknown keys: {', '.join(unknown)}. Known are {', '.join(sorted(known))}.")
