"""Which store: what whoever runs the bot has set, and what a project's `tracker_store` and `lock_store` mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talkwright.engine.stores.memory import MemoryStore
from talkwright.engine.stores.port import ConversationStore
from talkwright.engine.stores.recording import Recording
from talkwright.engine.stores.settings import StoreSettings
from talkwright.engine.variables import expand, unset_variable

THERE_ARE = "There are `InMemory`, and `SQL` with `dialect: postgresql`."
_MEMORY = ("inmemory", "in_memory", "memory", "none", "")
_POSTGRESQL = ("postgresql", "postgres")


class ChoiceError(ValueError):
    """The conversations can't be kept as it is set; the text says how to mend it."""


def make_store(
    settings: StoreSettings, endpoints: Mapping[str, Any], *, in_memory: int, recording: Recording
) -> ConversationStore:
    """The store; `endpoints` are looked at only where the settings allow the project's. Raises ChoiceError."""
    url = _url(settings, endpoints)
    if url is None:
        return MemoryStore(in_memory)
    try:
        from talkwright.engine.stores.postgres import PostgresStore  # noqa: PLC0415 - only where it is used
    except ImportError as problem:
        raise ChoiceError(
            "The PostgreSQL store needs the package psycopg: install Talkwright with the extra `postgresql`."
        ) from problem
    return PostgresStore(
        url,
        connections=settings.engine_store_connections,
        patience=settings.engine_store_patience,
        ticket_seconds=settings.engine_ticket_seconds,
        longest_wait=settings.engine_turn_wait,
        recording=recording,
    )


def store_url(settings: StoreSettings) -> str:
    """The database that the settings name, for the commands that need one. Raises ChoiceError."""
    if settings.engine_store_url is None:
        raise ChoiceError("Set TALKWRIGHT_ENGINE_STORE_URL to `postgresql://user:password@host:5432/name`.")
    return plain_url(settings.engine_store_url.get_secret_value())


def plain_url(url: str) -> str:
    """A URL without a driver's name, as `postgresql+psycopg://` has one. Raises ChoiceError for other databases."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url  # a connection string of keywords
    if scheme.partition("+")[0] not in _POSTGRESQL:
        raise ChoiceError(f"TALKWRIGHT_ENGINE_STORE_URL names a database of the kind `{scheme}`: only `postgresql` is.")
    return f"postgresql://{rest}"


def _url(settings: StoreSettings, endpoints: Mapping[str, Any]) -> str | None:
    """The database, or None for memory."""
    if settings.engine_store == "memory":
        return None
    if settings.engine_store == "postgresql":
        return store_url(settings)
    url = _url_of_project(expand(endpoints.get("tracker_store")))
    _check_locks(expand(endpoints.get("lock_store")))
    return url


def _url_of_project(written: Any) -> str | None:
    if written is None:
        return None
    if not isinstance(written, Mapping):
        raise ChoiceError("`tracker_store` in endpoints.yml must be a map with `type`.")
    kind = str(written.get("type") or "").lower()
    if kind in _MEMORY:
        return None
    if kind != "sql":
        raise ChoiceError(f"`tracker_store.type: {written.get('type')}` in endpoints.yml can't be used. {THERE_ARE}")
    return sql_url(written, "tracker_store")


def sql_url(written: Mapping[str, Any], section: str) -> str:
    """The database that the keys of a `type: SQL` section name. Raises ChoiceError."""
    dialect = str(written.get("dialect") or "sqlite").partition("+")[0].lower()
    if dialect not in _POSTGRESQL:
        raise ChoiceError(
            f"`{section}.dialect: {dialect}` in endpoints.yml can't be used: only `postgresql` is. {THERE_ARE}"
        )
    for key in ("url", "db", "username", "password"):
        if missing := unset_variable(written.get(key)):
            raise ChoiceError(f"`{section}.{key}` in endpoints.yml names ${{{missing}}}, which is not set.")
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - only where it is used

    address = str(written.get("url") or "localhost")
    if "://" in address:
        return plain_url(address)
    parts = {"port": "port", "db": "dbname", "username": "user", "password": "password"}
    given = {name: str(written[key]) for key, name in parts.items() if written.get(key) not in (None, "")}
    return make_conninfo("", host=address, **given)


def _check_locks(written: Any) -> None:
    """Locks are kept where the conversations are: another lock store has nothing to do."""
    kind = str(written.get("type") or "") if isinstance(written, Mapping) else ""
    if kind.lower() not in _MEMORY:
        raise ChoiceError(
            f"`lock_store.type: {kind}` in endpoints.yml can't be used: the locks of conversations are kept with the"
            " conversations themselves, for any number of bots. Remove `lock_store`."
        )
