"""What the rights matrix asks with: a seeded assistant, and for each row of the file a request that would succeed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from tests.services.inprocess import Caller, InProcess

from talkwright.database.ids import uuid7
from talkwright.database.tables import models

Make = Callable[["Ground"], Awaitable["Asked"]]
_TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname IN ('studio', 'queue', 'idp') AND tablename <> 'audit' ORDER BY 1
"""
_BACK_TO_THE_BEGINNING = (
    "DELETE FROM studio.assistant_secrets WHERE assistant = :here",
    "UPDATE studio.assistants SET deleted_at = NULL, live_name = name WHERE id = :here",
    "UPDATE studio.sign_ins SET ended_at = NULL WHERE ended_at IS NOT NULL",
    "UPDATE studio.deployments SET state = 'stopped', active = false, ended_at = now() WHERE state <> 'stopped'",
    "UPDATE studio.models SET deleted_at = NULL, deleted_by = NULL WHERE deleted_at IS NOT NULL",
)


@dataclass(frozen=True)
class Asked:
    """The values of a request: those of its path, its query, its body."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    body: Any = None
    content: bytes = b""


@dataclass
class Ground:
    """A studio with an assistant in which everything has been made once, and another one beside it."""

    asking: InProcess
    admin: Caller
    here: UUID
    elsewhere: UUID
    ids: dict[str, Any]
    tables: list[str]

    async def does(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """What the administrator does beforehand; it must succeed."""
        answer = await self.asking.ask(self.admin, method, path, body=body)
        assert answer.status == status, (path, answer.content)
        return answer.json() if answer.content else None

    async def state(self) -> str:
        """How many rows each table has and which transaction wrote last; but for the audit, where refusals stand."""
        parts = [f"(SELECT count(*) || ':' || coalesce(max(xmin::text::bigint), 0) FROM {t})" for t in self.tables]
        async with self.asking.studio.services.transaction() as session:
            return str((await session.execute(text(f"SELECT concat_ws(' ', {', '.join(parts)})"))).scalar_one())

    async def restore(self) -> None:
        """Undo what a row of the matrix may have ended: assistant, sign-ins, models, deployments without a worker."""
        async with self.asking.studio.services.transaction() as session:
            for statement in _BACK_TO_THE_BEGINNING:
                values = {"here": self.here} if ":here" in statement else {}
                await session.execute(text(statement), values)

    async def guest(self) -> str:
        """Somebody whom the administrator has just let in."""
        made = await self.does("POST", "/api/users", {"username": f"guest-{uuid7().hex}"}, 201)
        return str(made["id"])


async def prepare(asking: InProcess) -> Ground:
    """Make the assistants and one of everything in the first."""
    admin = await asking.person(["superuser"])
    async with asking.studio.services.transaction() as session:
        tables = list((await session.execute(text(_TABLES))).scalars())
    ground = Ground(asking, admin, uuid7(), uuid7(), {}, tables)
    for aid in (ground.here, ground.elsewhere):
        row = {"id": str(aid), "name": f"bot-{aid}", "title": "Bot", "language": "en"}
        await ground.does("POST", "/api/assistants", row, 201)
    base = f"/api/assistants/{ground.here}"
    items = (await ground.does("GET", f"{base}/items?kind=config&kind=response"))["items"]
    own = [item for item in items if not item["builtin"]]
    training, chat, deployment = (str(uuid7()) for _ in range(3))
    begun = await ground.does("POST", f"{base}/trainings", {"id": training, "deploy": False}, 201)
    version = begun["version"]["id"]
    await _model(ground, UUID(version), UUID(training))
    await ground.does("POST", f"{base}/deployments", {"id": deployment, "version": version}, 201)
    await ground.does("POST", f"{base}/chats", {"id": chat}, 201)
    ground.ids |= {
        "aid": str(ground.here),
        "response": next(item["id"] for item in own if item["kind"] == "response"),
        "config": next(item["id"] for item in own if item["kind"] == "config"),
        "training": training,
        "version": version,
        "deployment": deployment,
        "chat": chat,
        "number": 1,
        "example": "bank",
    }
    await ground.restore()
    return ground


async def _model(ground: Ground, version: UUID, training: UUID) -> None:
    """A model of the version in the storage, as a training leaves it."""
    data, key = b"a model's bytes", f"models/{version}.tar.gz"
    await ground.asking.store.put(key, data)
    row = {"id": uuid7(), "model_id": str(version), "assistant": ground.here, "version": version, "training": training}
    rest = {"engine": "talkwright", "object": key, "bytes": len(data), "sha256": b"0" * 32}
    async with ground.asking.studio.services.transaction() as session:
        await session.execute(insert(models).values(row | rest))


def archive(name: str, files: Mapping[str, str] | None = None) -> bytes:
    """A small project, or some files of one."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for path, words in (
            files or {"config.yml": f"recipe: default.v1\nlanguage: en\nassistant_id: {name}\n"}
        ).items():
            packed.writestr(path, words)
    return data.getvalue()


