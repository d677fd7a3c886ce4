"""Settings of a running bot. The engine stands alone, so it reads them without the studio's help."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def load_settings() -> EngineSettings:
    """The settings of this process. The token may also stand in the file that `TALKWRIGHT_ENGINE_TOKEN_FILE` names.

    Raises ValueError, with words for whoever set them, where a setting is wrong.
    """
    token_file = os.environ.get("TALKWRIGHT_ENGINE_TOKEN_FILE")
    if not token_file:
        return EngineSettings()
    try:
        token = Path(token_file).read_text(encoding="utf-8").rstrip("\n")
    except OSError as problem:
        message = f"TALKWRIGHT_ENGINE_TOKEN_FILE names {token_file}, which can't be read: {problem.strerror}."
        raise ValueError(message) from problem
    return EngineSettings(engine_token=SecretStr(token))


class EngineSettings(BaseSettings):
    """How a running bot is reached and what it may use."""

    model_config = SettingsConfigDict(
        env_prefix="TALKWRIGHT_", extra="ignore", frozen=True, env_ignore_empty=True, populate_by_name=True
    )

    engine_token: SecretStr | None = Field(
        None, description="What callers of a running bot's API must send as `?token=`; unset leaves the API open."
    )
    engine_actions_url: str | None = Field(
        None, description="The action server of a running bot, instead of the one in the project's endpoints."
    )
    engine_actions_timeout: float = Field(300.0, description="Seconds that a custom action may take.", gt=0)
    engine_compress_actions: bool = Field(
        False,
        description="Whether requests to the action server are compressed."
        " Also read from `COMPRESS_ACTION_SERVER_REQUEST`.",
        validation_alias=AliasChoices("TALKWRIGHT_ENGINE_COMPRESS_ACTIONS", "COMPRESS_ACTION_SERVER_REQUEST"),
    )
    engine_conversations: int = Field(
        1000, description="How many conversations a running bot keeps in memory; the longest unused goes first.", ge=1
    )
    engine_clarify_multiple_starts: bool = Field(
        False,
        description="Whether several flows that one message starts become a question."
        " Also read from `CLARIFY_ON_MULTIPLE_START_FLOWS`.",
        validation_alias=AliasChoices("TALKWRIGHT_ENGINE_CLARIFY_MULTIPLE_STARTS", "CLARIFY_ON_MULTIPLE_START_FLOWS"),
    )
    engine_max_actions: int = Field(
        1000,
        description="How many actions a turn may run; five times as many while it corrects an answer."
        " Also read from `MAX_NUMBER_OF_PREDICTIONS_CALM`.",
        validation_alias=AliasChoices("TALKWRIGHT_ENGINE_MAX_ACTIONS", "MAX_NUMBER_OF_PREDICTIONS_CALM"),
        ge=1,
    )
