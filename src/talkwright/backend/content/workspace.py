"""The edits of one change applied in memory: pure, all or nothing; what comes out is written by `writing`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from talkwright.assistant.editing import (
    EditError,
    apply_edit,
    excerpt_at,
    item_from_source,
    new_item,
    renamed,
    with_source,
)
from talkwright.assistant.items import Item, Kind
from talkwright.assistant.project import PartRef, Project, ProjectFile, fit, read_contents, rename_refs
from talkwright.assistant.references import references, rename_patch, renamed_body
from talkwright.assistant.yamls import YamlError
from talkwright.database.ids import uuid7
from talkwright.database.items import StoredItem

Named = tuple[str, str]
Trails = dict[UUID, list[tuple[StoredItem, StoredItem]]]
"""By renamed item, what its rename left of it and of what followed, each with what was there before."""


class EditRefusedError(Exception):
    """An edit that can't be made; `code` is stable, `item` the one it was for."""

    def __init__(self, code: str, message: str, item: UUID | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.item = item
        self.line = line


@dataclass(slots=True)
class Working:
    """One item in the making: where it started, what it is now (None = dead), and the edits that it got.

    `new_bytes` says that a file which is no text holds others now.
    """

    id: UUID
    start: StoredItem | None
    item: Item | None
    edits: list[Mapping[str, Any]] = field(default_factory=list)
    new_bytes: bool = False

    @property
    def began_builtin(self) -> bool:
        """Whether it was a built-in item before the change."""
        return self.start is not None and self.start.revision == 0

    @property
    def changed(self) -> bool:
        """Whether anything differs from the start; a built-in item differs by getting a row."""
        before = None if self.start is None or self.start.deleted else self.start.item
        return self.new_bytes or before != self.item or (self.began_builtin and bool(self.edits))


class Workspace:
    """Items by uuid and the assistant's files by path, while a change's edits are applied one after the other.

    `past` gives the revisions that `from` names, `trails` what renames left that are taken back. Without `files` only
    the texts of parts that stand already can change.
    """

    def __init__(
        self,
        items: Iterable[StoredItem],
        files: Sequence[ProjectFile] | None,
        past: Mapping[tuple[UUID, int], StoredItem],
        living: Mapping[Named, UUID],
        trails: Trails | None = None,
    ) -> None:
        self.items = {
            stored.id: Working(stored.id, stored, None if stored.deleted else stored.item) for stored in items
        }
        self.knows_files = files is not None
        self.files = {file.path: file for file in files or ()}
        self.past = past
        self.living = dict(living)
        self.trails = trails or {}

    def apply_all(self, edits: Iterable[Mapping[str, Any]]) -> None:
        """Apply edits in order; raises EditRefusedError at the first that can't be made."""
        for edit in edits:
            self.apply(edit)

    def apply(self, edit: Mapping[str, Any]) -> None:
        """Apply one edit; raises EditRefusedError."""
        item = edit["item"]
        try:
            match edit["op"]:
                case "create":
                    self._create(item, edit)
                case "patch":
                    self._set(item, edit, self._patched(item, edit["patch"]))
                case "source":
                    self._source(item, edit)
                case "rename":
                    self._rename(item, edit)
                case "delete":
                    self._delete(item, edit)
        except (EditError, YamlError) as error:
            raise EditRefusedError("invalid-edit", error.message, item, error.line) from error

    def _item(self, item: UUID) -> Item:
        working = self.items.get(item)
        if working is None or working.item is None:
            raise EditRefusedError("no-such-item", "This item doesn't exist any more; load the page again.", item)
        return working.item

    def _set(self, item: UUID, edit: Mapping[str, Any], made: Item) -> None:
        working = self.items[item]
        working.item = made
        working.edits.append(edit)
        self.living[(str(made.kind), made.name)] = item
        if self.knows_files:
            for file in fit(self.files.values(), made):
                self.files[file.path] = file

    def put(self, item: UUID, made: Item, edit: Mapping[str, Any], start: StoredItem | None = None) -> None:
        """Give an item whole, as an import has it; its place in the files is the importer's business."""
        working = self.items.setdefault(item, Working(item, start, None))
        working.item = made
        working.edits.append(edit)
        self.living[(str(made.kind), made.name)] = item

    def _rehomed(self, item: Item) -> Item:
        """An old text in the files where the item stands now: it may have moved since."""
        at = {
            (ref.index, ref.place): path
            for path, file in self.files.items()
            for ref in file.refs
            if (ref.kind, ref.name) == (str(item.kind), item.name)
        }
        parts = tuple(
            replace(part, file=at.get((index, part.place), part.file)) for index, part in enumerate(item.parts)
        )
        return replace(item, parts=parts)

    # --- edits ------------------------------------------------------------------------------------------------------

    def _create(self, item: UUID, edit: Mapping[str, Any]) -> None:
        kind, name = Kind(edit["kind"]), edit["name"]
        working = self.items.setdefault(item, Working(item, None, None))
        if working.began_builtin:
            working.item = None  # a built-in item that somebody creates anew
        if working.item is not None:
            raise EditRefusedError("item-exists", "This item exists already; load the page again.", item)
        if working.start is not None and working.start.kind != kind:
            raise EditRefusedError("item-exists", "This item's id belongs to an item of another kind.", item)
        self._check_free(kind, name, item)
        self._set(item, edit, self._new(item, kind, name, edit))

    def _new(self, item: UUID, kind: Kind, name: str, edit: Mapping[str, Any]) -> Item:
        if edit.get("from") is not None:
            old = self._revision(item, edit["from"])
            return self._rehomed(old if old.name == name else renamed(old, name))
        if edit.get("source") is not None:
            return item_from_source(kind, name, edit["source"], self.files.values())
        return new_item(kind, name, edit.get("body"), self.files.values())

    def _check_free(self, kind: Kind, name: str, item: UUID) -> None:
        if self.living.get((str(kind), name), item) != item:
            raise EditRefusedError("name-taken", f"The {kind} “{name}” is there already. Choose another name.", item)

    def _patched(self, item: UUID, patch: Sequence[Mapping[str, Any]]) -> Item:
        whole = _whole_restore(patch)
        now = self._item(item)
        if whole is not None:
            old = self._revision(item, whole)
            return self._rehomed(old if old.name == now.name else renamed(old, now.name))
        operations = [self._resolved(item, operation) for operation in patch]
        return apply_edit(now, operations, self.files.values())

    def _resolved(self, item: UUID, operation: Mapping[str, Any]) -> Mapping[str, Any]:
        """The operation with the value that its `from` names, with its old text."""
        origin = operation.get("from")
        if not isinstance(origin, Mapping):
            return operation
        rest = {key: value for key, value in operation.items() if key != "from"}
        return rest | excerpt_at(self._revision(item, origin), str(origin.get("path", "")))

    def _revision(self, item: UUID, origin: Mapping[str, Any]) -> Item:
        found = self.past.get((origin.get("item") or item, origin["revision"]))
        if found is None or found.deleted:
            raise EditRefusedError("no-such-revision", "The revision that this edit takes from doesn't exist.", item)
        return found.item

    def _source(self, item: UUID, edit: Mapping[str, Any]) -> None:
        made = with_source(self._item(item), edit["part"], edit["source"])
        if made.kind is Kind.FILE and self.knows_files and made.name.endswith((".yml", ".yaml")):
            read = read_contents({made.name: edit["source"].encode()})
            if not read.problems and all(found.kind is not Kind.FILE for found in read.items):
                self._dissolve(item, edit, read)
                return
        self._set(item, edit, made)

    def _dissolve(self, item: UUID, edit: Mapping[str, Any], read: Project) -> None:
        """A file that could not be read and now can: the items that stand in it take its place."""
        self._delete(item, edit)
        for found in read.items:
            self._check_free(found.kind, found.name, item)
            self.put(uuid7(), found, {"op": "create", "kind": str(found.kind), "name": found.name})
        self.files |= {file.path: file for file in read.files}

    def _delete(self, item: UUID, edit: Mapping[str, Any]) -> None:
        gone = self._item(item)
        working = self.items[item]
        if working.began_builtin and not working.edits:
            raise EditRefusedError("builtin-item", "A built-in item can't be deleted; it can only be edited.", item)
        working.item = None
        working.edits.append(edit)
        self.living.pop((str(gone.kind), gone.name), None)

    def _rename(self, item: UUID, edit: Mapping[str, Any]) -> None:
        before, name = self._item(item), edit["name"]
        if name == before.name:
            self.items[item].edits.append(edit)
            return
        if (origin := edit.get("from")) is not None:
            self._revision(item, origin)
        self._check_free(before.kind, name, item)
        untouched = [pair for pair in self._trail(item, name) if self.items[pair[0].id].item == pair[0].item]
        if self.items[item].began_builtin:
            raise EditRefusedError("builtin-item", "A built-in item keeps its name; the engine looks for it.", item)
        followed = self._follow(before, renamed_body(str(before.kind), before.body, before.name, name))
        made = renamed(followed, name)
        self._forget_dead(made.kind, name)
        for file in rename_refs(self.files.values(), str(before.kind), before.name, name):
            self._replace_file(file, before.name)
        self.living.pop((str(before.kind), before.name), None)
        self._set(item, edit, made)
        self._rename_mentions(item, before, name)
        for left, old in untouched:
            self._bring_back(left.id, old, follows=item)

    def _trail(self, item: UUID, name: str) -> Sequence[tuple[StoredItem, StoredItem]]:
        """What the rename that is taken back left; nothing where the item did not have this name before it."""
        trail = self.trails.get(item, ())
        return trail if any(left.id == item and old.name == name for left, old in trail) else ()

    def _bring_back(self, item: UUID, old: StoredItem, follows: UUID) -> None:
        """Give an item that is as a rename left it the text from before: what the rename wrote out goes again."""
        patch = [{"op": "replace", "path": "", "from": {"revision": old.revision, "path": ""}}]
        edit = {"op": "patch", "item": item, "patch": patch, "follows": follows}
        self._set(item, edit, self._rehomed(old.item))

    def _follow(self, item: Item, body: Any) -> Item:
        """The item with what its own rename changes in its body."""
        if body == item.body:
            return item
        return apply_edit(item, [{"op": "replace", "path": "", "value": body}], self.files.values())

    def _rename_mentions(self, item: UUID, before: Item, name: str) -> None:
        """Have everybody who names the item name it as it is called now."""
        for other in list(self.items.values()):
            if other.item is None or (other.began_builtin and not other.edits):
                continue
            found = [
                reference
                for reference in references(str(other.item.kind), other.item.name, other.item.body)
                if (reference.kind, reference.name) == (str(before.kind), before.name)
            ]
            patch = rename_patch(other.item.body, found, name) if found else []
            if patch:
                follow = {"op": "patch", "item": other.id, "patch": patch, "follows": item}
                self._set(other.id, follow, apply_edit(other.item, patch, self.files.values()))

    def _replace_file(self, file: ProjectFile, old: str) -> None:
        if file.path not in self.files:  # a file that is one item has moved
            self.files.pop(old, None)
        self.files[file.path] = file

    def _forget_dead(self, kind: Kind, name: str) -> None:
        """Take a dead item's places out of the skeletons, because somebody else now gets its name."""
        for file in list(self.files.values()):
            if (str(kind), name) in file.names:
                pieces = tuple(
                    piece
                    for piece in file.skeleton
                    if not (isinstance(piece, PartRef) and (piece.kind, piece.name) == (str(kind), name))
                )
                self.files[file.path] = replace(file, skeleton=pieces)


def _whole_restore(patch: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The origin of a patch that does nothing but bring back a whole revision."""
    if len(patch) == 1 and patch[0].get("op") == "replace" and patch[0].get("path") == "":
        origin = patch[0].get("from")
        if isinstance(origin, Mapping) and not origin.get("path"):
            return origin
    return None
