"""Studios of earlier schemas are brought forward with all that people made: each dump here, by the real command."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine
from tests.services.commands import Place
from tests.services.postgres import TestServer, sources
from tests.services.studio import Browser, run_studio
from tests.upgrades.make import SCHEMAS, WISHES

from talkwright.database.dump import PASSING
from talkwright.database.engine import driver_url
from talkwright.database.migrate import differences
from talkwright.database.settings import DatabaseSettings

pytestmark = pytest.mark.anyio

DUMPS = sorted(Path(__file__).parent.glob("*.sql.gz"))


@pytest.fixture(params=DUMPS, ids=lambda path: path.name.partition(".")[0])
def old(request: pytest.FixtureRequest, postgres: TestServer) -> Iterator[tuple[DatabaseSettings, dict[str, int]]]:
    """A database as an earlier release left it, and the number of rows in each of its tables."""
    with postgres.database(empty=True) as name:
        settings = postgres.settings(name)
        with psycopg.connect(settings.owner) as link:
            link.execute(gzip.decompress(request.param.read_bytes()))
        yield settings, rows(settings)


@pytest.fixture
async def admin(old: tuple[DatabaseSettings, dict[str, int]], tmp_path: Path) -> AsyncIterator[Browser]:
    """The person of the dump, in a studio of today on the migrated database."""
    settings, _ = old
    Place(tmp_path, settings).talkwright("migrate")
    async with run_studio(settings.application, tmp_path) as studio:
        # The dump's signing keys are sealed under the keys of its own data folder, as after the loss of one.
        with psycopg.connect(settings.owner, autocommit=True) as link:
            link.execute("DELETE FROM idp.keys")
        browser = studio.browser()
        await browser.sign_in()
        yield browser


def rows(settings: DatabaseSettings) -> dict[str, int]:
    """How many rows each table has."""
    with psycopg.connect(settings.owner) as link:
        found = link.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)", ([*SCHEMAS],))
        count = "SELECT count(*) FROM {}.{}"
        return {
            f"{schema}.{table}": (link.execute(count.format(schema, table)).fetchone() or (0,))[0]  # type: ignore[arg-type]  # names of tables
            for schema, table in found.fetchall()
        }


def test_there_is_a_dump_and_each_is_small() -> None:
    assert DUMPS
    assert all(path.stat().st_size < 100_000 for path in DUMPS)


def test_every_table_of_a_dump_has_rows(old: tuple[DatabaseSettings, dict[str, int]]) -> None:
    _, before = old
    assert [table for table, count in before.items() if not count] == []


def test_a_dump_is_migrated_to_what_the_code_says_and_loses_nothing(
    old: tuple[DatabaseSettings, dict[str, int]], tmp_path: Path
) -> None:
    settings, before = old
    Place(tmp_path, settings).talkwright("migrate")
    engine = create_engine(driver_url(settings.owner))
    with engine.connect() as connection:
        assert [differences(connection, source) for source in sources()] == [[], []]
    engine.dispose()
    after = rows(settings)
    assert {table: after.get(table) for table in before} == before


def test_a_backup_of_it_can_be_made_before_it_is_migrated(
    old: tuple[DatabaseSettings, dict[str, int]], postgres: TestServer, tmp_path: Path
) -> None:
    settings, before = old
    (tmp_path / "old").mkdir()
    Place(tmp_path / "old", settings, here=True).talkwright("backup", str(tmp_path / "old.backup"))
    with postgres.database(empty=True) as name:
        new = Place(tmp_path / "new", postgres.settings(name), here=True)
        assert "Restored" in new.talkwright("restore", str(tmp_path / "old.backup"))
        after = rows(postgres.settings(name))
    assert {table: after[table] for table in before if table not in PASSING} == {
        table: count for table, count in before.items() if table not in PASSING
    }


async def test_people_sign_in_and_read_what_they_had(admin: Browser) -> None:
    assert (await admin.http.get("/api/session")).json()["person"]["name"] == "admin"
    (assistant,) = (await admin.http.get("/api/assistants")).json()["items"]
    base = f"/api/assistants/{assistant['id']}"
    (response,) = (await admin.http.get(f"{base}/items?kind=response&name=utter_done")).json()["items"]
    whole = (await admin.http.get(f"{base}/items/{response['id']}")).json()
    assert whole["body"][0]["text"] == WISHES
    (training,) = (await admin.http.get(f"{base}/trainings")).json()["items"]
    assert training["state"] == "succeeded"
    (chat,) = (await admin.http.get(f"{base}/chats")).json()["items"]
    timeline = (await admin.http.get(f"{base}/chats/{chat['id']}/timeline")).json()
    assert "Maya" in str(timeline["turns"][0]["entries"])
    (person,) = (await admin.http.get("/api/users")).json()["items"]
    assert "admin" in str(person)


async def test_people_write_on_where_they_stopped(admin: Browser) -> None:
    (assistant,) = (await admin.http.get("/api/assistants")).json()["items"]
    base = f"/api/assistants/{assistant['id']}"
    (item,) = (await admin.http.get(f"{base}/items?kind=response&name=utter_done")).json()["items"]
    patch = [{"op": "replace", "path": "/0/text", "value": "Done."}]
    edit = {"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch}
    body = {"id": item["id"], "command": {"name": "edit-text", "arguments": {}}, "edits": [edit]}
    answer = await admin.send("POST", f"{base}/changes", json=body)
    assert answer.status_code == 200, answer.text
    assert (await admin.http.get(f"{base}/items/{item['id']}")).json()["body"][0]["text"] == "Done."
