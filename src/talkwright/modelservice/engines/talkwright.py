"""The built-in engine's jobs: `python -m talkwright.engine train` and `run`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from talkwright.modelservice.jobs import LISTEN, Desk, Job, Limits
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.variables import SHORTEST_SECRET

PROJECT = "project.tar.gz"
MODEL = "model.tar.gz"
DEPLOYMENT = "TALKWRIGHT_ENGINE_DEPLOYMENT"
TOKEN = "TALKWRIGHT_ENGINE_TOKEN"  # noqa: S105 - the variable's name
_RECORD = "TALKWRIGHT_ENGINE_RECORD"
"""People who try an assistant want to see how it understood them (wire-protocols 3.6)."""
_VARIABLES = "TALKWRIGHT_ENGINE_VARIABLES"
_LOCAL_MODELS = "TALKWRIGHT_ENGINE_LOCAL_MODELS"
_NO_OWN_CODE = {"TALKWRIGHT_ENGINE_ACTIONS_FOLDER": "", "TALKWRIGHT_ENGINE_PROJECT_CODE": "false"}
"""Whatever variables an operator hands to jobs: a studio's bots run no code of projects."""
CONTENT_PROBLEMS = 2
"""The exit code of a training that the content's errors stopped."""
REFUSED = 2
"""The exit code of a start that the model or its settings make impossible: another try would end the same."""

# `-P` keeps the job's folder, and with it the project's own code, off the module path.
_ENGINE = (sys.executable, "-P", "-m", "talkwright.engine")
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def training_job(
    name: str,
    *,
    project: str,
    requested_at: str,
    variables: Mapping[str, str],
    desk: Desk,
    settings: ModelServiceSettings,
) -> Job:
    """The job that makes a model from the project object (a storage key), and stores it where the desk says.

    `variables` are what `${NAME}` in the project is filled from.
    `requested_at` (ISO 8601) is stamped into the model instead of the hour of the attempt, so that each attempt of one
    training makes the same model, and another training another one.
    """
    return Job(
        name=name,
        command=(*_ENGINE, "train", "--project", PROJECT, "--out", MODEL, "--trained-at", requested_at),
        inputs={project: PROJECT},
        outputs=(MODEL,),
        environment={**_ONE_THREAD, **_settings_of(variables, settings)},
        hide=_hidden(variables),
        desk=desk,
        limits=Limits(
            seconds=settings.training_seconds,
            memory_bytes=settings.training_memory,
            file_bytes=settings.job_file_bytes,
            log_bytes=settings.job_log_bytes,
            unheld_seconds=settings.unheld_seconds,
        ),
    )


def running_job(
    name: str,
    *,
    model: str,
    deployment: str,
    token: str,
    variables: Mapping[str, str],
    desk: Desk,
    settings: ModelServiceSettings,
) -> Job:
    """The job that serves the model object as this deployment to whoever has the token, on a free port."""
    return Job(
        name=name,
        command=(*_ENGINE, "run", "--model", MODEL, "--host", LISTEN, "--port", "0"),
        inputs={model: MODEL},
        environment={
            **_ONE_THREAD,
            TOKEN: token,
            DEPLOYMENT: deployment,
            _RECORD: "true",
            **_settings_of(variables, settings),
        },
        hide=(token, *_hidden(variables)),
        desk=desk,
        serves=True,
        limits=Limits(
            memory_bytes=settings.running_memory,
            file_bytes=settings.job_file_bytes,
            log_bytes=settings.job_log_bytes,
            unheld_seconds=settings.unheld_seconds,
        ),
    )


def _hidden(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The values that no log may show; short ones are part of too many words."""
    return tuple(value for value in variables.values() if len(value) >= SHORTEST_SECRET)


def _settings_of(variables: Mapping[str, str], settings: ModelServiceSettings) -> dict[str, str]:
    """What every job of the engine is told: the project's variables, and which models of this machine it may ask."""
    told = {_VARIABLES: json.dumps(dict(variables)), _LOCAL_MODELS: settings.job_local_models or "none"}
    return told | _NO_OWN_CODE
