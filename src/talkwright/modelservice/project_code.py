"""The operator's word on whose project code may run in jobs, and where that code lies: never in the project itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

SETTING = "TALKWRIGHT_JOB_PROJECT_CODE"
_FORM = '{"tea-desk": {"folder": "/opt/tea-desk"}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCode:
    """Where an assistant's modules lie, by an absolute path in the place of its jobs.

    `python` is the interpreter that runs custom actions of our own engine, one that has rasa-sdk; None is the engine's.
    """

    folder: str
    python: str | None = None


def read_allowed(text: str) -> Mapping[str, ProjectCode]:
    """Whose code may run, by names or ids of assistants. Raises ValueError, with words for the operator."""
    try:
        given = json.loads(text or "{}")
    except ValueError:
        given = None
    if isinstance(given, dict):
        return {key: _read(key, value) for key, value in given.items()}
    raise ValueError(f"must be a map in JSON, such as {_FORM}")


def allowed_to(allowed: Mapping[str, ProjectCode], assistant: UUID, name: str) -> ProjectCode | None:
    """Where an assistant's code lies; None where it may not run. No assistant's name counts as another one's id."""
    return allowed.get(str(assistant)) or (None if _is_id(name) else allowed.get(name))


def _read(key: str, value: object) -> ProjectCode:
    if not isinstance(value, dict) or not value.keys() <= {"folder", "python"}:
        raise ValueError(f"must give {key} a `folder`, and perhaps a `python`, as in {_FORM}")
    for part in value:
        if not isinstance(value[part], str) or not value[part].startswith("/"):
            raise ValueError(f"must give {key} an absolute path as its {part}")
    if "folder" not in value:
        raise ValueError(f"must give {key} a `folder`")
    return ProjectCode(folder=value["folder"], python=value.get("python"))


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
