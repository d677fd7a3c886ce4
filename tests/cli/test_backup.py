"""A backup holds all that people made; a restore puts it back, elsewhere too, or leaves everything as it is."""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg
import pytest
from tests.services.commands import Place
from tests.services.postgres import TestServer
from tests.services.studio import PASSWORD, PLAIN, Browser
from tests.services.up import Up, stopped, studio

from talkwright.cli.archive import Reader, Writer
from talkwright.database import dump
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.settings import DatabaseSettings


@dataclass(frozen=True)
class Original:
    """A studio with the example, and its backup, of which each test gets a copy."""

    database: str
    home: Path
    backup: Path


@pytest.fixture(scope="module")
def original(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    folder = tmp_path_factory.mktemp("original")
    with postgres.database() as name:
        place = Place(folder / "home", postgres.settings(name))
        place.fill()
        place.talkwright("backup", str(folder / "studio.backup"))
        yield Original(name, place.home, folder / "studio.backup")


@pytest.fixture(params=["external", pytest.param("embedded", marks=pytest.mark.slow)])
def places(
    request: pytest.FixtureRequest, postgres: TestServer, original: Original, tmp_path: Path
) -> Iterator[tuple[Place, Place]]:
    """A place with the example, and an empty one of the same kind; the embedded ones' commands are processes."""
    if request.param == "embedded":
        both = Place(tmp_path / "old"), Place(tmp_path / "new")
        with both[0].running() as old:
            old.talkwright("migrate")
            old.fill()
        yield both
        return
    with postgres.database(like=original.database) as name, postgres.database(empty=True) as empty:
        shutil.copytree(original.home, tmp_path / "old")
        yield (
            Place(tmp_path / "old", postgres.settings(name), here=True),
            Place(tmp_path / "new", postgres.settings(empty), here=True),
        )


def test_a_backup_round_trips_into_an_empty_place_and_not_onto_another_studio(
    places: tuple[Place, Place], tmp_path: Path
) -> None:
    old, new = places
    file = tmp_path / "studio.backup"
    assert "the database and 1 objects" in old.talkwright("backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "is there already" in old.refused("backup", str(file))
    assert "Restored" in new.talkwright("restore", str(file))
    assert new.objects() == old.objects() != {}
    with new.running() as there:
        rows = there.rows()
        assert there.settings is not None
        further_training(there.settings)
    assert rows == old.rows()
    assert sum(map(len, rows.values())) > 1000
    assert "--replace" in new.refused("restore", str(file))
    assert "Restored" in new.talkwright("restore", "--replace", str(file))
    assert new.rows() == rows


def further_training(settings: DatabaseSettings) -> None:
    """What was restored can be used: a further training gets the next number, and the application's role reads."""
    with psycopg.connect(settings.application) as link:
        (last,) = link.execute("SELECT max(sequence) FROM studio.trainings").fetchone() or (0,)
        assert last == 1
        link.execute(
            "INSERT INTO studio.trainings (id, assistant, version, created_by) "
            "SELECT %s, assistant, version, %s FROM studio.trainings",
            (uuid7(), SYSTEM_USER),
        )
        assert link.execute("SELECT max(sequence) FROM studio.trainings").fetchone() == (2,)


async def talks(up: Up, browser: Browser) -> str:
    """The bot's first answer in a new chat with the example, once its model runs."""
    await up.row("SELECT id FROM studio.deployments WHERE active AND state = 'running'", seconds=120)
    (assistant,) = (await browser.send("GET", "/api/assistants")).json()["items"]
    chat = await browser.send("POST", f"/api/assistants/{assistant['id']}/chats", json={"id": str(uuid7())})
    assert chat.status_code == 201, chat.text
    path = f"/api/assistants/{assistant['id']}/chats/{chat.json()['id']}/messages"
    answer = await browser.send("POST", path, json={"id": str(uuid7()), "text": "hello"}, timeout=60)
    assert answer.status_code == 200, answer.text
    return next(str(entry["text"]) for entry in answer.json()["turn"]["entries"] if entry["kind"] == "bot")


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.timeout(300)
async def test_a_studio_that_was_restored_elsewhere_starts_and_talks_with_the_model_it_had(tmp_path: Path) -> None:
    old, new, file = Place(tmp_path / "old"), Place(tmp_path / "new"), tmp_path / "studio.backup"
    async with studio(old.home) as up:
        async with httpx2.AsyncClient(base_url=up.address, timeout=60, verify=PLAIN) as http:
            browser, form = Browser(http), {"username": "admin", "password": PASSWORD, "again": PASSWORD}
            await browser.follow(await http.post(up.link, data=form))
            said = await talks(up, browser)
        assert await stopped(up, signal.SIGINT) == 0
    await asyncio.to_thread(old.talkwright, "backup", str(file))
    await asyncio.to_thread(new.talkwright, "restore", str(file))
    shutil.rmtree(old.home)
    async with studio(new.home) as up:
        async with httpx2.AsyncClient(base_url=up.address, timeout=60, verify=PLAIN) as http:
            browser = Browser(http)
            await browser.sign_in()
            assert browser.csrf, "the name and the password are those of before"
            assert await talks(up, browser) == said
            with up.database() as link:
                assert link.execute("SELECT count(*) FROM studio.trainings").fetchone() == (1,)
        assert await stopped(up, signal.SIGINT) == 0


@pytest.fixture
def external(postgres: TestServer, original: Original, tmp_path: Path) -> Iterator[tuple[Place, Path]]:
    """A studio on a server of its own, and its backup."""
    with postgres.database(like=original.database) as name:
        shutil.copytree(original.home, tmp_path / "home")
        yield (
            Place(tmp_path / "home", postgres.settings(name), here=True),
            Path(shutil.copy2(original.backup, tmp_path / "studio.backup")),
        )


def test_older_backups_go_where_a_number_is_kept_and_nothing_else_does(
    external: tuple[Place, Path], tmp_path: Path
) -> None:
    place, file = external
    folder = tmp_path / "kept"
    folder.mkdir()
    for day in (1, 2, 3):
        Writer(folder / f"{day}.backup").finish(version="0", made_at=f"2026-01-0{day}T02:13:00+00:00", revisions={})
    for name in ("before.kept", "notes.backup", ".going.backup.partial", ".cut.backup.partial", ".other.partial"):
        shutil.copy(__file__ if name in {"notes.backup", ".other.partial"} else file, folder / name)
    for name in (".cut.backup.partial", ".other.partial"):
        os.utime(folder / name, (0, 0))
    (folder / "cut.backup").write_bytes(file.read_bytes()[:-20_000])
    said = place.talkwright("backup", str(folder / "new.backup"), "--keep", "2")
    assert said.splitlines()[1:] == [f"Deleted {folder / '2.backup'}.", f"Deleted {folder / '1.backup'}."]
    assert {path.name for path in folder.iterdir()} == {
        *("new.backup", "3.backup", "before.kept", "notes.backup", "cut.backup"),
        *(".going.backup.partial", ".other.partial"),
    }
    place.talkwright("backup", str(folder / "without.backup"))
    assert (folder / "3.backup").exists()


def test_a_damaged_or_cut_backup_is_refused_before_anything_is_touched(external: tuple[Place, Path]) -> None:
    place, file = external
    before, whole = place.rows(), file.read_bytes()
    reader = Reader(file)
    largest = max(reader.manifest.members, key=lambda member: member.bytes)
    place_of = whole.index(reader.table(largest).read(0) or largest.name.encode())
    reader.close()
    for damaged, words in (
        (whole[: len(whole) // 2], "backup"),
        (whole[: place_of + 2000] + bytes([whole[place_of + 2000] ^ 1]) + whole[place_of + 2001 :], "damaged"),
        (b"no archive at all", "can't be read as a backup"),
    ):
        file.write_bytes(damaged)
        assert words in place.refused("restore", "--replace", str(file))
    assert place.rows() == before


def test_rows_that_do_not_fit_leave_the_old_studio_as_it_was(external: tuple[Place, Path], tmp_path: Path) -> None:
    place, file = external
    before = place.rows()
    reader = Reader(file)
    broken = Writer(tmp_path / "broken.backup")
    for member in reader.manifest.members:
        passing = tmp_path / "passing"
        if member.key is not None:
            reader.unpack(member, passing)
        else:
            data = reader.table(member).read()
            if member.table == "studio.items":
                data = data.replace(b"flow", b"unheard-of")
            passing.write_bytes(gzip.compress(data))
        broken.add(passing, table=member.table, columns=member.columns, key=member.key)
    broken.finish(version="0", made_at="now", revisions=reader.manifest.revisions)
    reader.close()
    assert "Nothing was changed" in place.refused("restore", "--replace", str(tmp_path / "broken.backup"))
    assert place.rows() == before


def test_a_backup_of_an_unknown_schema_is_refused(external: tuple[Place, Path], tmp_path: Path) -> None:
    place, _ = external
    later = Writer(tmp_path / "later.backup")
    later.finish(version="99", made_at="now", revisions={"studio": "9999", "idp": "9999"})
    assert "made by another release" in place.refused("restore", "--replace", str(tmp_path / "later.backup"))


def test_a_database_of_a_later_release_gets_no_backup_that_would_not_be_whole(
    external: tuple[Place, Path], tmp_path: Path
) -> None:
    place, _ = external
    assert place.settings is not None
    with psycopg.connect(place.settings.owner, autocommit=True) as link:
        link.execute("UPDATE studio.alembic_version SET version_num = '9999'")
    said = place.refused("backup", str(tmp_path / "half.backup"))
    assert "schema studio 9999" in said
    assert "Make it with the release that migrated it." in said
    assert not [*tmp_path.glob("*half*")]


def test_a_restore_beside_a_running_studio_is_refused(external: tuple[Place, Path]) -> None:
    place, file = external
    assert place.settings is not None
    with psycopg.connect(place.settings.application, autocommit=True) as link:
        link.execute(
            "INSERT INTO studio.workers (id, role, host, started_at, heartbeat_at) "
            "VALUES (%s, 'training-consumer', 'here', now(), now())",
            (uuid7(),),
        )
    assert "stop it first" in place.refused("restore", "--replace", str(file))


def test_what_a_restore_that_was_cut_left_aside_comes_back_first(external: tuple[Place, Path]) -> None:
    place, file = external
    assert place.settings is not None
    before = place.rows()
    with psycopg.connect(place.settings.owner, autocommit=True) as link:
        for schema in ("studio", "idp", "queue"):
            link.execute(f"ALTER SCHEMA {schema} RENAME TO {schema}{dump.BEFORE}")
    assert "Restored" in place.talkwright("restore", "--replace", str(file))
    assert place.rows() == before
    with psycopg.connect(place.settings.owner) as link:
        assert link.execute("SELECT 1 FROM pg_namespace WHERE nspname LIKE %s", [f"%{dump.BEFORE}"]).fetchone() is None
