"""Edits items in their own text: a change touches the lines that it changes, and no others."""

from talkwright.assistant.editing.edits import apply_edit, renamed, with_source
from talkwright.assistant.editing.new_items import item_from_source, new_item
from talkwright.assistant.editing.patching import EditError, apply_operation, same
from talkwright.assistant.editing.sources import excerpt_at

__all__ = [
    "EditError",
    "apply_edit",
    "apply_operation",
    "excerpt_at",
    "item_from_source",
    "new_item",
    "renamed",
    "same",
    "with_source",
]
