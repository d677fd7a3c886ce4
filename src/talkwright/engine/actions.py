"""Runs a project's custom actions on its action server over HTTP (dialogue-semantics 11, wire-protocols 6)."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from talkwright.assistant.addresses import FORBIDDEN_NAME, UNKNOWN_NAME, is_forbidden
from talkwright.assistant.domain import Domain
from talkwright.conversation.tracker import Tracker
from talkwright.engine.ports import ActionFailed, ActionRejected, ActionResult
from talkwright.engine.variables import expand, hidden, unset_variable

if TYPE_CHECKING:
    import httpx2

PROTOCOL_VERSION = "3.21.0"  # of the ecosystem's action protocol, which SDKs compare with their own
DEFAULT_TIMEOUT = 300.0
NO_ENDPOINT = "The project names no action server. Set `action_endpoint.url` in endpoints.yml."
_CONNECT_TIMEOUT = 5.0
_NEEDS_DOMAIN = 449
_CHECKS = ("validate_", "action_validate_slot_mappings")  # they look their slots up in the domain (11)
MAX_ANSWER = 1 << 20
"""Bytes of an action's answer, unpacked."""


class EndpointError(ValueError):
    """The project's `action_endpoint` can't be used; the message says how to mend it."""


@dataclass(frozen=True)
class ActionEndpoint:
    """Where actions run. `token`, `params` and `headers` are the project's own."""

    url: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)
    cafile: str | None = None


def read_endpoint(
    endpoints: Mapping[str, Any], *, url: str | None = None, environment: Mapping[str, str] | None = None
) -> ActionEndpoint | None:
    """The action endpoint of a project; `url` replaces the project's address. None where the project has none.

    Raises EndpointError for actions inside the engine's process (`actions_module`), gRPC, and broken addresses.
    """
    found = endpoints.get("action_endpoint")
    written = found if isinstance(found, Mapping) else {}
    if not url and written.get("actions_module"):
        raise EndpointError(
            "`action_endpoint.actions_module` in endpoints.yml would run the project's code, which is refused unless"
            " whoever runs the bot allows it (TALKWRIGHT_ENGINE_ACTIONS_FOLDER, in a studio"
            " TALKWRIGHT_JOB_PROJECT_CODE). Start the actions with `python -m rasa_sdk --actions …` and set"
            " `action_endpoint.url`."
        )
    values = {key: expand(value, environment) for key, value in written.items()}
    address = url or values.get("url")
    if not address:
        return None
    if unset := unset_variable(address):
        raise EndpointError(
            f"`action_endpoint.url` in endpoints.yml needs the environment variable {unset}, which is not set here."
        )
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        raise EndpointError(f"`action_endpoint.url` must begin with http:// or https://, but is {address!r}.")
    if is_forbidden(address):
        raise EndpointError(f"`action_endpoint.url` must not lead to a link-local or metadata address: {address}.")
    params = {str(key): str(value) for key, value in _map(values.get("params")).items()}
    if values.get("token"):
        params[str(values.get("token_name") or "token")] = str(values["token"])
    auth = _map(values.get("basic_auth"))
    return ActionEndpoint(
        url=address,
        params=params,
        headers={str(key): str(value) for key, value in _map(values.get("headers")).items()},
        basic_auth=(str(auth["username"]), str(auth.get("password", ""))) if auth.get("username") else None,
        cafile=str(values["cafile"]) if values.get("cafile") else None,
    )


@dataclass(frozen=True)
class Answer:
    """What an action's answer is: as the action server's HTTP has it, wherever the action ran."""

    status: int
    content: bytes


