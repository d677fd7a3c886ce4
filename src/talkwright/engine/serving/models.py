"""Models over the API: load another, unload, train one, and ask what it understands (wire-protocols 4.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from talkwright.engine.fetching import SourceError, is_address, read_server
from talkwright.engine.model import ModelError
from talkwright.engine.serving.access import Access
from talkwright.engine.serving.answers import ApiError, bad_request, json_answer
from talkwright.engine.serving.bodies import (
    MAX_EVENTS,
    MAX_MESSAGE,
    as_map,
    choice_of,
    events_in,
    flag_of,
    read_body,
    read_json,
    text_in,
)
from talkwright.engine.serving.bot import Bot
from talkwright.engine.serving.conversations import prediction
from talkwright.engine.serving.loading import Loader
from talkwright.engine.serving.trainings import Trainings

_MAX_PROJECT = 16 << 20  # bytes


class Models:
    """The routes under `/model`. Those that change what runs need a caller who is known."""

    def __init__(self, bot: Bot, access: Access, loader: Loader, trainings: Trainings) -> None:
        self._bot = bot
        self._access = access
        self._loader = loader
        self._trainings = trainings

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/model", self._load, methods=["PUT"]),
            Route("/model", self._unload, methods=["DELETE"]),
            Route("/model/train", self._train, methods=["POST"]),
            Route("/model/parse", self._parse, methods=["POST"]),
            Route("/model/predict", self._predict, methods=["POST"]),
        ]

    async def _load(self, request: Request) -> Response:
        """Load a model beside the one that runs; turns under way end with theirs."""
        self._access.admit_operator(request)
        body = as_map(await read_json(request, MAX_MESSAGE), "`model_file` or `model_server`")
        try:
            if body.get("remote_storage"):
                raise bad_request(
                    "This engine holds no keys of an object storage. Sign an address of the model there, and give it as"
                    ' {"model_server": {"url": "https://…", "wait_time_between_pulls": null}}.',
                    parameter="remote_storage",
                )
            if body.get("model_server") is not None:
                await self._loader.follow(read_server(body["model_server"], trusted=False))
            else:
                await self._loader.load(self._path(text_in(body, "model_file", longest=4096)))
        except SourceError as problem:
            raise bad_request(f"`model_server` can't be used. {problem}", parameter="model_server") from problem
        except ModelError as problem:
            raise bad_request(str(problem)) from problem
        return Response(status_code=204)

    def _path(self, written: str) -> Path:
        """A model's file on this machine; a bare name is one of the operator's folder of models."""
        if is_address(written):
            raise bad_request("`model_file` is a path; an address goes into `model_server`.", parameter="model_file")
        path = Path(written)
        if self._loader.folder is not None and not path.is_absolute() and not path.exists():
            path = self._loader.folder / path
        if "\0" in written or not path.is_file():
            raise bad_request(f"There is no file {written!r} on the bot's machine.", parameter="model_file")
        return path

    async def _unload(self, request: Request) -> Response:
        self._access.admit_operator(request)
        await self._loader.unload()
        return Response(status_code=204)

    async def _train(self, request: Request) -> Response:
        """Train the project in the body; the model comes back, or goes to `callback_url`."""
        self._access.admit_operator(request)
        callback = request.query_params.get("callback_url")
        keeps = flag_of(request, "save_to_default_model_directory", default=True)
        if callback is not None and not is_address(callback):
            raise bad_request("`callback_url` must begin with http:// or https://.", parameter="callback_url")
        text = await read_body(request, _MAX_PROJECT)
        if callback is not None:
            self._trainings.begin(text, callback, keeps=keeps)
            return Response(status_code=204)
        trained = await self._trainings.train(text, keeps=keeps)
        return FileResponse(
            trained.path,
            media_type="application/gzip",
            headers={"filename": trained.path.name},
            background=BackgroundTask(trained.forget),
        )

    async def _parse(self, request: Request) -> Response:
        self._access.admit(request)
        body = as_map(await read_json(request, MAX_MESSAGE), "`text`")
        if "emulation_mode" in request.query_params:
            raise ApiError(400, "BadRequest", "`emulation_mode` is not known here: the answer has one form.")
        async with self._bot.using() as served:
            return json_answer(await served.agent.parse(text_in(body, "text", longest=MAX_MESSAGE)))

    async def _predict(self, request: Request) -> Response:
        """What the dialogue would do after the events of the body."""
        self._access.admit(request)
        choice = choice_of(request)
        events: Any = events_in(await read_json(request, MAX_EVENTS))
        return json_answer(prediction(self._bot.served, "predict", events, choice))
