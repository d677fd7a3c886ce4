"""The sign-in itself: send the browser to the provider, take its answer, keep the sign-in; and sign out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from talkwright.database.engine import Database
from talkwright.identity import sign_ins
from talkwright.identity.audit import Origin, record
from talkwright.identity.client import GrantRefusedError, Proof, Tokens
from talkwright.identity.connection import Connection
from talkwright.identity.directory import admit
from talkwright.identity.sign_ins import Attempt
from talkwright.identity.tokens import Claims, TokenError

CALLBACK = "/api/sign-in/callback"


class SignInRefusedError(Exception):
    """The sign-in didn't come about; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and the secret that it must bring back."""

    url: str
    browser_secret: str


@dataclass(frozen=True, slots=True)
class Done:
    """A sign-in that came about: the cookie's secret, and where the browser wanted to go."""

    secret: str
    next: str


@dataclass(frozen=True)
class SignIns:
    """Signs people in at one provider and out again."""

    database: Database
    connection: Connection
    base_url: str

    @property
    def hours(self) -> int:
        """How long a sign-in lasts."""
        return self.connection.sign_in_hours

    async def begin(self, next_page: str, browser_secret: str | None) -> Begun:
        """Begin a sign-in; several tabs of one browser may do so at once. Raises ProviderDownError."""
        attempt = Attempt(Proof.new(), local_page(next_page))
        secret = browser_secret or secrets.token_urlsafe(32)
        url = await self.connection.client.authorization_url(self.base_url + CALLBACK, attempt.proof)
        async with self.database.transaction() as session:
            await sign_ins.begin_attempt(session, self.connection.keyring, attempt, secret)
        return Begun(url, secret)

    async def finish(
        self, answer: dict[str, str], browser_secret: str | None, origin: Origin, *, standing: str | None = None
    ) -> Done:
        """Take the provider's answer; `standing` is the secret of the sign-in that the browser has already, which ends.

        Raises SignInRefusedError and ProviderDownError.
        """
        async with self.database.transaction() as session:
            attempt = await sign_ins.take_attempt(
                session, self.connection.keyring, answer.get("state", ""), browser_secret or ""
            )
        if attempt is None:
            raise SignInRefusedError("This sign-in was begun in another browser, or too long ago. Try again.")
        try:
            tokens, claims = await self._trusted(answer, attempt)
        except SignInRefusedError:
            async with self.database.transaction() as session:
                await record(session, origin, "sign-in", outcome="refused")
            raise
        return Done(await self._let_in(tokens, claims, origin, standing), attempt.next)

    async def _trusted(self, answer: dict[str, str], attempt: Attempt) -> tuple[Tokens, Claims]:
        """The tokens that the answer's code is good for, and whom they name. Raises SignInRefusedError."""
        client = self.connection.client
        if answer.get("iss", client.issuer) != client.issuer:
            raise SignInRefusedError("The answer came from another sign-in service than was asked.")
        if "code" not in answer:
            raise SignInRefusedError("The sign-in service refused, or the sign-in was broken off.")
        try:
            tokens = await client.exchange(answer["code"], self.base_url + CALLBACK, attempt.proof)
            return tokens, await self.connection.claims_of(tokens, attempt.proof.nonce)
        except (GrantRefusedError, TokenError) as error:
            raise SignInRefusedError("The sign-in service's answer can't be accepted. Try again.") from error

    async def _let_in(self, tokens: Tokens, claims: Claims, origin: Origin, standing: str | None) -> str:
        """Keep a sign-in and give its secret; raises SignInRefusedError for a person who is disabled."""
        secret = secrets.token_urlsafe(32)
        async with self.database.transaction() as session:
            provider = await self.connection.provider(session)
            admitted = await admit(session, provider, claims)
            person = admitted.person
            of_person = replace(origin, actor=person.id)
            if admitted.is_new:
                await record(session, of_person, "admit", target=person.id)
            if person.disabled:
                await record(session, of_person, "sign-in", outcome="refused")
            else:
                if standing is not None and (before := await sign_ins.find(session, standing)) is not None:
                    await sign_ins.end(session, before.id)
                opened = await sign_ins.open_sign_in(
                    session,
                    self.connection.keyring,
                    person=person.id,
                    provider=provider,
                    secret=secret,
                    csrf=secrets.token_urlsafe(32),
                    tokens=tokens,
                    claims=claims,
                    hours=self.hours,
                )
                await record(session, replace(of_person, sign_in=opened), "sign-in")
        if person.disabled:
            raise SignInRefusedError("An administrator has disabled your access to this studio.")
        return secret

    async def sign_out(self, secret: str | None, origin: Origin) -> str:
        """End a browser's sign-in; says where to go next: to the provider, which ends its own session too."""
        home = f"{self.base_url}/"
        if secret is None:
            return home
        async with self.database.transaction() as session:
            found = await sign_ins.find(session, secret)
            if found is None:
                return home
            await sign_ins.end(session, found.id)
            await record(session, replace(origin, actor=found.person.id, sign_in=found.id), "sign-out")
        if found.tokens is None:
            return home
        tokens = sign_ins.opened(self.connection.keyring, found.tokens)
        return await self.connection.client.end_session_url(tokens.identity, home) or home


def local_page(wanted: str) -> str:
    """A page of the studio itself: an address of elsewhere, however it is dressed up, becomes the home page."""
    parts = urlsplit(wanted)
    is_ours = wanted.startswith("/") and not wanted.startswith("//") and not parts.scheme and not parts.netloc
    return wanted if is_ours and "\\" not in wanted and wanted.isprintable() and len(wanted) < 2000 else "/"
