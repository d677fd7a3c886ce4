"""Trainings that the API asks for, each in a process of its own: turns go on, and learning's libraries stay outside."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from talkwright.assistant.yamls import YamlError, load
from talkwright.engine import logs
from talkwright.engine.faults import where
from talkwright.engine.model_names import model_name
from talkwright.engine.serving.answers import ApiError, bad_request
from talkwright.engine.serving.loading import Loader

_CONFIG = frozenset(
    {"recipe", "language", "additional_languages", "pipeline", "policies", "assistant_id", "talkwright"}
)
_DATA = frozenset({"nlu", "flows", "stories", "rules"})
_REFUSED = 2  # the exit code of a training whose content has errors
_SECONDS = 3600.0
_CALLBACK_SECONDS = 60.0


@dataclass(frozen=True)
class Trained:
    """A model that was trained; `forget` deletes what is only here to be sent."""

    path: Path
    folder: Path

    def forget(self) -> None:
        """Delete the training's folder; a model that was kept lies elsewhere."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Trainings:
    """One training at a time."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._tasks: set[asyncio.Task[None]] = set()

    async def train(self, text: bytes, *, keeps: bool) -> Trained:
        """Train the project that one YAML document holds; `keeps` copies the model to the operator's folder, if any.

        Raises ApiError: 400 with the content's problems, 409 while another training runs, 500 where it failed.
        """
        self._begin()
        try:
            return await self._train(text, keeps=keeps)
        finally:
            self._loader.trainings -= 1

    def begin(self, text: bytes, callback: str, *, keeps: bool) -> None:
        """As `train`, in the background: the model, or the refusal, is posted to `callback`. Raises ApiError (409)."""
        self._begin()
        task = asyncio.create_task(self._train_and_call(text, callback, keeps=keeps))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End the trainings that nobody waits for any more."""
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _begin(self) -> None:
        if self._loader.trainings:
            raise ApiError(409, "Conflict", "A training is under way; ask again when it has ended.")
        self._loader.trainings += 1

    async def _train_and_call(self, text: bytes, callback: str, *, keeps: bool) -> None:
        import httpx2  # noqa: PLC0415 - loaded once it is called back, not before

        trained: Trained | None = None
        try:
            try:
                trained = await self._train(text, keeps=keeps)
                content, headers = trained.path.read_bytes(), {"filename": trained.path.name}
                headers["Content-Type"] = "application/gzip"
            except ApiError as refused:
                content, headers = json.dumps(refused.body()).encode(), {"Content-Type": "application/json"}
            async with httpx2.AsyncClient(timeout=_CALLBACK_SECONDS, trust_env=False) as client:
                await client.post(callback, content=content, headers=headers)
        except httpx2.HTTPError as problem:
            logs.error("training_callback_failed", fault=type(problem).__name__)
        except Exception as fault:  # nobody waits who could be told
            logs.error("training_failed", **where(fault))
        finally:
            self._loader.trainings -= 1
            if trained is not None:
                trained.forget()

    async def _train(self, text: bytes, *, keeps: bool) -> Trained:
        document = await asyncio.to_thread(_document, text)
        folder = Path(tempfile.mkdtemp(prefix="training-"))
        try:
            _write_project(folder / "project", document)
            now = datetime.now(UTC)
            path = folder / model_name(now)
            await _run(folder / "project", path, now.isoformat(timespec="seconds"))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        if keeps and self._loader.folder is not None:
            shutil.copyfile(path, self._loader.folder / path.name)
        return Trained(path, folder)


def _document(text: bytes) -> Mapping[str, Any]:
    try:
        document = load(text.decode())
    except (YamlError, UnicodeError) as problem:
        raise bad_request(f"The body is not YAML: {problem}") from problem
    if not isinstance(document, Mapping) or not document:
        raise bad_request(
            "The body must be one YAML map with the keys of config, domain, `nlu`, `flows`, `stories`, `rules`."
        )
    return document


def _write_project(folder: Path, document: Mapping[str, Any]) -> None:
    """The one document as the files of a project; JSON is YAML."""
    parts: dict[str, dict[str, Any]] = {"config.yml": {}, "domain.yml": {}}
    for key, value in document.items():
        if key in _DATA:
            parts[f"data/{key}.yml"] = {key: value}
        elif key != "version":
            parts["config.yml" if key in _CONFIG else "domain.yml"][key] = value
    for name, part in parts.items():
        if part:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(part, ensure_ascii=False), encoding="utf-8")


async def _run(project: Path, out: Path, trained_at: str) -> None:
    """Train in another process; raises ApiError."""
    command = [sys.executable, "-P", "-m", "talkwright.engine", "train", "--project", str(project), "--out", str(out)]
    process = await asyncio.create_subprocess_exec(
        *command, "--trained-at", trained_at, "--end-with-parent", stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError as problem:
        raise ApiError(500, "TrainingError", f"The training did not end within {_SECONDS:g} seconds.") from problem
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return
    lines = [found for line in said.splitlines() if isinstance(found := _line(line), dict)]
    message = next((line["message"] for line in reversed(lines) if line.get("message")), "The training failed.")
    problems = [line["problem"] for line in lines if line.get("problem")]
    if process.returncode == _REFUSED:
        raise bad_request(str(message), problems=problems)
    raise ApiError(500, "TrainingError", str(message))


def _line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
