"""Settings of a running bot. The engine stands alone, so it reads them without the studio's help."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from talkwright.engine.setting_faults import in_words
from talkwright.engine.understanding.choice import Choice
from talkwright.engine.variables import given

_SECRETS = ("engine_token", "engine_jwt_secret", "engine_variables")


def load_settings() -> EngineSettings:
    """The settings of this process. A secret may also stand in a file, which its variable with `_FILE` names.

    Raises SettingsError, with words for whoever set them, where a setting is wrong.
    """
    return in_words(_read, EngineSettings)


def _read() -> EngineSettings:
    found: dict[str, SecretStr] = {}
    for name in _SECRETS:
        variable = f"TALKWRIGHT_{name.upper()}_FILE"
        file = os.environ.get(variable)
        if not file:
            continue
        try:
            found[name] = SecretStr(Path(file).read_text(encoding="utf-8").rstrip("\n"))
        except OSError as problem:
            raise ValueError(f"{variable} names {file}, which can't be read: {problem.strerror}.") from problem
    given()
    return EngineSettings.model_validate(found)


class EngineSettings(BaseSettings):
    """How a running bot is reached and what it may use."""

    model_config = SettingsConfigDict(
        env_prefix="TALKWRIGHT_", extra="ignore", frozen=True, env_ignore_empty=True, populate_by_name=True
    )

    engine_token: SecretStr | None = Field(
        None,
        description="What callers of a running bot's API must send as `?token=`; with neither token nor JWT secret the"
        " API is open, but for what changes the model. Also read from `AUTH_TOKEN`.",
        validation_alias=AliasChoices("TALKWRIGHT_ENGINE_TOKEN", "AUTH_TOKEN"),
    )
    engine_jwt_secret: SecretStr | None = Field(
        None,
        description="What verifies JSON web tokens of a running bot's callers: a shared secret, or a PEM key."
        " Also read from `JWT_SECRET`.",
        validation_alias=AliasChoices("TALKWRIGHT_ENGINE_JWT_SECRET", "JWT_SECRET"),
    )
    engine_jwt_method: str = Field(
        "HS256",
        description="How those tokens are signed; also read from `JWT_METHOD`.",
        validation_alias=AliasChoices("TALKWRIGHT_ENGINE_JWT_METHOD", "JWT_METHOD"),
    )
    engine_understanding: Choice | None = Field(
        None,
        description="What understands messages: `local` is the trained model, `llm` the language model that the project"
        " names, `auto` asks it only where the local one isn't sure; unset leaves it to the project.",
    )
    engine_variables: SecretStr | None = Field(
        None,
        description="A JSON map of names to values, which `${NAME}` in a project is then filled from alone, instead of"
        " the environment. Its values are masked in what is recorded.",
    )
    engine_local_models: str | None = Field(
        None,
        description="Servers of language models on the bot's own machine that a project may name: `host:port` or"
        " `host`, separated by commas; `none` allows none, unset allows all.",
    )
    engine_deployment: str = Field(
        "",
        description="The deployment of a studio that this bot serves: a request that names another one in"
        " `X-Talkwright-Deployment` is answered 421. A studio sets it for its bots.",
    )
    engine_turns: int = Field(
        200,
        description="How many turns of a running bot may be under way or wait at once; more are answered 503.",
        ge=1,
    )
    engine_cors: str = Field(
        "", description="Origins, separated by commas, whose web pages may use a running bot; `*` is all."
    )
    engine_project_code: bool = Field(
        False,
        description="Whether classes that a model's `credentials.yml` names may be loaded into the running bot:"
        " only for projects whose code you trust.",
    )
    engine_actions_url: str | None = Field(
        None, description="The action server of a running bot, instead of the one in the project's endpoints."
    )
    engine_actions_folder: Path | None = Field(
        None,
        description="The folder with the Python module that a project's `action_endpoint.actions_module` names: a bot"
        " then runs custom actions itself, in a process beside it, with no action server. Only for code that you"
        " trust; unset, such a project's actions don't run. A studio sets it for bots whose operator allows it.",
    )
    engine_actions_python: str | None = Field(
        None, description="The Python that runs them, which has the package rasa-sdk; unset, the bot's own."
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
