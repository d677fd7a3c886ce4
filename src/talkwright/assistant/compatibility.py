"""Which behaviour a project asks for where implementations of the format differ (dialogue-semantics 12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

Compatibility = Literal["default", "strict-3.21"]
COMPATIBILITIES: tuple[Compatibility, ...] = get_args(Compatibility)
DEFAULT: Compatibility = "default"
STRICT: Compatibility = "strict-3.21"
OWN_SETTINGS = "talkwright"  # the map in config.yml that holds what is not of the public format


def compatibility_of(config: Mapping[str, Any]) -> Compatibility:
    """What `talkwright.compatibility` says in a merged config; `default` where it says nothing that we know."""
    own = config.get(OWN_SETTINGS)
    written = own.get("compatibility") if isinstance(own, Mapping) else None
    return next((name for name in COMPATIBILITIES if name == written), DEFAULT)
