"""What `${NAME}` in a project is filled from in its jobs: what the operator passes on, and the assistant's secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.assistant_secrets import PURPOSE, sealed_secrets
from talkwright.identity.secrets import Keyring, SecretsError
from talkwright.modelservice.jobs import LogLine
from talkwright.operations.logs import get_logger

log = get_logger(__name__)

SHORTEST_SECRET = 6
"""In characters; a shorter value is part of too many words to be hidden."""
_HIDDEN = "***"


class Variables:
    """Opens the secrets of assistants for their jobs. `passed` are the operator's own, which they may replace."""

    def __init__(self, keyring: Keyring, passed: Mapping[str, str]) -> None:
        self._keyring = keyring
        self._passed = dict(passed)

    async def of(self, session: AsyncSession, assistant: UUID) -> dict[str, str]:
        """Names and values for an assistant's jobs; a secret that no key opens any more is left out."""
        found = dict(self._passed)
        for name, sealed in (await sealed_secrets(session, assistant)).items():
            try:
                found[name] = self._keyring.decrypt(sealed, PURPOSE).decode()
            except SecretsError:
                log.warning("secret.not_opened", assistant=str(assistant))
        return found


def values_to_hide(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The values that no log of a job may show; short ones are part of too many words."""
    return tuple(value for value in variables.values() if len(value) >= SHORTEST_SECRET)


def hidden(line: LogLine, values: Mapping[str, str]) -> LogLine:
    """A job's line without the values that the job was given, wherever they stand in it."""
    secrets = sorted((value for value in values.values() if len(value) >= SHORTEST_SECRET), key=len, reverse=True)
    if not secrets:
        return line
    return replace(
        line,
        message=_without(line.message, secrets),
        stage=_without(line.stage, secrets),
        problem=_without(line.problem, secrets),
    )


def _without(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, _HIDDEN)
        return value
    if isinstance(value, Mapping):
        return {key: _without(item, secrets) for key, item in value.items()}
    return [_without(item, secrets) for item in value] if isinstance(value, list) else value
