"""Lists cost the same however long they grow, and their pages hold every row once, in one order."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from sqlalchemy import insert, text
from tests.backend.content.calls import change, download, imported, item_named, send, text_patch
from tests.services.studio import Browser, RunningStudio, run_studio

from talkwright.backend.app import feature_modules, routed_app
from talkwright.database import assistants, versions
from talkwright.database.chats import insert_chat
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.tables import deployments, metadata, transitions
from talkwright.database.trainings import insert_training

pytestmark = pytest.mark.anyio

FILES = {"config.yml": b"language: en\npolicies: []\n", "domain.yml": b"responses:\n  utter_a:\n  - text: '0'\n"}
LISTS = (
    *("items", "changes", "versions", "trainings", "deployments", "chats", "items/{item}/history"),
    *("trainings/{training}/states", "deployments/{deployment}/states"),
)
WHOLE = ("items/{item}/used", "problems")
"""Lists that count other things than the rows that grow, or come without pages."""
WORK = ("trainings", "deployments", "chats")
UNGROWN = {
    "/api/roles": "nine constants of the code",
    "/api/engines": "what the operator has set up",
    "/api/assistants/{aid}/secrets": "twenty at most, and what the settings name",
}
SIZES = (1, 10, 1000)
_CHANGED = {"at": text("now()"), "source": "queued", "target": "running", "attempt": 1, "who": "w", "why": "w"}
PAGE = 7


@dataclass
class Grown:
    """An assistant whose every list gets longer and longer."""

    admin: Browser
    database: Database
    assistant: str
    item: str
    size: int = 1
    rows: int = 0
    works: dict[str, UUID] = field(default_factory=dict)
    """The training and the deployment that go from state to state."""

    async def grow(self, size: int) -> None:
        """Make every list this long, at least."""
        for number in range(self.size, size):
            item = {"id": self.item, "revision": number}
            name = f"utter_{number:04}"
            made = {"op": "create", "item": str(uuid7()), "kind": "response", "name": name, "body": [{"text": "x"}]}
            await send(self.admin, self.assistant, change(text_patch(item, str(number)), made))
        await self._rows(size - self.rows)
        self.size = self.rows = size

    async def _rows(self, count: int) -> None:
        made, author = UUID(self.assistant), SYSTEM_USER
        async with self.database.transaction() as session:
            for _ in range(count):
                for kind, work in self.works.items():  # beside the wish, which is one row of the list
                    await session.execute(insert(transitions).values(work_kind=kind, work=work, **_CHANGED))
                version = await versions.pin(session, made, secrets.token_bytes(32), author)
                training = uuid7()
                await insert_training(session, training, assistant=made, version=version.id, by=author, deploy=False)
                await insert_chat(session, uuid7(), assistant=made, language="en", by=author)
                values = {"id": uuid7(), "assistant": made, "version": version.id, "created_by": author}
                await session.execute(insert(deployments).values(state="stopped", **values))
                self.works = self.works or {"training": training, "deployment": values["id"]}
                name = f"bot-{secrets.token_hex(8)}"
                await assistants.create(session, uuid7(), name=name, title=name, language="en", author=author)

    async def multiply(self, size: int) -> None:
        """Make every list this long by copying rows; through the API a thousand changes would take minutes."""
        here, number = f"assistant = '{self.assistant}'", f"number = {self.size}"
        named = {"name": "name || '-' || g", "live_name": "live_name || '-' || g"}
        async with self.database.transaction() as session:
            for statement in (
                copies("changes", f"{here} AND {number}", number=f"{self.size} + g"),
                copies(
                    "revisions",
                    f"item = '{self.item}' AND {number}",
                    number=f"{self.size} + g",
                    change=f"{self.size} + g",
                ),
                f"UPDATE studio.items SET revision = {size} WHERE id = '{self.item}'",
                f"UPDATE studio.assistants SET last_change = {size} WHERE id = '{self.assistant}'",
                copies("items", f"id = '{self.item}'", **named),
                copies("assistants", f"id = '{self.assistant}'", **named),
                copies(
                    "versions",
                    f"{here} AND {number}",
                    number=f"{self.size} + g",
                    name="name || '-' || g",
                    digest="sha256(g::text::bytea)",
                ),
                *(copies(each, f"id = (SELECT min(id::text)::uuid FROM studio.{each} WHERE {here})") for each in WORK),
                *(
                    "INSERT INTO studio.transitions (work_kind, work, at, source, target, attempt, who, why)"
                    f" SELECT '{kind}', '{work}', now(), 'queued', 'running', 1, 'w', 'w' FROM {{series}}"
                    for kind, work in self.works.items()
                ),
                (
                    "INSERT INTO studio.facts (assistant, item, position, relation, kind, name)"
                    " SELECT assistant, id, 0, 'refers', kind, 'utter_a' FROM studio.items"
                    f" WHERE {here} AND name <> 'utter_a' ON CONFLICT DO NOTHING"
                ),
                (
                    "INSERT INTO studio.problems (assistant, item, position, key, code, severity, message)"
                    f" SELECT '{self.assistant}', '{self.item}', g, 'k' || g, 'code', 'hint', 'It is so.'"
                    " FROM {series}"
                ),
                "INSERT INTO studio.users (id, display) SELECT gen_random_uuid(), 'Person ' || g FROM {series}",
                (
                    'INSERT INTO studio.identities (provider, subject, "user") SELECT (SELECT min(id::text)::uuid FROM'
                    " studio.providers), id::text, id FROM studio.users WHERE kind = 'person' ON CONFLICT DO NOTHING"
                ),
            ):
                await session.execute(text(statement.format(series=f"generate_series(1, {size - self.size}) AS g")))
        self.size = self.rows = size

    def address(self, listed: str) -> str:
        return f"/api/assistants/{self.assistant}/{listed.format(item=self.item, **self.works)}"


def copies(table: str, where: str, **changed: str) -> str:
    """SQL that copies a row of a table along a series `g`; ids are made anew."""
    columns = [column for column in metadata.tables[f"studio.{table}"].columns if column.identity is None]
    fresh = {"id": "gen_random_uuid()"} | changed
    values = ", ".join(fresh.get(column.name, f'"{column.name}"') for column in columns)
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"INSERT INTO studio.{table} ({names}) SELECT {values} FROM studio.{table}, {{series}} WHERE {where}"


@pytest.fixture(scope="module")
async def studio(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningStudio]:
    async with run_studio(database_url, tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
async def grown(studio: RunningStudio) -> Grown:
    """A new assistant, with one row in each list."""
    admin = await studio.administrator()
    made = (await imported(admin, FILES))["assistant"]["id"]
    item = await item_named(admin, made, "response", "utter_a")
    grown = Grown(admin, studio.studio.services.database, made, item["id"])
    await grown.grow(1)
    return grown


def test_every_route_that_lists_is_counted() -> None:
    described = routed_app(feature_modules()).openapi()
    schemas = described["components"]["schemas"]
    lists = set()
    for path, operations in described["paths"].items():
        content = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        answer = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
        if "items" in schemas.get(answer, {}).get("properties", {}):
            lists.add(path)
    counted = {"/api/assistants", "/api/users", *UNGROWN}
    assert lists == counted | {f"/api/assistants/{{aid}}/{listed}" for listed in (*LISTS, *WHOLE)}


async def test_every_list_sends_as_many_statements_for_a_thousand_rows_as_for_one(
    grown: Grown, statements: Callable[[Database], AbstractContextManager[list[str]]]
) -> None:
    addresses = ["/api/assistants", "/api/users", *map(grown.address, (*LISTS, *WHOLE))]
    sent: dict[str, list[int]] = {address: [] for address in addresses}
    for size in SIZES:
        await (grown.multiply(size) if size > 10 else grown.grow(size))
        for address in addresses:
            with statements(grown.database) as seen:
                answer = await grown.admin.send("GET", f"{address}?limit=200")
            assert answer.status_code == 200, answer.text
            if size > 10:
                assert len(answer.json()["items"]) >= 200, address
            sent[address].append(len(seen))
    for address, counts in sent.items():
        assert len(set(counts)) == 1, (address, counts)
        assert counts[0] <= 5, f"{address}: who asks, which assistant and item, the list itself"


async def test_pages_hold_every_row_once_and_rows_that_come_meanwhile_move_none(grown: Grown) -> None:
    await grown.grow(20)
    addresses = ["/api/assistants", *map(grown.address, LISTS)]
    whole = {address: await page(grown, f"{address}?limit=200") for address in addresses}
    first = {address: await page(grown, f"{address}?limit={PAGE}") for address in addresses}
    await grown.grow(21)
    for address in addresses:
        assert len(whole[address][0]) == len(set(whole[address][0])) >= 20
        seen, cursor = first[address]
        while cursor is not None:
            assert len(seen) % PAGE == 0, "only the last page is short"
            more, cursor = await page(grown, f"{address}?limit={PAGE}&cursor={cursor}")
            seen += more
        assert len(seen) == len(set(seen)), address
        known = set(whole[address][0])
        assert [row for row in seen if row in known] == whole[address][0], address


async def test_content_can_be_had_as_it_was_at_any_change(grown: Grown) -> None:
    await grown.grow(12)
    for at in (1, 2, 11):
        files = await download(grown.admin, grown.assistant, at)
        assert f"text: '{at - 1}'" in files["domain.yml"].decode().replace('"', "'")
        assert files["domain.yml"].count(b"- text: x") == at - 1
    assert await download(grown.admin, grown.assistant, 1) == FILES


async def page(grown: Grown, address: str) -> tuple[list[str], str | None]:
    """What tells the rows of a page from one another, and its cursor."""
    answer = (await grown.admin.send("GET", address)).json()
    shown = [str(row.get("name") or row.get("id") or row.get("revision", row.get("number"))) for row in answer["items"]]
    return shown, answer["next"]
