"""One model at one address, asked through the official client of OpenAI's protocol."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from talkwright.engine.llm.port import MAX_ANSWER, Completion, Message, ModelFailed, OnText
from talkwright.engine.llm.settings import AZURE, Deployment

if TYPE_CHECKING:
    import httpx2
    import openai

_MAX_BODY = 1 << 20  # bytes: far above any answer that is used
_CONNECT_SECONDS = 5.0
_BROKEN = (AttributeError, LookupError, TypeError, ValueError)
_NO_KEY = "none"  # the client wants one even for servers that don't
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


def load() -> None:
    """Load ahead what the first request needs; it may run in another thread."""
    importlib.import_module("openai")


def is_loaded() -> bool:
    """Whether the first request would wait for nothing."""
    return "openai" in sys.modules


class Refused(ModelFailed):
    """The server answered that it won't; asking again is no use."""


class DeploymentClient:
    """Asks one deployment. Loads the client with the first request and keeps its connections."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._client: openai.AsyncOpenAI | None = None

    async def complete(
        self, messages: Sequence[Message], *, seconds: float, on_text: OnText | None = None
    ) -> Completion:
        """The answer; raises ModelFailed, Refused where another try is no use."""
        started = time.perf_counter()
        request: dict[str, Any] = {
            "model": self.deployment.model,
            "messages": [dict(message) for message in messages],
            "timeout": seconds,
            **self._params(),
        }
        if on_text is not None:
            return await self._streamed(request, on_text, started)
        answer = await self._asked(lambda client: client.chat.completions.create(**request))
        with self._readable():
            text = answer.choices[0].message.content
            if isinstance(text, str):
                return self._completion(text, answer.usage, started)
        raise ModelFailed(f"{self.deployment.model} answered without a text.")

    async def embed(self, texts: Sequence[str], *, seconds: float) -> list[list[float]]:
        """One vector for each text; raises ModelFailed."""
        answer = await self._asked(
            lambda client: client.embeddings.create(
                model=self.deployment.model, input=list(texts), encoding_format="float", timeout=seconds
            )
        )
        with self._readable():
            vectors = [[float(number) for number in one.embedding] for one in sorted(answer.data, key=_place)]
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) > 1:
            raise ModelFailed(f"{self.deployment.model} gave no vector of equal length for each of {len(texts)} texts.")
        return vectors

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.close()

    async def _streamed(self, request: dict[str, Any], on_text: OnText, started: float) -> Completion:
        """An answer whose pieces are passed on as they come."""
        text, first, usage = "", None, None
        stream = await self._asked(
            lambda client: client.chat.completions.create(
                **request, stream=True, stream_options={"include_usage": True}
            )
        )
        async for piece in self._pieces(stream):
            with self._readable():
                usage = piece.usage or usage
                said = piece.choices[0].delta.content if piece.choices else None
            if said and len(text) < MAX_ANSWER:
                first = first if first is not None else time.perf_counter() - started
                text += said
                await on_text(said)
        return self._completion(text, usage, started, first)

    async def _pieces(self, stream: Any) -> AsyncIterator[Any]:
        import openai  # noqa: PLC0415 - loaded with the first request

        try:
            async for piece in stream:
                yield piece
        except (openai.OpenAIError, *_BROKEN) as problem:
            raise ModelFailed(f"{self.deployment.model} broke off: {type(problem).__name__}.") from None

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """The client hands on what a server sends, whatever its form: what isn't there is told."""
        try:
            yield
        except _BROKEN:
            raise ModelFailed(f"{self.deployment.model} gave an answer that can't be read.") from None

    def _completion(self, text: str, usage: Any, started: float, first: float | None = None) -> Completion:
        return Completion(
            text=text[:MAX_ANSWER],
            model=self.deployment.model,
            prompt_tokens=getattr(usage, "prompt_tokens", None) or 0,
            completion_tokens=getattr(usage, "completion_tokens", None) or 0,
            seconds=time.perf_counter() - started,
            first_token_seconds=first,
        )

    async def _asked(self, request: Any) -> Any:
        import openai  # noqa: PLC0415 - loaded with the first request

        self._client = self._client or _client(self.deployment)
        model = self.deployment.model
        try:
            return await request(self._client)
        except openai.APITimeoutError:
            raise ModelFailed(f"{model} did not answer in time.") from None
        except openai.APIStatusError as problem:
            kind = ModelFailed if problem.status_code in _AGAIN else Refused
            raise kind(f"{model} answered {problem.status_code}{_reason(problem)}.") from None
        except openai.APIConnectionError as problem:
            cause = problem.__cause__
            words = str(cause) if isinstance(cause, _AnswerRefused) else "it can't be reached"
            raise ModelFailed(f"{model} gave no answer: {words}.") from None
        except _AnswerRefused as problem:
            raise ModelFailed(f"{model} gave no answer: {problem}.") from None
        except (openai.OpenAIError, *_BROKEN):
            raise ModelFailed(f"{model} gave an answer that can't be read.") from None

    def _params(self) -> dict[str, Any]:
        """The parameters that the client knows by name, and the rest as the body has them."""
        known = {key: value for key, value in self.deployment.params.items() if key in _KNOWN}
        rest = {key: value for key, value in self.deployment.params.items() if key not in _KNOWN}
        return known | ({"extra_body": rest} if rest else {})


