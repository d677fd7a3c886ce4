"""Rules, stories and forms: what an assistant's classic side does after what was said (dialogue-semantics 2.3, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """An entity that a message of a story or rule must hold."""

    entity: str
    value: Any = None
    role: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The user says something of this intent."""

    intent: str
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The bot runs an action, sends a response or goes into a form."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotMark:
    """A slot holds a value; with `any_value` it only has one, whichever."""

    name: str
    value: Any = None
    any_value: bool = False


@dataclass(frozen=True, slots=True)
class SlotsSet:
    """These slots hold these values now; None says that a slot is empty."""

    slots: tuple[SlotMark, ...]


@dataclass(frozen=True, slots=True)
class InLoop:
    """This form is active now, or none is."""

    loop: str | None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place where stories join: one that ends here goes on in all that begin here while `slots` hold."""

    name: str
    slots: tuple[SlotMark, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of several things is said or set here; what follows is the same."""

    ways: tuple[Heard | SlotsSet, ...]


StoryStep: TypeAlias = Heard | Done | SlotsSet | InLoop | Checkpoint | AnyOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A conversation that is remembered. `file` and `path` (a JSON pointer) say where it is written."""

    name: str
    steps: tuple[StoryStep, ...]
    file: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Story):
    """A piece of conversation that always goes this way while its conditions hold.

    `at_start`: only at the beginning of a conversation. `waits`: after the last step the user must speak.
    """

    conditions: tuple[SlotsSet | InLoop, ...] = ()
    at_start: bool = False
    waits: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A loop that asks for slots until it has them; messages of ignored intents fill none of them."""

    name: str
    required_slots: tuple[str, ...]
    ignored_intents: tuple[str, ...] = ()

    def questions(self, slot: str) -> tuple[str, ...]:
        """The actions and responses that may ask for a slot, in the order in which they are looked for."""
        return (
            f"action_ask_{self.name}_{slot}",
            f"utter_ask_{self.name}_{slot}",
            f"action_ask_{slot}",
            f"utter_ask_{slot}",
        )
