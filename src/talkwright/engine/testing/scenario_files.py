"""Scenario files: conversations with exact expectations, one readable table per file.

A file is YAML:

    project: project.yml          # flows, slots, responses, actions, config as in a project; relative to the file
    states:                      # named beginnings, each a list of turns as under `given`
      asked amount: [[start send_money], [set recipient Ann]]
    scenarios:
      - id: T21
        title: a value that a rejection refuses is cleared
        given: asked amount      # the name of a state, or a list of turns that are played without looking
        user: [set amount 5000]  # commands, or one text such as /SetSlots(amount=5000)
        bot: [too_much, ask_amount]
        slots: {recipient: Ann}
        stack: send_money(r) ?amount
        flows: []
        then: [{user: ..., bot: ..., slots: ..., stack: ..., flows: ...}]

`user`, `bot`, `slots`, `stack` and `flows` must all be there, and every list is exact:

- a command reads `start FLOW`, `set SLOT VALUE` (the value as YAML), `cancel`, `skip`, `chitchat`, `knowledge`,
  `repeat`, `restart`, `session start`, `session end`, `silence`, `error TYPE`, `cannot handle [REASON]`,
  `clarify FLOW FLOW …`;
- `bot` names responses without `utter_`, in order; an entry may be a map with `response`, `text`, `contains` (a part of
  the text) and `buttons` (how many);
- `slots` are all slots that stand at another than their initial value, bookkeeping apart;
- `stack` is the stack from bottom to top as one text: `flow(r)`, `(i)`, `(l)`, `(c)` for its kind, `?slot` for an open
  question, `!slot` for a validation, else the pattern; `idle` where it is empty;
- `flows` are the events of the user's flows: `started`, `completed`, `cancelled`, `interrupted`, `resumed` FLOW, where
  wanted with the step after `@`; `patterns` the same for patterns, `set` all slot events as one-key maps,
  `events` maps that must be found in this order: these three are compared only where they are given.

A scenario may bring `flows_added`, `slots_added`, `responses_added` (maps), `actions` (name → events, responses or
`raises`), `config`, `domain`, `language`, `channel`, `profile` (switches) and `wait` (seconds before the turn).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from talkwright.assistant import yamls
from talkwright.assistant.flows import Flow
from talkwright.assistant.items import ItemBody
from talkwright.assistant.payloads import NULL_WORDS
from talkwright.engine import commands as cmd
from talkwright.engine.commands import Command, SetSlot, StartFlow

EXPECTED = ("user", "bot", "slots", "stack", "flows")
TURN_KEYS = frozenset({*EXPECTED, "patterns", "set", "events", "wait", "channel"})
SCENARIO_KEYS = TURN_KEYS | {
    "id",
    "title",
    "given",
    "then",
    "flows_added",
    "slots_added",
    "responses_added",
    "actions",
    "config",
    "domain",
    "language",
    "profile",
}
_PLAIN: Mapping[str, Command] = {
    "cancel": cmd.CancelFlow(),
    "skip": cmd.SkipQuestion(),
    "chitchat": cmd.ChitChat(),
    "knowledge": cmd.Knowledge(),
    "repeat": cmd.Repeat(),
    "restart": cmd.Restart(),
    "session start": cmd.SessionStart(),
    "session end": cmd.SessionEnd(),
    "silence": cmd.UserSilence(),
    "noop": cmd.Noop(),
    "cannot handle": cmd.CannotHandle(),
    "clarify": cmd.Clarify(),
    "error": cmd.ErrorCommand(),
}


class ScenarioError(ValueError):
    """A scenario file that can't be read: says where and why."""


