"""What recognisers find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Found:
    """A value, where it stands, and what else is known about it (`unit` of an amount, `grain` of a time)."""

    start: int
    end: int
    value: Any
    detail: Mapping[str, Any] = field(default_factory=dict)
