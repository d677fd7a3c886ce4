"""`talkwright users …`: let people in, give them roles, help who lost a password; works beside a running studio."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend.settings import BackendSettings
from talkwright.cli.reaching import command_database
from talkwright.database.embedded import EmbeddedError
from talkwright.database.settings import DatabaseSettings, HomeSettings
from talkwright.database.tables import assistants
from talkwright.database.tables import users as users_table
from talkwright.identity import people
from talkwright.identity.accounts import Accounts
from talkwright.identity.audit import Origin
from talkwright.identity.directory import ensure_provider, person_of
from talkwright.identity.people import PeopleError
from talkwright.identity.principal import Principal
from talkwright.identity.provider.administration import BuiltInAccounts
from talkwright.identity.provider.app import issuer_of
from talkwright.identity.roles import BUILT_IN, SUPERUSER
from talkwright.identity.settings import IdentitySettings
from talkwright.operations.config import load

users_app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
ROLES = ", ".join(role.key for role in BUILT_IN)

Name = Annotated[str, typer.Argument(help="The name that the person signs in with, an e-mail address, or an id.")]
RoleName = Annotated[str, typer.Argument(help=f"One of: {ROLES}.")]
AssistantName = Annotated[str | None, typer.Option("--assistant", help="Only in this assistant; else everywhere.")]


@dataclass(frozen=True)
class Office:
    """What a command works with: one transaction, as the system's own user, who may do everything."""

    session: AsyncSession
    accounts: Accounts
    actor: Principal
    origin: Origin

    async def assistant(self, name: str | None) -> UUID | None:
        """The assistant called so; raises PeopleError where there is none."""
        if name is None:
            return None
        query = select(assistants.c.id).where(assistants.c.name == name, assistants.c.deleted_at.is_(None))
        found = (await self.session.execute(query)).scalar_one_or_none()
        if found is None:
            raise PeopleError("no-such-assistant", f"There is no assistant called {name}.")
        return UUID(str(found))


@users_app.command()
def add(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    email: Annotated[str | None, typer.Option(help="The person's e-mail address.")] = None,
    role: Annotated[list[str] | None, typer.Option(help=f"A role; may be given again. {ROLES}.")] = None,
    assistant: AssistantName = None,
) -> None:
    """Let somebody in: prints the one-time link by which they set their password."""

    async def work(office: Office) -> str:
        where = await office.assistant(assistant)
        _, link = await office.accounts.invite(
            office.session, office.actor, office.origin, username=name, email=email, roles=role or (), assistant=where
        )
        return link

    _say(work)


@users_app.command("list")
def list_people() -> None:
    """Show everybody, what they hold, and whether they are disabled."""

    async def work(office: Office) -> str:
        table = Table("name", "signs in as", "roles", "state", "id")
        after: UUID | None = None
        while rows := await people.people(office.session, after=after):
            for row in rows:
                person = person_of(row)
                held = [
                    *sorted(person.roles),
                    *(f"{role} in {of}" for of, roles in person.grants.items() for role in roles),
                ]
                names = ", ".join(sorted({str(username) for _, username, _ in row.names or ()}))
                state = "disabled" if person.disabled else ""
                table.add_row(person.display, names, "\n".join(held), state, str(person.id))
            after = rows[-1].id
        Console().print(table)
        return ""

    _say(work)


@users_app.command()
def password(name: Name) -> None:
    """Help somebody who lost the password: prints a one-time link to set a new one."""

    async def work(office: Office) -> str:
        user = await people.find(office.session, name)
        return await office.accounts.password_link(office.session, office.actor, office.origin, user)

    _say(work)


@users_app.command()
def link(
    name: Name,
    issuer: Annotated[str, typer.Option(help="The issuer of the other sign-in service, exactly.")],
    subject: Annotated[str, typer.Option(help="What that service calls the person (`sub` in its tokens).")],
) -> None:
    """Let a person sign in at another service too; roles and history stay theirs."""

    async def work(office: Office) -> str:
        user = await people.find(office.session, name)
        provider = await ensure_provider(office.session, "openid", issuer)
        await people.link(office.session, office.origin, user=user, provider=provider, subject=subject, username=name)
        return f"{name} can sign in at {issuer} too."

    _say(work)


@users_app.command()
def disable(name: Name) -> None:
    """Let a person in no more, at once and everywhere."""
    _say(lambda office: _set_disabled(office, name, disabled=True))


@users_app.command()
def enable(name: Name) -> None:
    """Let a person in again."""
    _say(lambda office: _set_disabled(office, name, disabled=False))


@users_app.command()
def grant(name: Name, role: RoleName, assistant: AssistantName = None) -> None:
    """Give a person a role, everywhere or in one assistant."""

    async def work(office: Office) -> str:
        user, where = await people.find(office.session, name), await office.assistant(assistant)
        await people.grant(office.session, office.actor, office.origin, user=user, key=role, assistant=where)
        return f"{name} has the role {role}" + (f" in {assistant}." if assistant else ".")

    _say(work)


@users_app.command()
def revoke(name: Name, role: RoleName, assistant: AssistantName = None) -> None:
    """Take a role back."""

    async def work(office: Office) -> str:
        user, where = await people.find(office.session, name), await office.assistant(assistant)
        await people.revoke(office.session, office.actor, office.origin, user=user, key=role, assistant=where)
        return f"{name} has the role {role} no more" + (f" in {assistant}." if assistant else ".")

    _say(work)


async def _set_disabled(office: Office, name: str, *, disabled: bool) -> str:
    user = await people.find(office.session, name)
    await office.accounts.set_disabled(office.session, office.actor, office.origin, user, disabled=disabled)
    return f"{name} can {'not ' if disabled else ''}sign in{'' if disabled else ' again'}."


def _say(work: Callable[[Office], Awaitable[str]]) -> None:
    """Do the work in one transaction and print its outcome; refusals end with exit code 1."""
    try:
        words = asyncio.run(_in_office(work))
    except (PeopleError, ValueError, EmbeddedError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from None
    if words:
        sys.stdout.write(f"{words}\n")


async def _in_office(work: Callable[[Office], Awaitable[str]]) -> str:
    settings = load(HomeSettings, DatabaseSettings, BackendSettings, IdentitySettings)
    home, identity = settings[HomeSettings].home, settings[IdentitySettings]
    async with command_database(home, settings[DatabaseSettings]) as database, database.transaction() as session:
        system = (await session.execute(select(users_table.c.id).where(users_table.c.kind == "system"))).scalar_one()
        actor = Principal(user_id=system, display="Talkwright", roles=frozenset({SUPERUSER}), via="system")
        accounts = await _accounts(session, identity, _address(home, settings[BackendSettings]))
        return await work(Office(session, accounts, actor, Origin(via="command", actor=system)))


async def _accounts(session: AsyncSession, identity: IdentitySettings, address: str) -> Accounts:
    """Where the accounts of the studio at this address are kept."""
    if identity.identity_provider == "builtin":
        return Accounts(await ensure_provider(session, "builtin", issuer_of(address)), BuiltInAccounts(address))
    return Accounts(await ensure_provider(session, "openid", identity.oidc_issuer or ""), None)


def _address(home: Path, backend: BackendSettings) -> str:
    """Where the studio is reached: what the running one says of itself, else what the settings say."""
    try:
        told = json.loads((home / "up.lock").read_text(encoding="utf-8")).get("address")
    except (OSError, ValueError, AttributeError):
        told = None
    return str(told) if told and backend.public_url is None else backend.base_url
