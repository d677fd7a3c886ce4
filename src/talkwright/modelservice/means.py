"""What the trades of consumers work with, put together once."""

from __future__ import annotations

from dataclasses import dataclass

from talkwright.identity.secrets import Keyring
from talkwright.modelservice.engines.known import Engines
from talkwright.modelservice.executors.base import Executor
from talkwright.modelservice.granting import JobDesk
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.variables import Variables
from talkwright.storage.objects import ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The place where jobs run, what they are given and whom they ask, and the engines that are set up here."""

    executor: Executor
    store: ObjectStore
    variables: Variables
    desk: JobDesk
    keyring: Keyring
    settings: ModelServiceSettings
    engines: Engines

    @property
    def site(self) -> str | None:
        """Where jobs live on without their consumer; None where they end with it."""
        return self.executor.site if self.settings.adopt_seconds else None
