"""The provider's signing keys: made when needed, encrypted at rest, rotated, published until their last token ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.engine import Database
from talkwright.identity.provider.tables import keys
from talkwright.identity.secrets import Keyring

ALGORITHM = "RS256"
KEY_BITS = 2048
SIGNS_FOR = timedelta(days=30)
PUBLISHED_FOR = timedelta(days=62)
"""A key is published until the longest refresh token that it signed has ended."""
READ_AGAIN_SECONDS = 60.0
PURPOSE = "provider-key"
_LOCK = 0x7A1C_1D01


class Signer:
    """Signs and verifies the provider's tokens; another process's new key is seen within a minute."""

    def __init__(self, database: Database, keyring: Keyring, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._signing: RSAKey | None = None
        self._published: dict[str, dict[str, Any]] = {}
        self._read_at = float("-inf")

    async def sign(self, claims: Mapping[str, Any]) -> str:
        """A JWT over these claims."""
        await self._refresh()
        key = self._signing
        if key is None:
            raise LookupError("The provider has no signing key.")
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid or ""}, dict(claims), key, algorithms=[ALGORITHM])

    async def verify(self, token: str) -> dict[str, Any]:
        """The claims of a token that we signed; raises joserfc's errors. Times are for the caller to judge."""
        await self._refresh()
        published = KeySet.import_key_set({"keys": [*self._published.values()]})
        return dict(jwt.decode(token, published, algorithms=[ALGORITHM]).claims)

    async def certificates(self) -> dict[str, Any]:
        """The published key set."""
        await self._refresh()
        return {"keys": list(self._published.values())}

    async def rotate(self) -> None:
        """Sign with a new key from now on; the old ones stay published."""
        async with self._database.transaction() as session:
            await self._make(session)
        self._read_at = float("-inf")

    async def _refresh(self) -> None:
        if self._clock() - self._read_at < READ_AGAIN_SECONDS:
            return
        async with self._database.transaction() as session:
            rows = await self._rows(session)
            if not any(row.signs for row in rows):
                await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                rows = await self._rows(session)
                if not any(row.signs for row in rows):
                    await self._make(session)
                    rows = await self._rows(session)
        newest = next(row for row in rows if row.signs)
        if self._signing is None or self._signing.kid != newest.id:
            self._signing = RSAKey.import_key(json.loads(self._keyring.decrypt(newest.private, PURPOSE)))
        self._published = {row.id: json.loads(row.public) for row in rows}
        self._read_at = self._clock()

    async def _rows(self, session: AsyncSession) -> list[Any]:
        query = (
            select(keys.c.id, keys.c.private, keys.c.public, (keys.c.signs_until > func.now()).label("signs"))
            .where(keys.c.published_until > func.now())
            .order_by(keys.c.created_at.desc(), keys.c.id)
        )
        return list((await session.execute(query)).all())

    async def _make(self, session: AsyncSession) -> None:
        key = RSAKey.generate_key(KEY_BITS, {"use": "sig", "alg": ALGORITHM}, private=True)
        key.ensure_kid()
        await session.execute(delete(keys).where(keys.c.published_until <= func.now()))
        await session.execute(
            insert(keys).values(
                id=key.kid,
                private=self._keyring.encrypt(json.dumps(key.as_dict(private=True)).encode(), PURPOSE),
                public=json.dumps(key.as_dict(private=False)),
                created_at=func.clock_timestamp(),
                signs_until=func.now() + SIGNS_FOR,
                published_until=func.now() + PUBLISHED_FOR,
            )
        )
