"""What the rights matrix asks with: a seeded assistant, and for each row of the file a request that would succeed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from tests.services.inprocess import Caller, InProcess

from talkwright.backend.content.permissions import SETTINGS, WRITE
from talkwright.database.ids import uuid7
from talkwright.database.tables import models

Make = Callable[["Ground"], Awaitable["Asked"]]
KINDS = tuple(WRITE)
"""Every kind of content, as the rights know them."""
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

    async def state(self, *, but: Collection[str] = ()) -> str:
        """How many rows each table has and which transaction wrote last, and every object of the storage with its time.

        The audit is left out, where refusals stand, and `but` these tables.
        """
        parts = [
            f"(SELECT '{table}:' || count(*) || ':' || coalesce(max(xmin::text::bigint), 0) FROM {table})"
            for table in self.tables
            if table not in but
        ]
        async with self.asking.studio.services.transaction() as session:
            rows = str((await session.execute(text(f"SELECT concat_ws(' ', {', '.join(parts)})"))).scalar_one())
        objects = sorted(str(entry) for entry in await self.asking.store.entries())
        return " ".join([rows, *objects])

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
    missing = [kind for kind in KINDS if kind not in ("config", "response")]
    await ground.does("POST", f"{base}/changes", (await _making(*missing)(ground)).body)
    items = [item for kind in KINDS for item in (await ground.does("GET", f"{base}/items?kind={kind}"))["items"]]
    own = {item["kind"]: item["id"] for item in items if not item["builtin"]}
    training, chat, deployment = (str(uuid7()) for _ in range(3))
    begun = await ground.does("POST", f"{base}/trainings", {"id": training, "deploy": False}, 201)
    version = begun["version"]["id"]
    await _model(ground, UUID(version), UUID(training))
    await ground.does("POST", f"{base}/deployments", {"id": deployment, "version": version}, 201)
    await ground.does("POST", f"{base}/chats", {"id": chat}, 201)
    ground.ids |= own | {
        "aid": str(ground.here),
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


_NEW: Mapping[str, tuple[str, Any]] = {
    "flow": ("about_%s", {"description": "About %s.", "steps": [{"noop": True, "next": "END"}]}),
    "action": ("action_%s", {}),
    "response": ("utter_%s", [{"text": "Hello"}]),
    "slot": ("slot_%s", {"type": "text"}),
    "intent": ("intent_%s", {"examples": ["good day to you"]}),
    "entity": ("entity_%s", {}),
    "synonym": ("synonym %s", ["quay", "pier"]),
    "regex": ("regex_%s", ["[0-9]{5}"]),
    "lookup": ("lookup_%s", ["Bergen", "Oslo"]),
    "domain": ("domain/%s.yml", {"session_config": {"session_expiration_time": 60}}),
    "endpoints": ("endpoints.yml", {"action_endpoint": {"url": "http://127.0.0.1:1/webhook"}}),
    "credentials": ("credentials.yml", {"rest": {}}),
    "prompt": ("prompts/%s.jinja2", "Say it in other words."),
    "test": ("tests/test_%s.yml", {"test_cases": [{"test_case": "hello", "steps": [{"user": "hello"}]}]}),
    "file": ("notes/%s.txt", "some words"),
}
"""Of each kind that somebody makes a name and a body, with room for a mark."""


def _making(*kinds: str) -> Make:
    async def make(ground: Ground) -> Asked:
        del ground
        mark = uuid7().hex
        made = json.loads(json.dumps([(kind, *_NEW[kind]) for kind in kinds]).replace("%s", mark))
        return Asked(body=creation(*made))

    return make


def _editing(kind: str) -> Make:
    """Another entry of a document of which there is one."""

    async def make(ground: Ground) -> Asked:
        item = ground.ids[kind]
        revision = (await ground.does("GET", f"/api/assistants/{ground.here}/items/{item}"))["revision"]
        patch = [{"op": "add", "path": "/note", "value": uuid7().hex}]
        edit = {"op": "patch", "item": item, "revision": revision, "patch": patch}
        return Asked(body={"id": str(uuid7()), "command": {"name": "edit", "arguments": {}}, "edits": [edit]})

    return make


def _reverting(make: Make) -> Make:
    """A change taken back that has just been made."""

    async def reverted(ground: Ground) -> Asked:
        change = (await make(ground)).body
        made = await ground.does("POST", f"/api/assistants/{ground.here}/changes", change)
        return Asked({"number": made["change"]}, body={"id": str(uuid7())})

    return reverted


async def _secret(ground: Ground) -> Asked:
    del ground
    return Asked({"name": f"KEY_{uuid7().hex[-12:]}"}, body={"value": uuid7().hex})


async def _set_secret(ground: Ground) -> Asked:
    name = "KEY_TO_DELETE"
    await ground.does("PUT", f"/api/assistants/{ground.here}/secrets/{name}", {"value": uuid7().hex})
    return Asked({"name": name})


async def _guest(ground: Ground) -> Asked:
    return Asked({"uid": await ground.guest(), "role": "annotator"})


async def _for_one(ground: Ground) -> Asked:
    return Asked({"uid": await ground.guest(), "role": "annotator"}, f"?assistant={ground.here}")


def _granted(make: Make) -> Make:
    """A grant taken back that has just been given."""

    async def granted(ground: Ground) -> Asked:
        asked = await make(ground)
        await ground.does("PUT", f"/api/users/{asked.path['uid']}/grants/annotator{asked.query}", None, 204)
        return asked

    return granted


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
    (f"POST {_BOT}/chats/{{chat}}/messages", "a bot runs"): _new(**_HELLO),
    (f"GET {_BOT}/chats/{{chat}}/messages/{{message}}/prompts", ""): _with(path=lambda _: {"message": uuid7()}),
    (f"PUT {_BOT}/secrets/{{name}}", ""): _secret,
    (f"DELETE {_BOT}/secrets/{{name}}", ""): _set_secret,
    **{(f"GET {_ITEM}", kind): _item_of(kind) for kind in ("response", *KINDS)},
    **{
        (f"GET {_ITEM}/{part}", kind): _item_of(kind)
        for part in ("history", "revisions/{number}", "used")
        for kind in ("response", *SETTINGS)
    },
    **{(_CHANGE, kind): _making(kind) for kind in KINDS if kind not in SETTINGS},
    **{(_CHANGE, kind): _editing(kind) for kind in SETTINGS},
    (_CHANGE, "response and slot"): _making("response", "slot"),
    (f"{_CHANGE}/{{number}}/revert", "response"): _reverting(_making("response")),
    (f"{_CHANGE}/{{number}}/revert", "config"): _reverting(_editing("config")),
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
    ("DELETE /api/users/{uid}/grants/{role}", "everywhere"): _granted(_guest),
    ("DELETE /api/users/{uid}/grants/{role}", "one assistant"): _granted(_for_one),
    (f"PATCH {_BOT}/versions/{{version}}", ""): _with(body=lambda _: {"description": f"words {uuid7()}"}),
}
"""By operation and case; what isn't here needs nothing but the path's ids."""
