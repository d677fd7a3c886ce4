"""Settings of a running bot. The engine stands alone, so it reads them without the studio's help."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class EngineSettings(BaseSettings):
    """How a running bot is reached and what it may use."""

    model_config = SettingsConfigDict(env_prefix="TALKWRIGHT_", extra="ignore", frozen=True, env_ignore_empty=True)

    engine_token: SecretStr | None = Field(
        None, description="What callers of a running bot's API must send as `?token=`; unset leaves the API open."
    )
    engine_actions_url: str | None = Field(
        None, description="The action server of a running bot, instead of the one in the project's endpoints."
    )
    engine_actions_timeout: float = Field(300.0, description="Seconds that a custom action may take.", gt=0)
    engine_conversations: int = Field(
        1000, description="How many conversations a running bot keeps in memory; the longest unused goes first.", ge=1
    )