_KNOWN = frozenset(
    {
        "frequency_penalty", "logit_bias", "max_completion_tokens", "max_tokens", "metadata", "n", "presence_penalty",
        "reasoning_effort", "seed", "service_tier", "stop", "temperature", "top_p", "user", "verbosity",
    }
)  # fmt: skip


class _AnswerRefused(Exception):  # noqa: N818 - says what happened
    """An answer that is not read any further."""


def _client(deployment: Deployment) -> openai.AsyncOpenAI:
    """A client that makes no retries, follows no redirects, asks no proxy, and reads no endless answer."""
    import openai  # noqa: PLC0415 - takes a second to load, and most bots never ask a model
    from openai import AsyncAzureOpenAI, AsyncOpenAI  # noqa: PLC0415 - as above

    http = _http()
    key = deployment.api_key or _NO_KEY
    if deployment.provider == AZURE:
        return AsyncAzureOpenAI(
            azure_endpoint=deployment.api_base or "",
            api_version=deployment.api_version or "2024-10-21",
            api_key=key,
            max_retries=0,
            http_client=http,
        )
    base: Any = deployment.api_base if deployment.api_base is not None else openai.NOT_GIVEN
    return AsyncOpenAI(base_url=base, api_key=key, max_retries=0, http_client=http)


def _http() -> httpx2.AsyncClient:
    import httpx2  # noqa: PLC0415 - as above

    from talkwright.engine.guarding import GuardedTransport  # noqa: PLC0415 - as above

    class Capped(GuardedTransport):
        """Refuses packed and overlong answers."""

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await super().handle_async_request(request)
            if response.headers.get("content-encoding", "identity") != "identity":
                await response.aclose()
                raise _AnswerRefused("its answer is packed, which was not asked for")
            return httpx2.Response(
                response.status_code,
                headers=response.headers,
                stream=CappedStream(response.stream),
                extensions=response.extensions,
            )

    class CappedStream(httpx2.AsyncByteStream):
        """A body that ends in a fault where it is too long."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            room = _MAX_BODY
            async for piece in self._stream:
                room -= len(piece)
                if room < 0:
                    raise _AnswerRefused("its answer is longer than 1 MiB")
                yield piece

        async def aclose(self) -> None:
            await self._stream.aclose()

    return httpx2.AsyncClient(
        transport=Capped(),
        timeout=httpx2.Timeout(600.0, connect=_CONNECT_SECONDS),
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        trust_env=False,
    )


def _reason(problem: openai.APIStatusError) -> str:
    body = problem.body
    message = body.get("message") if isinstance(body, dict) else None
    return f": {str(message)[:300]}" if message else ""


def _place(vector: Any) -> int:
    return int(vector.index)
