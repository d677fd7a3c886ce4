"""Where a running bot keeps its conversations: a port, a store in memory and one in PostgreSQL.

The PostgreSQL store is loaded only where it is used: `talkwright.engine.stores.postgres`. What is named here is loaded
when it is asked for, so that the roles that only read the settings beside it load nothing of conversations.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from talkwright.engine.stores.memory import Locks, MemoryStore
    from talkwright.engine.stores.port import (
        ConversationBusy,
        ConversationStore,
        Held,
        StoreAway,
        StoreError,
        TurnLost,
        UnusableId,
    )

__all__ = [
    "ConversationBusy",
    "ConversationStore",
    "Held",
    "Locks",
    "MemoryStore",
    "StoreAway",
    "StoreError",
    "TurnLost",
    "UnusableId",
]
_IN_MEMORY = ("Locks", "MemoryStore")


def __getattr__(name: str) -> Any:
    """What this package names, from the module that holds it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "memory" if name in _IN_MEMORY else "port"
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