@dataclass(frozen=True)
class Turn:
    """What the user says and what must follow; without `expected` the turn only leads somewhere."""

    user: str | tuple[Command, ...]
    expected: Mapping[str, Any] | None = None
    wait: float = 0.0
    channel: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One row of the table."""

    id: str
    title: str
    items: tuple[ItemBody, ...]
    turns: tuple[Turn, ...]
    actions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    language: str | None = None
    channel: str = "rest"
    profile: Mapping[str, Any] = field(default_factory=dict)


def load_scenarios(path: Path) -> list[Scenario]:
    """Reads a scenario file; raises ScenarioError, or OSError where a file is missing."""
    try:
        document = yamls.load(path.read_text(encoding="utf-8"))
        project = yamls.load((path.parent / str(document["project"])).read_text(encoding="utf-8"))
    except (yamls.YamlError, KeyError, TypeError) as problem:
        raise ScenarioError(f"{path.name} can't be read: {problem}") from problem
    states = {name: tuple(_lead(turn) for turn in turns) for name, turns in (document.get("states") or {}).items()}
    return [_scenario(row, project, states) for row in document.get("scenarios") or []]


def _scenario(row: Mapping[str, Any], project: Mapping[str, Any], states: Mapping[str, tuple[Turn, ...]]) -> Scenario:
    name = str(row.get("id"))
    unknown = set(row) - SCENARIO_KEYS
    if unknown:
        raise ScenarioError(f"Scenario {name} has unknown keys: {', '.join(sorted(unknown))}.")
    given = row.get("given") or ()
    if isinstance(given, str) and given not in states:
        raise ScenarioError(f"Scenario {name} begins in the state “{given}”, which the file doesn't have.")
    led = states[given] if isinstance(given, str) else tuple(_lead(turn) for turn in given)
    turns = [_turn(name, row)] + [_turn(name, turn) for turn in row.get("then") or ()]
    return Scenario(
        id=name,
        title=str(row.get("title", "")),
        items=tuple(_items(project, row)),
        turns=(*led, *turns),
        actions=row.get("actions") or {},
        language=row.get("language"),
        channel=row.get("channel") or "rest",
        profile=row.get("profile") or {},
    )


def _turn(name: str, row: Mapping[str, Any]) -> Turn:
    missing = [key for key in EXPECTED if key not in row]
    if missing:
        raise ScenarioError(f"A turn of scenario {name} says nothing about {', '.join(missing)}.")
    turn = _lead(row["user"])
    return replace(turn, expected=row, wait=float(row.get("wait") or 0), channel=row.get("channel"))


def _lead(said: Any) -> Turn:
    if isinstance(said, str):
        return Turn(said)
    return Turn(tuple(read_command(str(text)) for text in said))


def read_command(text: str) -> Command:
    """A command from its short form; raises ScenarioError."""
    word, _, rest = text.partition(" ")
    rest = rest.strip()
    if word == "start" and rest:
        return StartFlow(rest)
    if word == "set":
        name, _, value = rest.partition(" ")
        return SetSlot(name, yamls.load(value) if value.strip() else None)
    if text.startswith("cannot handle "):
        return cmd.CannotHandle(text.removeprefix("cannot handle ").strip())
    if word == "clarify":
        return cmd.Clarify(tuple(rest.split()))
    if word == "error" and rest:
        return cmd.ErrorCommand(rest)
    if text in _PLAIN:
        return _PLAIN[text]
    raise ScenarioError(f"There is no command that reads “{text}”.")


def _items(project: Mapping[str, Any], row: Mapping[str, Any]) -> list[ItemBody]:
    flows = {**(project.get("flows") or {}), **(row.get("flows_added") or {})}
    slots = {**(project.get("slots") or {}), **(row.get("slots_added") or {})}
    responses = {**(project.get("responses") or {}), **(row.get("responses_added") or {})}
    actions = [*(project.get("actions") or ()), *(row.get("actions") or {})]
    return [
        *(ItemBody("flow", name, body) for name, body in flows.items()),
        *(ItemBody("slot", name, body) for name, body in slots.items()),
        *(ItemBody("response", name, body) for name, body in responses.items()),
        *(ItemBody("action", str(name), {}) for name in dict.fromkeys(actions)),
        *(ItemBody("intent", str(name), {}) for name in project.get("intents") or ()),
        ItemBody("config", "config.yml", {**(project.get("config") or {}), **(row.get("config") or {})}),
        ItemBody("domain", "domain.yml", row.get("domain") or {}),
    ]


def as_payload(said: str | Sequence[Command], flows: Mapping[str, Flow]) -> str | None:
    """The message that means the same over a channel, where there is one: a text, slots, or a start by its intent."""
    if isinstance(said, str):
        return said
    if said and all(isinstance(command, SetSlot) for command in said):
        values = {item.name: _payload_value(item.value) for item in said if isinstance(item, SetSlot)}
        pairs = [f"{name}={value}" for name, value in values.items() if value is not None]
        return f"/SetSlots({', '.join(pairs)})" if len(pairs) == len(said) else None
    if len(said) == 1 and isinstance(said[0], StartFlow):
        flow = flows.get(said[0].flow)
        can_be_said = flow is not None and flow.guard is None and flow.nlu_triggers  # intents don't ask guards
        return f"/{flow.nlu_triggers[0].intent}" if flow is not None and can_be_said else None
    return None


def _payload_value(value: Any) -> str | None:
    """A value as a payload writes it; None for a text that a payload would read as something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return None if text.lower() in NULL_WORDS or any(sign in text for sign in ",=()[]{}\"'") else text
