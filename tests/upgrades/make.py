"""Makes a dump for the tests of upgrades: a small studio in which every table has rows, as one script of SQL.

    .venv/bin/python -m tests.upgrades.make tests/upgrades/NUMBER.sql.gz

A real studio is started on a small project; a person signs in, edits, makes a mistake and talks, until no table is
empty. A dump that is committed is never made again: each later schema must migrate it.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from psycopg import sql
from tests.services.modelservice import project
from tests.services.studio import PASSWORD, PLAIN, Browser
from tests.services.up import Up, studio

from talkwright.database.embedded.account import installed_programs
from talkwright.database.ids import uuid7

SCHEMAS = ("studio", "idp")
EXAMPLE = "small"
WISHES = "Sent, with good wishes."


def made() -> bytes:
    """Walk through a studio and dump it."""
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder) / "examples", Path(folder) / "home"
        Path(folder).chmod(0o755)  # the database runs under an account of its own
        for path, data in project(EXAMPLE).items():
            (root / EXAMPLE / path).parent.mkdir(parents=True, exist_ok=True)
            (root / EXAMPLE / path).write_bytes(data)
        return asyncio.run(_made(home, {"TALKWRIGHT_EXAMPLES_ROOT": str(root), "TALKWRIGHT_EXAMPLE": EXAMPLE}))


async def _made(home: Path, settings: dict[str, str]) -> bytes:
    async with studio(home, **settings) as up:
        (assistant,) = await up.row("SELECT assistant FROM studio.deployments WHERE active", seconds=120)
        await _walk(up, str(assistant))
        with up.database() as link:
            link.execute("UPDATE studio.workers SET host = 'host'")  # whose it was is nobody's business
            if empty := _empty(link):
                raise SystemExit(f"These tables have no rows yet: {', '.join(empty)}.")
            return gzip.compress(_dumped(link.info.dsn, link.info.password), mtime=0)


async def _walk(up: Up, assistant: str) -> None:
    base = f"/api/assistants/{assistant}"
    async with httpx2.AsyncClient(base_url=up.address, timeout=60, verify=PLAIN) as http:
        browser = Browser(http)
        form = {"username": "admin", "password": PASSWORD, "again": PASSWORD}
        await browser.follow(await http.post(up.link, data=form))
        await http.get("/api/sign-in", params={"next": "/"}, follow_redirects=True)  # one that is not gone through with
        wrong = await http.get("/api/sign-in", params={"next": "/"}, follow_redirects=True)
        await http.post(str(wrong.url), data={"username": "admin", "password": "wrong"})
        await _edit(browser, base, "response", "utter_done", {"op": "replace", "path": "/0/text", "value": WISHES})
        await _edit(
            browser, base, "flow", "send_money", {"op": "add", "path": "/steps/-", "value": {"link": "nowhere"}}
        )
        answer = await browser.send("PUT", f"{base}/secrets/OPENAI_API_KEY", json={"value": "a key of nobody's"})
        assert answer.is_success, answer.text
        chat = str(uuid7())
        await _send(browser, f"{base}/chats", {"id": chat, "language": "en"})
        await _send(browser, f"{base}/chats/{chat}/messages", {"id": str(uuid7()), "text": "/SetSlots(recipient=Maya)"})


async def _edit(browser: Browser, base: str, kind: str, name: str, operation: dict[str, Any]) -> None:
    item = (await browser.http.get(f"{base}/items?kind={kind}&name={name}")).json()["items"][0]
    edit = {"op": "patch", "item": item["id"], "revision": item["revision"], "patch": [operation]}
    command = {"name": "edit-text", "arguments": {"kind": kind, "name": name}}
    await _send(browser, f"{base}/changes", {"id": str(uuid7()), "command": command, "edits": [edit]})


async def _send(browser: Browser, path: str, body: dict[str, Any]) -> None:
    answer = await browser.send("POST", path, json=body)
    assert answer.is_success, f"{path}: {answer.text}"


def _empty(link: psycopg.Connection[Any]) -> list[str]:
    found = link.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)", ([*SCHEMAS],))
    return [
        f"{schema}.{table}"
        for schema, table in found.fetchall()
        if link.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(schema, table))).fetchone() is None
    ]


def _dumped(dsn: str, password: str) -> bytes:
    """Schemas and rows as statements that every PostgreSQL from 14 on takes."""
    words = ["--no-owner", "--no-acl", "--rows-per-insert=200", *(f"--schema={schema}" for schema in SCHEMAS)]
    done = subprocess.run(
        [installed_programs() / "pg_dump", *words, dsn],
        env={**os.environ, "PGPASSWORD": password},
        capture_output=True,
        check=True,
    )
    lines = done.stdout.splitlines(keepends=True)
    newer = (b"SET transaction_timeout", b"\\restrict", b"\\unrestrict", b"--")
    return b"".join(line for line in lines if not line.startswith(newer) and line.strip())


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(made())
