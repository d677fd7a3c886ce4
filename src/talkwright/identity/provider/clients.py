"""The clients that the built-in provider knows: the studio itself, its command line and the ecosystem's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client without a secret. Lifetimes are in seconds."""

    id: str
    grants: frozenset[str]
    redirect_uris: frozenset[str] = field(default_factory=frozenset)
    access_seconds: int
    refresh_seconds: int
    session_seconds: int
    rotates: bool = True


def known_clients(redirect_uris: Iterable[str], sign_in_seconds: int) -> dict[str, Client]:
    """All clients by id.

    Command lines get tokens that last for a working day, because theirs are not refreshed before every call
    (wire-protocols 1.3), and their refresh tokens may be shown again, because a client may not store the newer one.
    """
    command_line = {
        "grants": frozenset({"password", "refresh_token"}),
        "access_seconds": 10 * HOUR,
        "refresh_seconds": 30 * DAY,
        "session_seconds": 30 * DAY,
        "rotates": False,
    }
    studio = Client(
        id="talkwright",
        grants=frozenset({"authorization_code", "refresh_token"}),
        redirect_uris=frozenset(redirect_uris),
        access_seconds=300,
        refresh_seconds=sign_in_seconds,
        session_seconds=sign_in_seconds,
    )
    others = [Client(id=name, **command_line) for name in ("talkwright-cli", "admin-cli")]  # type: ignore[arg-type] # one dict for two clients; each value has its field's type
    return {client.id: client for client in (studio, *others)}
