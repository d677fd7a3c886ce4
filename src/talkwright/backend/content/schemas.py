"""What the routes of content take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from talkwright.assistant.editing.patching import MAX_OPERATIONS
from talkwright.assistant.items import Kind
from talkwright.backend import samples
from talkwright.backend.names import Person

Name = Annotated[str, Field(min_length=1, max_length=500)]
_EXAMPLE_ID = "01990000-0000-7000-8000-000000000001"
_ITEM_ID = "01990000-0000-7000-8000-000000000002"


class Strict(BaseModel):
    """A body that takes no unknown keys."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Origin(Strict):
    """Where an edit takes a value and its old text from: a revision of an item (by default the edited one)."""

    revision: int = Field(ge=0)
    path: str = ""
    item: UUID | None = None


class Operation(Strict):
    """One JSON Patch operation; `before` names the key that a new one goes before, `from` an old value or a pointer."""

    op: Literal["add", "replace", "remove", "move", "copy", "test"]
    path: str
    value: Any = None
    before: str | None = None
    origin: Origin | str | None = Field(None, alias="from")


class PatchEdit(Strict):
    """Change a body by JSON Patch."""

    op: Literal["patch"]
    item: UUID
    revision: int = Field(ge=0)
    patch: list[Operation] = Field(min_length=1, max_length=MAX_OPERATIONS)


class CreateEdit(Strict):
    """Make an item, from a body, a text or an old revision of it."""

    op: Literal["create"]
    item: UUID
    kind: Kind
    name: Name
    body: Any = None
    source: str | None = None
    origin: Origin | None = Field(None, alias="from")


class DeleteEdit(Strict):
    """Delete an item; where a built-in one stands behind it, that one is in force again."""

    op: Literal["delete"]
    item: UUID
    revision: int = Field(ge=0)


class Before(Strict):
    """A revision of the edited item, before the rename that is taken back."""

    revision: int = Field(ge=1)


class RenameEdit(Strict):
    """Rename an item, and it in everything that names it.

    To take a rename back, `from` is the revision before it: what is still as the rename left it gets its old text.
    """

    op: Literal["rename"]
    item: UUID
    revision: int = Field(ge=0)
    name: Name
    origin: Before | None = Field(None, alias="from")


class SourceEdit(Strict):
    """Replace the text of one part of an item."""

    op: Literal["source"]
    item: UUID
    revision: int = Field(ge=0)
    part: int = Field(0, ge=0)
    source: str


Edit = Annotated[PatchEdit | CreateEdit | DeleteEdit | RenameEdit | SourceEdit, Field(discriminator="op")]


class Command(Strict):
    """What the person did, from which the history's words are made."""

    name: str = Field(max_length=100)
    arguments: dict[str, Any] = Field(default_factory=dict)


class NewChange(Strict):
    """A change: all its edits are made, or none. `id` is made by the client; sent again it gets the first answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "id": _EXAMPLE_ID,
                    "command": {"name": "edit-text", "arguments": {"kind": "response", "name": "utter_greet"}},
                    "edits": [
                        {
                            "op": "patch",
                            "item": _ITEM_ID,
                            "revision": 3,
                            "patch": [{"op": "replace", "path": "/0/text", "value": "Hello!"}],
                        }
                    ],
                }
            ]
        },
    )

    id: UUID
    command: Command
    edits: list[Edit] = Field(min_length=1, max_length=1_000)


class Revert(Strict):
    """A change that takes another one back; `id` is made by the client."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.REVERT]})

    id: UUID


class Expressions(Strict):
    """Conditions to be put into words."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.EXPRESSIONS]})

    expressions: list[Annotated[str, Field(max_length=20_000)]] = Field(max_length=500)


class Problem(BaseModel):
    """Something that validation found."""

    key: str
    code: str
    severity: Literal["error", "warning", "hint"]
    message: str
    kind: str | None
    name: str | None
    item: UUID | None
    step: str | None
    path: str
    line: int | None
    file: str | None = None
    fix: list[dict[str, Any]] | None


class Counts(BaseModel):
    """How many problems there are."""

    error: int
    warning: int
    hint: int


class Touched(BaseModel):
    """When something changed last, and by whom."""

    at: datetime
    by: Person


class Part(BaseModel):
    """A stretch of a file that belongs to an item."""

    file: str
    place: str
    source: str


class ItemSummary(BaseModel):
    """An item in a list."""

    id: UUID
    kind: str
    name: str
    builtin: bool
    revision: int
    title: str | None
    text: str | None
    extra: dict[str, Any]
    used: int
    problems: Counts
    changed: Touched | None
    as_it_came: bool = Field(description="An import, the start or the product brought it so; nobody edited it since.")


class Items(BaseModel):
    """A page of items by kind and name; `change` is the assistant's last one."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.ITEMS]})

    items: list[ItemSummary]
    next: str | None
    change: int


class Condition(BaseModel):
    """A condition as tree and words, or why it is none."""

    tree: dict[str, Any] | None
    words: list[dict[str, Any]]
    error: dict[str, Any] | None


class Conditions(BaseModel):
    """Conditions by their text."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.CONDITIONS]})

    conditions: dict[str, Condition]


class Referenced(BaseModel):
    """An item that a flow names, with its body."""

    id: UUID
    builtin: bool
    revision: int
    body: Any


class Item(BaseModel):
    """An item with its body and text. A flow brings its step keys, conditions, and the responses and slots it names."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.ITEM]})

    id: UUID
    kind: str
    name: str
    builtin: bool
    revision: int
    body: Any
    parts: list[Part]
    problems: list[Problem]
    change: int
    changed: Touched | None
    keys: dict[str, str] | None = None
    conditions: dict[str, Condition] | None = None
    responses: dict[str, Referenced] | None = None
    slots: dict[str, Referenced] | None = None


class ChangedItem(BaseModel):
    """An item after a change."""

    id: UUID
    kind: str
    name: str
    revision: int
    body: Any
    parts: list[Part]
    keys: dict[str, str] | None
    problems: list[Problem]
    deleted: bool


class ChangeAnswer(BaseModel):
    """What a change made."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.CHANGE_ANSWER]})

    change: int
    items: list[ChangedItem]


class HistoryEntry(BaseModel):
    """One revision in an item's history."""

    change: int
    at: datetime
    by: Person
    words: str
    revision: int
    deleted: bool


class History(BaseModel):
    """A page of an item's history, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.HISTORY]})

    items: list[HistoryEntry]
    next: str | None


class Revision(BaseModel):
    """An old state of an item."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.REVISION]})

    body: Any
    parts: list[Part]


class ItemName(BaseModel):
    """An item by its names."""

    id: UUID
    kind: str
    name: str


class Use(BaseModel):
    """One place where an item is used."""

    item: ItemName
    step: str | None
    path: str
    text: str | None


class Uses(BaseModel):
    """Where an item is used."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.USES]})

    items: list[Use]
    next: str | None


class TouchedItem(ItemName):
    """An item in a change, and what the change did to it."""

    did: Literal["made", "changed", "deleted"]


class ListedChange(BaseModel):
    """One change in the assistant's history."""

    number: int
    id: UUID
    at: datetime
    by: Person
    source: str
    words: str
    reverts: int | None
    items: list[TouchedItem]


class Changes(BaseModel):
    """A page of changes, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.CHANGES]})

    items: list[ListedChange]
    next: str | None


class Problems(BaseModel):
    """All problems of an assistant, errors first."""

    model_config = ConfigDict(json_schema_extra={"examples": [samples.PROBLEMS]})

    items: list[Problem]
    counts: Counts
