"""What a value must be that does not fit, for settings and requests alike: in our words, not in pydantic's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_UNKNOWN = "does not fit here ({type})"
_OWN = {"value_error", "assertion_error"}
"""What our own validators say: their texts begin where the value's name ends, too."""

_WORDS: Mapping[str, str] = {
    "missing": "must be given",
    "extra_forbidden": "is not known here: leave it out",
    "none_required": "must be left out",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_invalid": "must say in {discriminator} which of {expected_tags} it is",
    "union_tag_not_found": "must say in {discriminator} what it is",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number that is not so large",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number, not infinite",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "string_type": "must be a text",
    "string_unicode": "must be a text in UTF-8",
    "string_too_short": "must be {min_length} or more characters long",
    "string_too_long": "must be {max_length} or fewer characters long",
    "string_pattern_mismatch": "must be of the form {pattern}",
    "list_type": "must be a list",
    "too_short": "must have {min_length} or more entries",
    "too_long": "must have {max_length} or fewer entries",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "json_invalid": "must be JSON",
    "uuid_type": "must be a UUID, such as 01936f5e-8a3b-7c4d-9e10-2f3a4b5c6d7e",
    "uuid_parsing": "must be a UUID, such as 01936f5e-8a3b-7c4d-9e10-2f3a4b5c6d7e",
    "datetime_type": "must be a time, such as 2026-01-31T12:00:00Z",
    "datetime_parsing": "must be a time, such as 2026-01-31T12:00:00Z",
    "datetime_from_date_parsing": "must be a time, such as 2026-01-31T12:00:00Z",
}
"""By the kind of a misfit, with the figures that pydantic names beside it."""


def words(error: Mapping[str, Any]) -> str:
    """What is wrong with the value of one of pydantic's errors: goes on where its name ends, has no full stop.

    Never repeats the value, which may be secret or huge.
    """
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind in _OWN:
        return str(context["error"]).rstrip(".")
    if kind == "string_too_short" and context["min_length"] == 1:
        return "must not be empty"
    return _WORDS.get(kind, _UNKNOWN).format(type=kind, **{name: _plain(name, of) for name, of in context.items()})


def _plain(name: str, of: object) -> str:
    """Choices come in quotes, where a pattern may have its own; 0 is a limit, not 0.0."""
    return str(of) if name == "pattern" else f"{of:g}" if isinstance(of, float) else str(of).replace("'", "")
