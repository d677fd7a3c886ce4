"""Names of items: which can be written, and which a text says."""

from __future__ import annotations

from talkwright.assistant.editing.patching import EditError, check_value
from talkwright.assistant.items import Kind, Part
from talkwright.assistant.project.bodies import DOCUMENT_KINDS, NLU_KINDS, TEXT_KINDS, name_in
from talkwright.assistant.project.parts import parse_part

_MAX_NAME = 500


def check_name(kind: Kind, name: str) -> None:
    """Raises EditError for a name that no file can hold."""
    check_value(name)
    if not name.strip() or len(name) > _MAX_NAME or not name.isprintable():
        raise EditError(f"A name has 1 to {_MAX_NAME} characters on one line.")
    if kind in TEXT_KINDS | DOCUMENT_KINDS | {Kind.DOMAIN}:
        parts = name.split("/")
        if (
            any(part in ("", ".", "..") or len(part.encode()) > 255 for part in parts)
            or "\\" in name
            or ":" in parts[0]
        ):
            raise EditError("This name is the file's path in the project: folders and name with '/' between, no '..'.")


def check_same_name(kind: Kind, name: str, part: Part) -> None:
    """Raises EditError when a part's text is another item's, YamlError when it is no entry at all."""
    written_kind, written = name_of_part(kind, part)
    if (written_kind, written) != (kind, name):
        raise EditError(f"This text is called '{written}', the item '{name}'; use Rename to give it another name.")


def name_of_part(kind: Kind, part: Part) -> tuple[str, str]:
    """The kind and name that a part's text says, for an item of `kind`; raises YamlError."""
    parsed = parse_part(part)
    if part.section == "nlu" and parsed.value is not None:
        for key, value in parsed.value.entries:
            if key.key_text in NLU_KINDS:
                return key.key_text, name_in(value)
        return kind, ""
    return kind, name_in(parsed.key) if parsed.key else ""
