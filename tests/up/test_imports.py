"""Which libraries each role of a running studio loads: what it needs, and nothing that would slow its start."""

import asyncio
import pkgutil
import re
from pathlib import Path

import pytest
from tests.services.up import Up, stopped, studio

import talkwright.assistant

pytestmark = pytest.mark.anyio

IMPORTED = re.compile(r"import time: +\d+ \| +\d+ \| +(\S+)")
TRAINING = ("numpy", "scipy", "sklearn", "tokenizers", "wordllama", "threadpoolctl")
SERVING = ("fastapi", "starlette", "uvicorn", "joserfc", "argon2")
DRAWING = ("rich.console", "rich.traceback")
"""What structlog would load for stack traces on a terminal."""
ASSISTANT = tuple(
    f"talkwright.assistant.{module.name}"
    for module in pkgutil.iter_modules(talkwright.assistant.__path__)
    if module.name != "addresses"  # a small one, which the settings of language models read
)
CONTENT = ("lark", "jinja2", "yaml", "rapidfuzz", *ASSISTANT, "talkwright.conversation")
MIGRATING = ("alembic", "mako", "procrastinate")
FORBIDDEN = {
    "up": (*TRAINING, *SERVING, *CONTENT, *MIGRATING, "cryptography", "obstore", "talkwright.engine.running"),
    "migrate": (
        *TRAINING,
        *SERVING,
        *DRAWING,
        "lark",
        "jinja2",
        "obstore",
        "httpx2",
        "talkwright.backend",
        "talkwright.engine",
    ),
    "backend": (
        *TRAINING,
        *DRAWING,
        *MIGRATING,
        "talkwright.engine.agent",
        "talkwright.engine.model",
        "talkwright.engine.server",
    ),
    "training-orchestrator": (
        *(*TRAINING, *SERVING, *CONTENT, *MIGRATING, *DRAWING),
        *("obstore", "cryptography", "httpx2", "talkwright.backend", "talkwright.engine"),
    ),
    "running-orchestrator": (
        *(*TRAINING, *SERVING, *CONTENT, *MIGRATING, *DRAWING),
        *("obstore", "cryptography", "httpx2", "talkwright.backend", "talkwright.engine"),
    ),
    "training-consumer": (
        *(*TRAINING, *SERVING, *CONTENT, *MIGRATING, *DRAWING),
        *("httpx2", "talkwright.backend", "talkwright.engine"),
    ),
    "running-consumer": (
        *TRAINING,
        *SERVING,
        *CONTENT,
        *MIGRATING,
        *DRAWING,
        "talkwright.backend",
        "talkwright.engine",
    ),
    "periodic": (
        *(*TRAINING, *SERVING, *CONTENT, *DRAWING, "alembic", "mako"),
        *("cryptography", "httpx2", "talkwright.backend", "talkwright.engine"),
    ),
}
NEEDED = {"backend": "fastapi", "training-consumer": "obstore", "periodic": "procrastinate", "migrate": "alembic"}


def imported(up: Up) -> dict[str, set[str]]:
    """The modules that each role has loaded so far, by the interpreter's own account."""
    found: dict[str, set[str]] = {}
    for record in up.log():
        if line := IMPORTED.fullmatch(record["event"]):
            found.setdefault(record["role"], set()).add(line[1])
    return found


@pytest.mark.slow
async def test_no_role_loads_what_it_does_not_need(tmp_path: Path) -> None:
    settings = {"TALKWRIGHT_EXAMPLE": "none", "PYTHONPROFILEIMPORTTIME": "1"}
    async with studio(tmp_path / "home", **settings) as up:
        await up.row("SELECT 1 FROM studio.workers HAVING count(*) >= 2")
        async with asyncio.timeout(30):
            while not imported(up).keys() >= FORBIDDEN.keys() - {"up"}:  # noqa: ASYNC110 - other processes write it
                await asyncio.sleep(0.1)
        assert await stopped(up) == 0
        found = imported(up)
    found["up"] = {line[1] for text in up.lines if (line := IMPORTED.fullmatch(text))}
    for role, module in NEEDED.items():
        assert module in found[role], f"{role} tells what it loads"
    needless = {role: sorted(found[role] & set(names)) for role, names in FORBIDDEN.items()}
    assert {role: names for role, names in needless.items() if names} == {}