class Actions(ABC):
    """An ActionRunner: what is asked and what an answer means, wherever actions run."""

    def __init__(self) -> None:
        self._digests: dict[int, tuple[Domain, str]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @abstractmethod
    async def close(self) -> None:
        """Give back what is held open."""

    @abstractmethod
    async def post(self, name: str, request: Mapping[str, Any]) -> Answer:
        """Ask for one action; raises ActionFailed where no answer comes."""

    @property
    @abstractmethod
    def where(self) -> str | None:
        """Where actions run, for people."""

    def prepare(self) -> None:  # noqa: B027 - most have nothing to do here
        """Load ahead what the first action needs; it may run in another thread."""

    async def run(self, name: str, tracker: Tracker, domain: Domain) -> ActionResult:
        """Run one action; raises ActionFailed, with the address in its message, or ActionRejected."""
        declared = domain.actions.get(name)
        request: dict[str, Any] = {
            "next_action": name,
            "sender_id": tracker.sender_id,
            "tracker": _state(tracker),
            "version": PROTOCOL_VERSION,
            "domain_digest": self._digest(domain),
        }
        if name.startswith(_CHECKS) or (declared is not None and declared.send_domain):
            request["domain"] = domain.raw
        answer = await self.post(name, request)
        if answer.status == _NEEDS_DOMAIN and "domain" not in request:
            answer = await self.post(name, {**request, "domain": domain.raw})
        return self._result(name, answer)

    def failure(self, name: str, what: str, told: str = "") -> ActionFailed:
        """What happened to an action, in words; `told` is what the other side says of it."""
        whole = f"{what}: {told}" if told else what
        end = "" if whole.endswith(("?", ".", "!")) else "."
        return ActionFailed(f"The action {name} failed at {self.where}: {whole}{end}", address=self.where, reason=what)

    def _result(self, name: str, given: Answer) -> ActionResult:
        if given.status == 400:
            raise ActionRejected(_reason(given) or f"The action server rejected {name}.")
        if given.status != 200:
            raise self.failure(name, f"it answered {given.status}", _reason(given))
        try:
            answer = msgspec.json.decode(given.content)
        except (msgspec.DecodeError, RecursionError) as problem:
            raise self.failure(name, "its answer is not JSON") from problem
        if answer is None:
            return ActionResult()
        if not isinstance(answer, dict):
            raise self.failure(name, "its answer is no map of events and responses")
        return ActionResult(events=_maps(answer.get("events")), responses=_maps(answer.get("responses")))

    def _digest(self, domain: Domain) -> str:
        """The fingerprint by which the action server knows whether it has this domain already."""
        known = self._digests.get(id(domain))
        if known is None or known[0] is not domain:
            text = json.dumps(domain.raw, sort_keys=True, default=str)
            known = (domain, hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())
            self._digests = {id(domain): known}
        return known[1]


class HttpActions(Actions):
    """Actions of an action server; connections are kept open between turns."""

    def __init__(
        self,
        endpoint: ActionEndpoint | None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        compress: bool = False,
        why_none: str = NO_ENDPOINT,
    ) -> None:
        """`timeout` in seconds, for the whole of one action; `why_none` says why there is no endpoint."""
        super().__init__()
        self._endpoint = endpoint
        self._why_none = why_none
        self._timeout = timeout
        self._compress = compress
        self._client: httpx2.AsyncClient | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()

    def prepare(self) -> None:
        """Load ahead what the first action needs; it may run in another thread."""
        if self._endpoint is not None:
            importlib.import_module("httpx2")

    @property
    def where(self) -> str | None:
        """The action server's address, for people."""
        return hidden(self._endpoint.url) if self._endpoint is not None else None

    async def post(self, name: str, request: Mapping[str, Any]) -> Answer:
        """Ask the action server; raises ActionFailed."""
        endpoint = self._endpoint
        if endpoint is None:
            raise ActionFailed(f"The action {name} can't run: {self._why_none}", reason="there is no action server")
        import httpx2  # noqa: PLC0415 - loaded once a bot answers, not before

        try:
            client = self._client = self._client or _client(endpoint, self._timeout)
        except OSError as problem:
            raise self.failure(name, f"its `cafile` can't be used ({problem.strerror})") from problem
        body = msgspec.json.encode(request, enc_hook=str)
        headers = {"Content-Type": "application/json"}
        if self._compress:
            body, headers["Content-Encoding"] = zlib.compress(body), "deflate"
        try:
            async with (
                asyncio.timeout(self._timeout),  # of the whole: one that sends a byte now and then would never end
                client.stream(
                    "POST", endpoint.url, content=body, params=dict(endpoint.params), headers=headers
                ) as response,
            ):
                return Answer(response.status_code, await self._content(name, response))
        except httpx2.ConnectTimeout as problem:
            raise self.failure(name, f"nothing answers within {_CONNECT_TIMEOUT:g} seconds") from problem
        except (TimeoutError, httpx2.TimeoutException) as problem:
            raise self.failure(name, f"it did not answer within {self._timeout:g} seconds") from problem
        except httpx2.ConnectError as problem:
            told = "nothing listens there; is the action server running?"
            raise self.failure(
                name, str(problem) if str(problem) in (FORBIDDEN_NAME, UNKNOWN_NAME) else told
            ) from problem
        except httpx2.HTTPError as problem:
            raise self.failure(name, f"the connection broke ({type(problem).__name__})") from problem

    async def _content(self, name: str, response: httpx2.Response) -> bytes:
        """The answer, read no further than it may be long."""
        content = bytearray()
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > MAX_ANSWER:
                raise self.failure(name, f"its answer is larger than {MAX_ANSWER >> 20} MiB")
        return bytes(content)


def _state(tracker: Tracker) -> dict[str, Any]:
    """The tracker with all its events; action servers take for granted that there is a latest message."""
    state = tracker.to_dict("ALL")
    return state if state["latest_message"] is not None else {**state, "latest_message": {}}


def _client(endpoint: ActionEndpoint, timeout: float) -> httpx2.AsyncClient:
    import httpx2  # noqa: PLC0415 - as above

    from talkwright.engine.guarding import GuardedTransport  # noqa: PLC0415 - as above

    limits = httpx2.Limits(max_connections=50, max_keepalive_connections=10, keepalive_expiry=30.0)
    return httpx2.AsyncClient(
        transport=GuardedTransport(verify=endpoint.cafile or True, limits=limits, trust_env=False),
        timeout=httpx2.Timeout(timeout, connect=min(_CONNECT_TIMEOUT, timeout)),
        headers=dict(endpoint.headers),
        auth=endpoint.basic_auth,
        follow_redirects=False,
        trust_env=False,  # a proxy of the machine is not asked for an address that the project names
    )


def _reason(given: Answer) -> str:
    try:
        answer = msgspec.json.decode(given.content)
    except (msgspec.DecodeError, RecursionError):
        return ""
    reason = answer.get("error") if isinstance(answer, dict) else None
    return reason[:500] if isinstance(reason, str) else ""


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _maps(value: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple(one for one in value if isinstance(one, Mapping)) if isinstance(value, list) else ()