def creation(*edits: tuple[str, str, Any]) -> dict[str, Any]:
    """A change that makes items of these kinds, names and bodies."""
    made = [
        {"op": "create", "item": str(uuid7()), "kind": kind, "name": name, "body": body} for kind, name, body in edits
    ]
    return {"id": str(uuid7()), "command": {"name": "create", "arguments": {}}, "edits": made}


def _item_of(kind: str) -> Make:
    async def make(ground: Ground) -> Asked:
        return Asked({"item": ground.ids[kind], "number": 1})

    return make


def _making(*kinds: str) -> Make:
    bodies: dict[str, Any] = {
        "action": {},
        "response": [{"text": "Hello"}],
        "slot": {"type": "text"},
        "intent": {"examples": ["good day to you"]},
        "file": "some words",
    }

    async def make(ground: Ground) -> Asked:
        del ground
        mark = uuid7().hex
        flow = {"description": f"About {mark}.", "steps": [{"noop": True, "next": "END"}]}
        names = {"response": f"utter_{mark}", "file": f"notes/{mark}.txt", "action": f"action_{mark}"}
        return Asked(
            body=creation(*((kind, names.get(kind, f"n{mark}"), {"flow": flow, **bodies}[kind]) for kind in kinds))
        )

    return make


async def _edited_config(ground: Ground) -> Asked:
    path = f"/api/assistants/{ground.here}/items/{ground.ids['config']}"
    revision = (await ground.does("GET", path))["revision"]
    patch = [{"op": "add", "path": "/note", "value": uuid7().hex}]
    edit = {"op": "patch", "item": ground.ids["config"], "revision": revision, "patch": patch}
    return Asked(body={"id": str(uuid7()), "command": {"name": "edit", "arguments": {}}, "edits": [edit]})


async def _reverted(ground: Ground) -> Asked:
    change = creation(("response", f"utter_{uuid7().hex}", [{"text": "Hello"}]))
    made = await ground.does("POST", f"/api/assistants/{ground.here}/changes", change)
    return Asked({"number": made["change"]}, body={"id": str(uuid7())})


async def _secret(ground: Ground) -> Asked:
    del ground
    return Asked({"name": f"KEY_{uuid7().hex[-12:]}"}, body={"value": uuid7().hex})


async def _set_secret(ground: Ground) -> Asked:
    name = "KEY_TO_DELETE"
    await ground.does("PUT", f"/api/assistants/{ground.here}/secrets/{name}", {"value": uuid7().hex})
    return Asked({"name": name})


async def _guest(ground: Ground) -> Asked:
    return Asked({"uid": await ground.guest(), "role": "annotator"})


async def _granted(ground: Ground) -> Asked:
    uid = await ground.guest()
    await ground.does("PUT", f"/api/users/{uid}/grants/annotator", None, 204)
    return Asked({"uid": uid, "role": "annotator"})


async def _for_one(ground: Ground) -> Asked:
    return Asked({"uid": await ground.guest(), "role": "annotator"}, f"?assistant={ground.here}")


def _with(**values: Callable[[Ground], Any]) -> Make:
    async def make(ground: Ground) -> Asked:
        return Asked(**{name: value(ground) for name, value in values.items()})

    return make


def _new(**values: Any) -> Make:
    """A body with an id of its own each time."""
    return _with(body=lambda _ground: {"id": str(uuid7()), **values})


