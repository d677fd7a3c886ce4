"""`talkwright secrets …`: keys that encrypt what is secret in the database, exchanged beside a running studio."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Column

from talkwright.cli.reaching import command_database
from talkwright.database.assistant_secrets import PURPOSE as ASSISTANT_PURPOSE
from talkwright.database.deployments import SECRET_PURPOSE
from talkwright.database.embedded import EmbeddedError
from talkwright.database.settings import DatabaseSettings, HomeSettings
from talkwright.database.tables import assistant_secrets, attempts, sign_in_attempts, sign_ins
from talkwright.identity.provider.keys import PURPOSE
from talkwright.identity.provider.tables import keys
from talkwright.identity.rotation import renew
from talkwright.identity.secrets import Keyring, SecretsError, add_key, forget_old_keys, keyring
from talkwright.identity.settings import IdentitySettings
from talkwright.identity.sign_ins import ATTEMPT_PURPOSE, TOKENS_PURPOSE
from talkwright.operations.config import load, reveal

secrets_app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

SEALED: tuple[tuple[Column[bytes], str], ...] = (
    (sign_ins.c.tokens, TOKENS_PURPOSE),
    (sign_in_attempts.c.payload, ATTEMPT_PURPOSE),
    (attempts.c.secret, SECRET_PURPOSE),
    (assistant_secrets.c.value, ASSISTANT_PURPOSE),
    (keys.c.private, PURPOSE),
)
"""All columns that hold ciphertexts, with what they are encrypted for."""


@secrets_app.callback()
def secrets_commands() -> None:
    """Keys that encrypt what is secret in the database."""


@secrets_app.command()
def rotate(
    forget: Annotated[
        bool, typer.Option("--forget", help="Make no new key, but throw away all but the newest.")
    ] = False,
) -> None:
    """Encrypt with a new key from now on, and all that is stored too; works beside a running studio.

    Keys in TALKWRIGHT_SECRET_KEYS are yours: put a new one in front and restart; this encrypts everything under it.
    """
    settings = load(HomeSettings, DatabaseSettings, IdentitySettings)
    home, given = settings[HomeSettings].home, reveal(settings[IdentitySettings].secret_keys)
    try:
        if given is None and not forget:
            add_key(home)
        renewed = asyncio.run(_renew(home, settings[DatabaseSettings], keyring(given, home)))
        if given is None and forget:
            forget_old_keys(home)
    except (SecretsError, EmbeddedError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    sys.stdout.write(f"{renewed} secrets were encrypted anew. {_next(is_file=given is None, forget=forget)}\n")


def _next(*, is_file: bool, forget: bool) -> str:
    if not is_file:
        return "Keys after the first in TALKWRIGHT_SECRET_KEYS are needed by nothing that is stored any more."
    if forget:
        return "Only the newest key is left; backups made before need the older ones."
    return "Older keys are kept for backups and what is under way; `talkwright secrets rotate --forget` drops them."


async def _renew(home: Path, settings: DatabaseSettings, ring: Keyring) -> int:
    async with command_database(home, settings) as database, database.transaction() as session:
        return sum([await renew(session, ring, column, purpose) for column, purpose in SEALED])
