"""What keeps a database from being used, in words: told when it begins, each minute, and when it is over.

Pools and listeners tell the outage of their address what failed and what went well. So a process says once what all its
loops and requests meet.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass, replace
from time import monotonic
from weakref import WeakValueDictionary

import psycopg
import structlog
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

log = structlog.get_logger(__name__)

SETTING = "TALKWRIGHT_DATABASE_URL"
DIRECT_SETTING = "TALKWRIGHT_DATABASE_DIRECT_URL"
PORT = 5432
REMIND_SECONDS = 60.0
CALM_SECONDS = 1.0
"""So long nothing fails before an outage counts as over: connections that are cut together are noticed one by one."""
CUTS_TOLD = 3
"""So many times within a minute connections are cut before that is told: a server that was restarted cuts once."""
GOES_ON = "It is asked again until it answers, and all goes on by itself."
_CONNECTING = (
    "connection failed",
    "connection is bad",
    "connection timeout",
    "failed to resolve",
    "Multiple connection",
)
"""How psycopg's errors begin that speak of making a connection; the server's code does not come with them."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of what keeps a database from being used; `words` go on after its name, `mend` names `{setting}`.

    It is known by the server's codes, and while a connection is made by what libpq or the server say. Where it is
    `lasting`, waiting alone does not mend it; where it is `partial`, some of what is asked goes well meanwhile.
    """

    words: str
    mend: str
    states: frozenset[str] = frozenset()
    signs: tuple[str, ...] = ()
    lasting: bool = False
    partial: bool = False


CUT = Trouble(
    "cuts connections",
    "The server's own log says why.",
    frozenset({"57P01", "57P02", "57P05", "08000", "08003", "08006"}),
    partial=True,
)
"""Told only where it goes on: a server that was restarted answers at once, and of another the next error says more."""
SILENT = Trouble(
    "does not answer in time",
    "Look at the server and at what stands between (firewalls, policies of the network), or correct host and port in "
    "{setting}.",
    signs=("timeout expired", "timed out"),
)
OTHER = Trouble("gives no connection", "Look at {setting} and at the server's own log.")
TROUBLES = (
    Trouble(
        "has no free connection",
        "Raise max_connections of the server (or of the pooler), or lower TALKWRIGHT_DATABASE_POOL_SIZE.",
        frozenset({"53300"}),
        ("too many clients", "too many connections", "remaining connection slots", "no more connections"),
        partial=True,
    ),
    Trouble(
        "refuses the user or the password",
        "Correct user and password in {setting}.",
        frozenset({"28000", "28P01"}),
        ("authentication failed", "no password supplied", 'role "', "no such user"),
        lasting=True,
    ),
    Trouble(
        "does not let this user in from here",
        "Allow it in the server's pg_hba.conf, or correct {setting}.",
        signs=("pg_hba.conf", "permission denied for database", "not currently accepting"),
        lasting=True,
    ),
    Trouble(
        "answers as no PostgreSQL server does",
        "Correct host and port in {setting}.",
        signs=("invalid response", "expected authentication request"),
    ),
    Trouble(
        "can't agree on TLS with this process",
        "Compare sslmode, sslrootcert and the host in {setting} with what the server offers.",
        signs=("SSL", "certificate", "TLS"),
        lasting=True,
    ),
    Trouble(
        "is not there: the server has no database of this name",
        "Make it, or correct its name in {setting}.",
        frozenset({"3D000"}),
        ("does not exist", "no such database"),
        lasting=True,
    ),
    Trouble(
        "does not answer: the connection is refused",
        "Start the server, or correct host and port in {setting}.",
        signs=("Connection refused", "No such file"),
    ),
    Trouble(
        "does not answer: the name of its host is not known",
        "Correct the host in {setting}, or mend the name service.",
        signs=("failed to resolve", "could not translate host name"),
    ),
    Trouble(
        "does not answer: no network leads there",
        "Mend the network, or correct the host in {setting}.",
        signs=("No route to host", "Network is unreachable"),
    ),
    SILENT,
    Trouble(
        "is starting or stopping",
        "Wait, or look at the server's own log.",
        frozenset({"57P03"}),
        ("starting up", "shutting down", "yet accepting", "recovery mode"),
    ),
    Trouble(
        "ends each connection at once",
        "Look at the server's own log and at what stands between.",
        signs=("closed the connection", "reset by peer"),
    ),
    Trouble("has no room left on its disk", "Make room on the server.", frozenset({"53100"}), partial=True),
    Trouble(
        "takes no changes",
        "Correct the host in {setting} where that is a standby; a switch of servers ends by itself.",
        frozenset({"25006"}),
        partial=True,
    ),
    Trouble(
        "lacks rights for this user",
        f"Run `talkwright migrate` with both {SETTING} and TALKWRIGHT_DATABASE_OWNER_URL set, which gives them.",
        frozenset({"42501"}),
    ),
    Trouble("was not migrated", "Run `talkwright migrate`.", frozenset({"42P01", "3F000"})),
    CUT,
)


def trouble_of(error: BaseException) -> Trouble | None:
    """What keeps the database from being used, where the error speaks of that and not of what was asked; pure."""
    cause = _cause(error)
    if isinstance(cause, TimeoutError):
        return SILENT
    if not isinstance(cause, psycopg.Error):
        return None
    if cause.sqlstate is not None:
        return next((one for one in TROUBLES if cause.sqlstate in one.states), None)
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return None
    said = str(cause)
    if not said.startswith(_CONNECTING):
        return CUT
    known = next((one for one in TROUBLES if any(sign in said for sign in one.signs)), None)
    return known or replace(OTHER, words=f"{OTHER.words}: {said.splitlines()[0].rpartition('failed: ')[2]}")


def said_by(error: BaseException) -> str:
    """What the server or libpq said, its first line, with the server's code where there is one; pure."""
    cause = _cause(error)
    code = getattr(cause, "sqlstate", None)
    first = str(cause).partition("\n")[0] or type(cause).__name__
    return f"{first} ({code})" if code else first


