"""Which objects a job may read and store: those of its own attempt, while that is held under the job's epoch."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from talkwright.database.attempt_rights import RightfulAttempt, rightful_attempt
from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.identity.secrets import Keyring, SecretsError
from talkwright.modelservice.desk import Ask, AwayError, RefusedError, StaleError
from talkwright.modelservice.engines.base import MODEL, PROJECT
from talkwright.modelservice.jobs import Desk
from talkwright.modelservice.keeper import Keeper
from talkwright.storage.keys import archive_key, log_key, project_key
from talkwright.storage.objects import Grant, ObjectStore, StorageError

PURPOSE = "job-token"
STALE = "This job's attempt has ended or was taken over."


class JobGrants:
    """Makes tokens for jobs and answers those who bring one."""

    def __init__(self, database: Database, store: ObjectStore, keyring: Keyring) -> None:
        self._database = database
        self._store = store
        self._keyring = keyring

    def token(self, attempt: UUID, epoch: int) -> str:
        """What the job of an attempt shows: the attempt and the epoch under which it is held, sealed."""
        told = {"attempt": str(attempt), "epoch": epoch}
        sealed = self._keyring.encrypt(json.dumps(told).encode(), PURPOSE)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    async def answer(self, token: str, ask: Ask) -> Mapping[str, Any]:
        """Places for what is asked. Raises RefusedError, AwayError."""
        attempt, epoch = self._opened(token)
        try:
            async with self._database.transaction() as session:
                rightful = await rightful_attempt(session, attempt, epoch)
        except UNAVAILABLE:
            raise AwayError("The database doesn't answer now.") from None
        if rightful is None:
            raise StaleError(STALE)
        outputs = {path: _output_key(rightful, attempt, path, fact.sha256) for path, fact in ask.outputs.items()}
        inputs = {path: _input_key(rightful, path) for path in ask.inputs}
        put, get = (_key, _key) if ask.own else (self._store.grant_put, self._store.grant_get)
        try:
            return {
                "outputs": {path: (await put(key)).told() for path, key in outputs.items()},
                "inputs": {path: (await get(key)).told() for path, key in inputs.items()},
                **({"log": (await put(log_key(attempt))).told()} if ask.log is not None else {}),
            }
        except StorageError as error:
            raise AwayError(str(error)) from error

    def _opened(self, token: str) -> tuple[UUID, int]:
        try:
            sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            told = json.loads(self._keyring.decrypt(sealed, PURPOSE))
            return UUID(told["attempt"]), int(told["epoch"])
        except (SecretsError, binascii.Error, ValueError, KeyError, TypeError):
            raise RefusedError("This is no token of a job.") from None


@dataclass(frozen=True, slots=True)
class JobDesk:
    """The desk that serves at a URL, for the jobs of this consumer."""

    grants: JobGrants
    url: str

    def of(self, keeper: Keeper) -> Desk:
        """What the job of an attempt is told of it."""
        return Desk(url=self.url, token=self.grants.token(keeper.attempt.id, keeper.lease.epoch))


async def _key(key: str) -> Grant:
    """The place of an object for a job that has its own way into the store."""
    return Grant(key=key)


def _output_key(attempt: RightfulAttempt, number: UUID, path: str, sha256: str) -> str:
    if attempt.kind != "training" or path != MODEL:
        raise RefusedError(f"This job makes no {path}.")
    return archive_key(attempt.assistant, attempt.work, number, sha256)


def _input_key(attempt: RightfulAttempt, path: str) -> str:
    if path == PROJECT:
        return project_key(attempt.version)
    if attempt.kind == "deployment" and path == MODEL and attempt.model_object is not None:
        return attempt.model_object
    raise RefusedError(f"This job reads no {path}.")
