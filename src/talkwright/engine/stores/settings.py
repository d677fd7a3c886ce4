"""Settings of where a running bot keeps its conversations and whom it tells of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from talkwright.engine.setting_faults import in_words

_URL_FILE = "TALKWRIGHT_ENGINE_STORE_URL_FILE"
NO_BROKER, OF_PROJECT = "none", "project"


def load_store_settings() -> StoreSettings:
    """The settings of this process. The URL may also stand in the file that `TALKWRIGHT_ENGINE_STORE_URL_FILE` names.

    Raises SettingsError, with words for whoever set them, where a setting is wrong.
    """
    return in_words(_read, StoreSettings)


def _read() -> StoreSettings:
    file = os.environ.get(_URL_FILE)
    if not file:
        return StoreSettings()
    try:
        url = Path(file).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ValueError(f"{_URL_FILE} names {file}, which can't be read: {problem.strerror}.") from problem
    return StoreSettings(engine_store_url=SecretStr(url))


class StoreSettings(BaseSettings):
    """Where a running bot keeps its conversations, and whom it tells of them."""

    model_config = SettingsConfigDict(
        env_prefix="TALKWRIGHT_", extra="ignore", frozen=True, env_ignore_empty=True, populate_by_name=True
    )

    engine_store: Literal["memory", "postgresql", "project"] = Field(
        "memory",
        description="Where a running bot keeps its conversations: in `memory`, in the PostgreSQL of"
        " `TALKWRIGHT_ENGINE_STORE_URL`, or where the `project` says in `tracker_store`.",
    )
    engine_store_url: SecretStr | None = Field(
        None,
        description="The database of a running bot's conversations, as `postgresql://user:password@host:5432/name`;"
        " `talkwright engine migrate` makes its tables.",
    )
    engine_store_connections: int = Field(4, description="Connections to that database at most.", ge=1, le=100)
    engine_store_patience: float = Field(
        10.0, description="Seconds for which that database is tried again while it is away.", gt=0
    )
    engine_ticket_seconds: float = Field(
        15.0,
        description="Seconds after which another bot goes on with a conversation whose bot gives no sign of life.",
        ge=1,
    )
    engine_turn_wait: float = Field(
        60.0, description="Seconds that a message waits for the turns before it in its conversation, then 503.", gt=0
    )
    engine_record: bool = Field(
        False,
        description="Whether it is recorded how messages were understood: commands, prompts and the trace."
        " Also read from `RASA_RECORD_COMMANDS_AND_PROMPTS`.",
        validation_alias=AliasChoices("TALKWRIGHT_ENGINE_RECORD", "RASA_RECORD_COMMANDS_AND_PROMPTS"),
    )
    engine_broker: str = Field(
        NO_BROKER,
        description="Whom a running bot tells what happens: `none`, the `event_broker` of the `project`, or that of the"
        " file named here, written as an `endpoints.yml`.",
    )
    engine_broker_queue: int = Field(
        10_000,
        description="Events that wait while the event broker is away, 32 MiB of them at most; others are not told.",
        ge=1,
    )