def _cause(error: BaseException) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


class Outage:
    """Tells of one address when it can't be used, each minute while that lasts, and when it can be again.

    `of` names who meets it, the pool or a channel, and it lasts as long as it does for one of them. No line holds a
    password.
    """

    def __init__(self, url: str | URL, setting: str = SETTING, *, goes_on: str = GOES_ON) -> None:
        parsed = make_url(url)
        self._host = parsed.host or str(parsed.query.get("host") or "localhost")  # a socket's folder, or several hosts
        self._port, self._database = parsed.port or PORT, parsed.database or ""
        self._setting, self._goes_on = setting, goes_on
        self._meeting: set[str] = set()
        self._told: set[Trouble] = set()
        self._cuts: deque[float] = deque(maxlen=CUTS_TOLD)
        self._began = self._failed_at = self._told_at = 0.0
        self._over_at = -math.inf

    @classmethod
    def at(cls, url: str | URL, setting: str = SETTING) -> Outage:
        """The one of this address in this process, made where there is none; `setting` is where the address stands."""
        key = make_url(url).set(drivername="postgresql")
        if (known := _KNOWN.get(key)) is None:
            known = _KNOWN[key] = cls(url, setting)
        return known

    @property
    def lasts(self) -> bool:
        """Whether it was told of and is not over."""
        return bool(self._told)

    def found(self, trouble: Trouble) -> str:
        """The database and its trouble, in words that may begin a sentence or stand in one."""
        return f"the database {self._host}:{self._port}/{self._database} {trouble.words}"

    def mend(self, trouble: Trouble) -> str:
        """What to do about a trouble here, in one sentence."""
        return trouble.mend.format(setting=self._setting)

    def sentences(self, error: BaseException) -> str:
        """What keeps the database from being used and what to do about it, for whoever ends by it."""
        trouble = trouble_of(error) or OTHER
        found = self.found(trouble)
        return f"{found[0].upper()}{found[1:]}. {self.mend(trouble)}"

    def failed(self, error: BaseException, of: str = "pool") -> None:
        """Tell what failed where that is new, or was told a minute ago."""
        trouble = trouble_of(error)
        if trouble is None:
            return
        now = monotonic()
        if not self._meeting and not self._told:
            self._began = now
        self._meeting.add(of)
        self._failed_at = now
        if trouble is CUT and not self._cut_often(now):
            return
        if trouble in self._told and now - self._told_at < REMIND_SECONDS:
            return
        self._told.add(trouble)
        self._told_at = now
        log.warning(
            "database.unavailable",
            **self._named(),
            cause=trouble.words,
            mend=self.mend(trouble),
            goes_on=self._goes_on,
            seconds=round(now - self._began),
        )

    def answered(self, of: str = "pool", *, anew: bool = False) -> None:
        """Note that it answered; over a connection made `anew` that counts for all who met the outage."""
        if not self._meeting:
            return
        self._meeting.difference_update(set(self._meeting) if anew else {of})
        if not self._meeting:
            asyncio.get_running_loop().call_later(self._calm(), self._settle, monotonic())

    def _settle(self, answered_at: float) -> None:
        """Tell that it is over, where nothing failed since that moment."""
        if self._told and not self._meeting and self._failed_at <= answered_at:
            log.info("database.available", **self._named(), seconds=round(answered_at - self._began))
            self._told.clear()
            self._over_at = monotonic()

    def _calm(self) -> float:
        """How long nothing must fail: a minute where something goes well meanwhile, or where it comes and goes."""
        again = self._began - self._over_at < REMIND_SECONDS
        return REMIND_SECONDS if again or any(one.partial for one in self._told) else CALM_SECONDS

    def _cut_often(self, now: float) -> bool:
        """Note that connections were cut, those cut together once; whether that was so often within a minute."""
        if not self._cuts or now - self._cuts[-1] >= CALM_SECONDS:
            self._cuts.append(now)
        return len(self._cuts) == CUTS_TOLD and now - self._cuts[0] < REMIND_SECONDS

    def _named(self) -> dict[str, str | int]:
        return {"host": self._host, "port": self._port, "database": self._database}


_KNOWN: WeakValueDictionary[URL, Outage] = WeakValueDictionary()
