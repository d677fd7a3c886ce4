"""What runs: greeting, licence, version, status, and the content of the model (wire-protocols 4.2)."""

from __future__ import annotations

import os
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from talkwright import __version__
from talkwright.engine.dialogue.availability import available_flows
from talkwright.engine.serving.access import Access
from talkwright.engine.serving.answers import COMPATIBLE_WITH, ApiError, json_answer
from talkwright.engine.serving.bodies import conversation_of
from talkwright.engine.serving.bot import Bot
from talkwright.engine.serving.loading import Loader

_JSON, _YAML = "application/json", ("application/x-yaml", "application/yaml", "text/yaml", "text/x-yaml")


class Pages:
    """Routes that only tell."""

    def __init__(self, bot: Bot, access: Access, loader: Loader) -> None:
        self._bot = bot
        self._access = access
        self._loader = loader

    def routes(self) -> list[Route]:
        """All of them; the first three are open to everybody."""
        return [
            Route("/", self._root),
            Route("/license", self._license),
            Route("/version", self._version),
            Route("/status", self._status),
            Route("/domain", self._domain),
            Route("/flows", self._flows),
            Route("/data", self._data),
            Route("/sub-agents", self._sub_agents),
            Route("/conversations/{conversation:path}/capabilities", self._capabilities),
        ]

    async def _root(self, _: Request) -> Response:
        return PlainTextResponse(f"Hello from Talkwright: {__version__}")

    async def _license(self, _: Request) -> Response:
        """Clients of the ecosystem ask here whether a bot lives; this one needs no licence that could end."""
        return json_answer({"id": "Apache-2.0", "company": None, "scope": "open", "email": None, "expires": None})

    async def _version(self, _: Request) -> Response:
        return json_answer(
            {"version": COMPATIBLE_WITH, "minimum_compatible_version": COMPATIBLE_WITH, "engine": __version__}
        )

    async def _status(self, request: Request) -> Response:
        self._access.admit(request)
        model = self._bot.served.model
        return json_answer(
            {
                "model_file": model.file,
                "model_id": model.model_id,
                "num_active_training_jobs": self._loader.trainings,
                "worker_pid": os.getpid(),
                "engine_version": "calm",
            }
        )

    async def _domain(self, request: Request) -> Response:
        self._access.admit(request)
        domain = self._bot.served.model.assistant.domain.raw
        accepted = request.headers.get("accept", _JSON).lower()
        if _JSON in accepted or "*/*" in accepted or "application/*" in accepted:
            return json_answer(domain)
        if any(kind in accepted for kind in _YAML):
            return Response(_yaml(domain), media_type=_YAML[0])
        raise ApiError(406, "NotAcceptable", f"The domain comes as {_JSON} or {_YAML[0]}; `Accept` names neither.")

    async def _flows(self, request: Request) -> Response:
        self._access.admit(request)
        return json_answer([{"id": name, **body} for name, body in self._bot.served.model.flow_bodies.items()])

    async def _data(self, request: Request) -> Response:
        self._access.admit(request)
        model = self._bot.served.model
        return json_answer(
            {
                "domain": model.assistant.domain.raw,
                "flows": {name: {"id": name, **body} for name, body in model.flow_bodies.items()},
                "assistant_id": model.assistant.id,
                "engine": "calm",
            }
        )

    async def _sub_agents(self, request: Request) -> Response:
        """A model of this engine holds none: agents of other protocols are no part of it."""
        self._access.admit(request)
        self._bot.served  # noqa: B018 - says 409 where there is no model, as all routes of content do
        return json_answer([])

    async def _capabilities(self, request: Request) -> Response:
        conversation = conversation_of(request)
        self._access.admit_to(request, conversation)
        agent = self._bot.served.agent
        tracker = await self._bot.read(conversation) or agent.new_tracker(conversation)
        program = agent.program
        startable = available_flows(program, tracker)
        flows: list[dict[str, Any]] = [
            {
                "id": flow.id,
                "name": flow.name,
                "description": flow.description,
                "guard_condition": flow.guard,
                "startable": flow.id in startable,
                "always_include_in_prompt": flow.always_include_in_prompt,
                "trigger_intents": [trigger.intent for trigger in flow.nlu_triggers],
            }
            for flow in program.flows.values()
            if not flow.is_pattern
        ]
        return json_answer({"flows": flows})


def _yaml(value: Any) -> str:
    import yaml  # noqa: PLC0415 - who asks for YAML waits for it

    text: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    return text