async def _none_waits(ground: Ground) -> Asked:
    """A training of its own each time: one that waits would be the answer."""
    path = f"/api/assistants/{ground.here}/trainings"
    for waiting in (await ground.does("GET", path))["items"]:
        await ground.does("POST", f"{path}/{waiting['id']}/stop")
    return Asked(body={"id": str(uuid7()), "deploy": False})


_BOT = "/api/assistants/{aid}"
_ITEM = f"{_BOT}/items/{{item}}"
_CHANGE = f"POST {_BOT}/changes"
_HELLO = {"text": "hello"}

REQUESTS: Mapping[tuple[str, str], Make] = {
    ("POST /api/assistants", ""): _with(
        body=lambda _: {"id": str(uuid7()), "name": f"n{uuid7()}", "title": "New", "language": "en"}
    ),
    (f"PATCH {_BOT}", ""): _with(body=lambda _: {"title": f"Bot {uuid7()}"}),
    (f"PUT {_BOT}/engine", ""): _with(body=lambda _: {"engine": "talkwright"}),
    (f"POST {_BOT}/chats", ""): _new(),
    (f"POST {_BOT}/chats/{{chat}}/messages", "no bot runs"): _new(**_HELLO),
    (f"GET {_BOT}/chats/{{chat}}/messages/{{message}}/prompts", ""): _with(path=lambda _: {"message": uuid7()}),
    (f"PUT {_BOT}/secrets/{{name}}", ""): _secret,
    (f"DELETE {_BOT}/secrets/{{name}}", ""): _set_secret,
    (f"GET {_ITEM}", "response"): _item_of("response"),
    (f"GET {_ITEM}", "config"): _item_of("config"),
    (f"GET {_ITEM}/history", "response"): _item_of("response"),
    (f"GET {_ITEM}/history", "config"): _item_of("config"),
    (f"GET {_ITEM}/revisions/{{number}}", "response"): _item_of("response"),
    (f"GET {_ITEM}/revisions/{{number}}", "config"): _item_of("config"),
    (f"GET {_ITEM}/used", "response"): _item_of("response"),
    (f"GET {_ITEM}/used", "config"): _item_of("config"),
    (_CHANGE, "flow"): _making("flow"),
    (_CHANGE, "action"): _making("action"),
    (_CHANGE, "response"): _making("response"),
    (_CHANGE, "slot"): _making("slot"),
    (_CHANGE, "intent"): _making("intent"),
    (_CHANGE, "config"): _edited_config,
    (_CHANGE, "file"): _making("file"),
    (_CHANGE, "response and slot"): _making("response", "slot"),
    (f"{_CHANGE}/{{number}}/revert", "response"): _reverted,
    (f"POST {_BOT}/conditions", ""): _with(body=lambda _: {"expressions": ["slots.amount > 5"]}),
    (f"POST {_BOT}/deployments", ""): _with(body=lambda ground: {"id": str(uuid7()), "version": ground.ids["version"]}),
    ("POST /api/policy-reports", ""): _with(body=lambda _: {"csp-report": {"effective-directive": "img-src"}}),
    ("GET /api/events", "one assistant"): _with(query=lambda ground: f"?assistant={ground.here}"),
    ("POST /api/assistants/import", ""): _with(
        query=lambda _: f"?id={uuid7()}&name=n{uuid7()}", content=lambda _: archive("new")
    ),
    ("POST /api/assistants/examples/{example}", ""): _new(),
    (f"POST {_BOT}/import", ""): _with(content=lambda _: archive("", {f"notes/{uuid7()}.txt": "words"})),
    (f"POST {_BOT}/trainings", ""): _none_waits,
    ("POST /api/users", ""): _with(body=lambda _: {"username": f"new-{uuid7().hex}", "roles": ["annotator"]}),
    ("POST /api/users/{uid}/password-link", ""): _guest,
    ("POST /api/users/{uid}/disable", ""): _guest,
    ("POST /api/users/{uid}/enable", ""): _guest,
    ("PUT /api/users/{uid}/grants/{role}", "everywhere"): _guest,
    ("PUT /api/users/{uid}/grants/{role}", "one assistant"): _for_one,
    ("DELETE /api/users/{uid}/grants/{role}", "everywhere"): _granted,
    (f"PATCH {_BOT}/versions/{{version}}", ""): _with(body=lambda _: {"description": f"words {uuid7()}"}),
}
"""By operation and case; what isn't here needs nothing but the path's ids."""
