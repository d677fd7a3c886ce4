"""Whose something is, and of which version, wherever the API says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel


class Person(BaseModel):
    """Somebody, as pages show them."""

    id: UUID
    name: str


class VersionName(BaseModel):
    """A version by its name, and by the number that people know it by."""

    id: UUID
    name: str
    number: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The version that a row of a training or a deployment names."""
        return cls(id=row["version"], name=row["version_name"], number=row["version_number"])
