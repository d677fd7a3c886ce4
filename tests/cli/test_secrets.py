"""`talkwright secrets rotate` brings all that is encrypted under a new key, while the studio runs."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select
from tests.services.studio import run_studio

from talkwright.cli.secrets import SEALED
from talkwright.database.engine import Database
from talkwright.database.tables import metadata
from talkwright.identity.provider.tables import metadata as provider_metadata

pytestmark = pytest.mark.anyio
HASHES = ("hash", "digest", "sha256", "source", "data", "password")


async def rotate(url: str, home: Path, *words: str) -> tuple[int, str]:
    environment = {**os.environ, "TALKWRIGHT_DATABASE_URL": url, "TALKWRIGHT_HOME": str(home)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "talkwright.cli.main", "secrets", "rotate", *words),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def key_ids(url: str) -> set[bytes]:
    """The ids of the keys under which the stored secrets are encrypted."""
    database = Database.at(url)
    found: set[bytes] = set()
    async with database.transaction() as session:
        for column, _ in SEALED:
            rows = await session.execute(select(column).where(column.is_not(None)))
            found |= {bytes(sealed)[1:9] for sealed in rows.scalars()}
    await database.close()
    return found


async def test_all_secrets_come_under_the_new_key_and_people_stay_signed_in(
    fresh_database_url: str, tmp_path: Path
) -> None:
    async with run_studio(fresh_database_url, tmp_path) as studio:
        admin = await studio.administrator()
        before = await key_ids(fresh_database_url)
        code, said = await rotate(fresh_database_url, tmp_path)
        assert (code, said.split()[0]) == (0, "2"), said
        after = await key_ids(fresh_database_url)
        assert (len(before), len(after)) == (1, 1)
        assert before != after
        assert (await admin.http.get("/api/session")).status_code == 200
        assert (await studio.browser().sign_in()).status_code == 200
        assert await key_ids(fresh_database_url) == after, "what is new is encrypted by the new key too"
        code, said = await rotate(fresh_database_url, tmp_path, "--forget")
        assert (code, said.split()[0]) == (0, "0"), said
        assert len((tmp_path / "secret-keys").read_text().split()) == 1
        assert (await studio.browser().sign_in()).status_code == 200


async def test_a_secret_whose_key_is_gone_stops_it_and_nothing_is_lost(fresh_database_url: str, tmp_path: Path) -> None:
    async with run_studio(fresh_database_url, tmp_path) as studio:
        await studio.administrator()
        before = await key_ids(fresh_database_url)
    (tmp_path / "secret-keys").unlink()
    code, said = await rotate(fresh_database_url, tmp_path, "--forget")
    assert code == 1
    assert said == "A secret was encrypted under a key that TALKWRIGHT_SECRET_KEYS doesn't hold any more.\n"
    assert await key_ids(fresh_database_url) == before


def test_every_column_that_is_encrypted_is_rotated() -> None:
    encrypted = {
        (table.fullname, column.name)
        for each in (metadata, provider_metadata)
        for table in each.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and not any(word in column.name for word in HASHES)
    }
    assert encrypted == {(column.table.fullname, column.name) for column, _ in SEALED}
