"""The Kubernetes API as plain objects: requests with patience, watches that go on after cuts, logs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
from kubernetes_asyncio import client, config

from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings

TRIES = 6
REQUEST_SECONDS = 15.0
WATCH_SECONDS = 120
_AGAIN = frozenset({429, 500, 502, 503, 504})
_MERGE = "application/merge-patch+json"
_PATHS = {"jobs": "/apis/batch/v1", "pods": "/api/v1", "secrets": "/api/v1", "services": "/api/v1", "events": "/api/v1"}


class ClusterError(Exception):
    """The cluster refused or didn't answer; `status` is its answer's, 0 without one."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_away(self) -> bool:
        """Whether the API server could not answer, rather than refused."""
        return self.status == 0 or self.status in _AGAIN


class Cluster:
    """The API server, as one service account of one namespace sees it."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self._api = api
        self.namespace = namespace

    async def create(self, resource: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Create an object. Raises ClusterError, 409 where it is there already."""
        return await self._asked("POST", self._path(resource), body=manifest)

    async def get(self, resource: str, name: str) -> dict[str, Any] | None:
        """An object, or None. Raises ClusterError."""
        try:
            return await self._asked("GET", self._path(resource, name))
        except ClusterError as error:
            if error.status == 404:
                return None
            raise

    async def patch(self, resource: str, name: str, change: Mapping[str, Any]) -> dict[str, Any]:
        """Change parts of an object. Raises ClusterError."""
        return await self._asked("PATCH", self._path(resource, name), body=change, kind=_MERGE)

    async def delete(self, resource: str, name: str, uid: str, *, grace: int | None = None) -> bool:
        """Delete the object of this uid and no other of its name; whether it was there. Raises ClusterError."""
        body: dict[str, Any] = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        try:
            await self._asked("DELETE", self._path(resource, name), body=body)
        except ClusterError as error:
            if error.status in (404, 409):  # gone, or another of the same name
                return False
            raise
        return True

    async def listed(
        self, resource: str, *, labels: str | None = None, fields: str | None = None
    ) -> tuple[list[dict[str, Any]], str]:
        """The objects that match, and the version of the list. Raises ClusterError."""
        query = [(key, value) for key, value in (("labelSelector", labels), ("fieldSelector", fields)) if value]
        told = await self._asked("GET", self._path(resource), query=query)
        return list(told.get("items") or ()), str(told["metadata"]["resourceVersion"])

    async def watch(self, resource: str, *, labels: str, version: str) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
        """Changes since a list's version, until the stream ends. Raises ClusterError, 410 where that is too old."""
        query = [
            ("labelSelector", labels),
            ("resourceVersion", version),
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", str(WATCH_SECONDS)),
        ]
        async for raw in self._stream(self._path(resource), query):
            try:
                event = json.loads(raw)
            except ValueError as error:
                raise ClusterError(0, "The watch was cut.") from error
            if event["type"] == "ERROR":
                status = event["object"]
                raise ClusterError(int(status.get("code", 500)), str(status.get("message", "")))
            yield event["type"], event["object"]

    async def log(self, pod: str, container: str) -> AsyncGenerator[bytes]:
        """The lines of a container's log from its beginning, as they come. Raises ClusterError."""
        query = [("container", container), ("follow", "true")]
        async for raw in self._stream(f"{self._path('pods', pod)}/log", query):
            yield raw

    async def may(self, verb: str, group: str, resource: str, subresource: str = "") -> bool:
        """Whether this account has a right in the namespace (SelfSubjectAccessReview). Raises ClusterError."""
        wanted = {"namespace": self.namespace, "verb": verb, "group": group, "resource": resource}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {**wanted, "subresource": subresource}},
        }
        told = await self._asked("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=body)
        return bool(told["status"]["allowed"])

    def _path(self, resource: str, name: str | None = None) -> str:
        whole = f"{_PATHS[resource]}/namespaces/{self.namespace}/{resource}"
        return f"{whole}/{name}" if name is not None else whole

    async def _asked(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: Mapping[str, Any] | None = None,
        kind: str = "application/json",
    ) -> dict[str, Any]:
        """One request, again after a pause where the server is busy or away: all of ours may come twice."""
        for left in range(TRIES, 0, -1):
            try:
                response = await self._call(method, path, query or [], timeout=REQUEST_SECONDS, body=body, kind=kind)
                async with response:
                    text = await response.text()
                    if 200 <= response.status < 300:
                        return dict(json.loads(text))
                    status, said, after = response.status, _message(text), response.headers.get("Retry-After", "")
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                status, said, after = 0, f"The cluster doesn't answer ({type(error).__name__}).", ""
            if left == 1 or (status and status not in _AGAIN):
                raise ClusterError(status, said)
            pause = 0.1 * 2 ** (TRIES - left) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, hides nothing
            await asyncio.sleep(max(min(float(after), 10.0), pause) if after.isdecimal() else pause)
        raise AssertionError("unreachable")

    async def _stream(self, path: str, query: list[tuple[str, str]]) -> AsyncIterator[bytes]:
        timeout = aiohttp.ClientTimeout(total=None, connect=REQUEST_SECONDS, sock_read=WATCH_SECONDS * 2)
        try:
            response = await self._call("GET", path, query, timeout=timeout)
            async with response:
                if response.status != 200:
                    raise ClusterError(response.status, _message(await response.text()))
                async for raw in response.content:
                    yield raw
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ClusterError(0, f"The cluster doesn't answer ({type(error).__name__}).") from error

    async def _call(
        self,
        method: str,
        path: str,
        query: list[tuple[str, str]],
        *,
        timeout: float | aiohttp.ClientTimeout,  # noqa: ASYNC109 - handed on to the client
        body: Mapping[str, Any] | None = None,
        kind: str = "application/json",
    ) -> aiohttp.ClientResponse:
        response: aiohttp.ClientResponse = await self._api.call_api(
            path,
            method,
            {},
            query,
            {"Accept": "application/json", "Content-Type": kind},
            body=body,
            auth_settings=["BearerToken"],
            _preload_content=False,
            _return_http_data_only=True,
            _request_timeout=timeout,
        )
        return response


def _message(text: str) -> str:
    """What an error's answer says in words."""
    with contextlib.suppress(ValueError, AttributeError):
        return str(json.loads(text).get("message") or text)
    return text[:500]


@contextlib.asynccontextmanager
async def open_cluster(settings: KubernetesSettings) -> AsyncIterator[Cluster]:
    """Connect as the settings say. Raises ClusterError."""
    told = client.Configuration()
    try:
        if settings.kubernetes_config:
            path, context = Path(settings.kubernetes_config), settings.kubernetes_context or None
            await config.load_kube_config(str(path), context, client_configuration=told, persist_config=False)
        else:
            config.load_incluster_config(client_configuration=told)  # type: ignore[no-untyped-call]  # theirs has no types
    except (config.ConfigException, OSError) as error:
        raise ClusterError(0, f"The cluster can't be reached: {error}") from error
    async with client.ApiClient(told) as api:
        yield Cluster(api, settings.kubernetes_namespace)
