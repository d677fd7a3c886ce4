"""Where a running bot keeps its conversations: a port, a store in memory and one in PostgreSQL.

The PostgreSQL store is loaded only where it is used: `talkwright.engine.stores.postgres`.
"""

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
