"""The built-in engine: `python -m talkwright.engine train` and `run`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from talkwright.database.deployments import ADDRESSED
from talkwright.modelservice.artefacts import ModelFile
from talkwright.modelservice.engines.base import MODEL, PROJECT, Order, Serving
from talkwright.modelservice.jobs import LISTEN, Job, Limits, LogLine
from talkwright.modelservice.project_code import ProjectCode
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.variables import values_to_hide

if TYPE_CHECKING:
    import httpx2  # as in `base`

NAME = "talkwright"
PROTOCOL = "turns"
"""A message is answered with all events of its turn; requests name the deployment that they are for."""
DEPLOYMENT = "TALKWRIGHT_ENGINE_DEPLOYMENT"
TOKEN = "TALKWRIGHT_ENGINE_TOKEN"  # noqa: S105 - the variable's name
_RECORD = "TALKWRIGHT_ENGINE_RECORD"
"""People who try an assistant want to see how it understood them (wire-protocols 3.6)."""
_VARIABLES = "TALKWRIGHT_ENGINE_VARIABLES"
_LOCAL_MODELS = "TALKWRIGHT_ENGINE_LOCAL_MODELS"
_CODE, _ACTIONS = "TALKWRIGHT_ENGINE_PROJECT_CODE", "TALKWRIGHT_ENGINE_ACTIONS_FOLDER"
_ACTIONS_PYTHON = "TALKWRIGHT_ENGINE_ACTIONS_PYTHON"
_NO_OWN_CODE = {_ACTIONS: "", _CODE: "false"}
"""Whatever variables an operator hands to jobs: without a word on the assistant no code of its project runs."""

# `-P` keeps the job's folder, and with it the project's own code, off the module path.
_ENGINE = (sys.executable, "-P", "-m", "talkwright.engine")
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class TalkwrightEngine:
    """The engine of this package; see `Engine`."""

    name = NAME
    protocol = PROTOCOL
    reads_projects = False
    start_setting = "TALKWRIGHT_START_SECONDS"

    def __init__(self, settings: ModelServiceSettings) -> None:
        self._settings = settings
        self.start_seconds = settings.start_seconds

    def training_job(self, order: Order) -> Job:
        """The job that makes a model from the project.

        When the work was asked for is stamped into the model instead of the hour of the attempt, so that each attempt
        of one training makes the same model, and another training another one.
        """
        settings = self._settings
        return Job(
            name=order.name,
            command=(*_ENGINE, "train", "--project", PROJECT, "--out", MODEL, "--trained-at", order.requested_at),
            inputs={order.project: PROJECT},
            outputs=(MODEL,),
            environment={**_ONE_THREAD, **self._told_to_jobs(order.variables)},
            hide=values_to_hide(order.variables),
            desk=order.desk,
            limits=Limits(
                seconds=settings.training_seconds,
                memory_bytes=settings.training_memory,
                file_bytes=settings.job_file_bytes,
                log_bytes=settings.job_log_bytes,
                unheld_seconds=settings.unheld_seconds,
            ),
        )

    def running_job(self, order: Order, serving: Serving) -> Job:
        """The job that serves a model as this deployment."""
        settings = self._settings
        return Job(
            name=order.name,
            command=(*_ENGINE, "run", "--model", MODEL, "--host", LISTEN, "--port", "0"),
            inputs={serving.model: MODEL},
            environment={
                **_ONE_THREAD,
                TOKEN: serving.token,
                DEPLOYMENT: serving.deployment,
                _RECORD: "true",
                **self._told_to_jobs(order.variables),
                **_own_code(order.code),
            },
            hide=(serving.token, *values_to_hide(order.variables)),
            desk=order.desk,
            serves=True,
            limits=Limits(
                memory_bytes=settings.running_memory,
                file_bytes=settings.job_file_bytes,
                log_bytes=settings.job_log_bytes,
                unheld_seconds=settings.unheld_seconds,
            ),
        )

    def told(self, line: LogLine) -> LogLine:
        """It speaks the studio's own language."""
        return line

    def check(self, model: ModelFile) -> None:
        """Its models are what `read_model` reads; the engine itself looks at the rest when it loads one."""

    def proof(self, serving: Serving) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The token, and for whom the request is."""
        return {"token": serving.token}, {ADDRESSED: serving.deployment}

    async def answers(self, client: httpx2.AsyncClient, model_id: str | None) -> bool:
        """Whether the model is there and reads."""
        from talkwright.modelservice.engines import readiness  # noqa: PLC0415 - loads HTTP, which trainings don't need

        return await readiness.answers(client, model_id)

    def _told_to_jobs(self, variables: Mapping[str, str]) -> dict[str, str]:
        """What every job is told: the project's variables, and which models of this machine it may ask."""
        local = self._settings.job_local_models or "none"
        return {_VARIABLES: json.dumps(dict(variables)), _LOCAL_MODELS: local} | _NO_OWN_CODE


def _own_code(code: ProjectCode | None) -> dict[str, str]:
    """What a bot is told of its project's code: actions run in a process beside it, channels are loaded into it."""
    if code is None:
        return _NO_OWN_CODE
    python = {_ACTIONS_PYTHON: code.python} if code.python else {}
    return {_ACTIONS: code.folder, _CODE: "true", "PYTHONPATH": code.folder, **python}
