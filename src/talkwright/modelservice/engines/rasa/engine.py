"""Rasa as an engine: its jobs run `rasajob.py` on the interpreter of the operator's installation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

from talkwright.assistant.addresses import FORBIDDEN_NETWORKS
from talkwright.modelservice.artefacts import ModelArchiveError, ModelFile
from talkwright.modelservice.engines import readiness
from talkwright.modelservice.engines.base import MODEL, PROJECT, EngineError, Order, Serving
from talkwright.modelservice.engines.rasa import rasajob, telling
from talkwright.modelservice.engines.rasa.layout import layout_of
from talkwright.modelservice.engines.rasa.settings import RasaSettings
from talkwright.modelservice.jobs import LISTEN, Job, Limits, LogLine
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.modelservice.variables import values_to_hide
from talkwright.operations.config import reveal

NAME = "rasa"
PROTOCOL = "socketio"
"""A message goes through the socketio channel, whose key is the token; what came of it is read from the tracker."""
SCRIPT = Path(rasajob.__file__)
ORDER_BYTES = 100_000
"""A variable of a process holds 128 KiB on Linux."""
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
_QUIET = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "2"}


class RasaEngine:
    """The operator's installation; see `Engine`."""

    name = NAME
    protocol = PROTOCOL
    reads_projects = True
    start_setting = "TALKWRIGHT_RASA_START_SECONDS"

    def __init__(self, settings: ModelServiceSettings, rasa: RasaSettings) -> None:
        self._settings = settings
        self._rasa = rasa
        self.start_seconds = rasa.rasa_start_seconds

    def training_job(self, order: Order) -> Job:
        """The job that trains with a fixed model name. Raises EngineError."""
        limits = Limits(
            seconds=self._settings.training_seconds,
            memory_bytes=self._settings.training_memory,
            file_bytes=self._settings.job_file_bytes,
            log_bytes=self._settings.job_log_bytes,
            unheld_seconds=self._settings.unheld_seconds,
        )
        return Job(
            name=order.name,
            command=self._command("train"),
            programs=(SCRIPT,),
            image=self._rasa.rasa_image or None,
            inputs={order.project: PROJECT},
            outputs=(MODEL,),
            environment=self._environment(order),
            hide=self._hidden(order),
            desk=order.desk,
            limits=limits,
        )

    def running_job(self, order: Order, serving: Serving) -> Job:
        """The job that serves the API behind the token, and of channels socketio alone, behind a key that is it too.

        Raises EngineError.
        """
        limits = Limits(
            memory_bytes=self._settings.running_memory,
            file_bytes=self._settings.job_file_bytes,
            log_bytes=self._settings.job_log_bytes,
            unheld_seconds=self._settings.unheld_seconds,
        )
        return Job(
            name=order.name,
            command=self._command("run", LISTEN),
            programs=(SCRIPT,),
            image=self._rasa.rasa_image or None,
            inputs={order.project: PROJECT, serving.model: MODEL},
            environment={**self._environment(order, token=serving.token), **_ONE_THREAD},
            hide=(serving.token, *self._hidden(order)),
            desk=order.desk,
            serves=True,
            limits=limits,
        )

    def told(self, line: LogLine) -> LogLine:
        """What a line of its log means."""
        return telling.told(line)

    def check(self, model: ModelFile) -> None:
        """Whether a release made the model that this engine may run. Raises ModelArchiveError."""
        reason = rasajob.out_of_limits(model.made_by or "")
        if reason is not None:
            raise ModelArchiveError(f"The model was not made by a release that can be run. {reason}")

    def proof(self, serving: Serving) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The token; it knows nothing of deployments, so each has a token of its own (wire-protocols 4.1)."""
        return {"token": serving.token}, {}

    async def answers(self, client: httpx2.AsyncClient, model_id: str | None) -> bool:
        """Whether the model is there and reads, which takes about half a minute."""
        return await readiness.answers(client, model_id)

    def _command(self, mode: str, *words: str) -> tuple[str, ...]:
        # `-I` keeps the job's folder, and with it whatever the project brought, off the module path.
        return (self._rasa.rasa_python, "-I", "-W", "ignore", str(SCRIPT), mode, *words)

    def _hidden(self, order: Order) -> tuple[str, ...]:
        licence = reveal(self._rasa.rasa_license)
        return (*values_to_hide(order.variables), *((licence,) if licence else ()))

    def _environment(self, order: Order, token: str | None = None) -> dict[str, str]:
        """What `rasajob.py` is told, and the licence; no name of an assistant's secrets becomes a variable."""
        if order.archive is None:
            raise EngineError("The version's project is gone; train it again.")
        layout = layout_of(order.archive, code=order.code is not None)
        told: dict[str, Any] = {
            "config": layout.config,
            "endpoints": layout.endpoints,
            "left_out": layout.left_out,
            "variables": dict(order.variables),
            "forbidden": FORBIDDEN_NETWORKS,
            **({"token": token} if token is not None else {}),
            **({"code": order.code.folder, "modules": layout.modules} if order.code is not None else {}),
        }
        text = json.dumps(told)
        if len(text) > ORDER_BYTES:
            raise EngineError("The project's config and endpoints are too long for this engine; shorten them.")
        licence = reveal(self._rasa.rasa_license)
        licences = dict.fromkeys(rasajob.LICENCES, licence) if licence else {}
        return {**_QUIET, rasajob.ORDER: text, **licences}
