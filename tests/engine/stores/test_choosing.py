"""Which store a bot gets: memory, unless whoever runs it says otherwise; and what can't be had is told in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from talkwright.engine.stores import MemoryStore
from talkwright.engine.stores.choosing import ChoiceError, make_store, plain_url, sql_url
from talkwright.engine.stores.postgres import PostgresStore
from talkwright.engine.stores.recording import NOTHING
from talkwright.engine.stores.settings import StoreSettings, load_store_settings

SQL = {
    "type": "SQL",
    "dialect": "postgresql",
    "url": "db",
    "port": 5433,
    "db": "bots",
    "username": "u",
    "password": "p",
}


def chosen(endpoints: dict[str, Any], **settings: Any) -> object:
    return make_store(StoreSettings(**settings), endpoints, in_memory=5, recording=NOTHING)


def test_a_bot_keeps_conversations_in_memory_whatever_its_project_names() -> None:
    for endpoints in (
        {},
        {"tracker_store": SQL},
        {"tracker_store": {"type": "redis"}, "lock_store": {"type": "redis"}},
    ):
        assert isinstance(chosen(endpoints), MemoryStore)


def test_whoever_runs_the_bot_names_its_database() -> None:
    url = "postgresql://u:p@db/bots"
    assert isinstance(chosen({}, engine_store="postgresql", engine_store_url=url), PostgresStore)
    with pytest.raises(ChoiceError, match="TALKWRIGHT_ENGINE_STORE_URL"):
        chosen({}, engine_store="postgresql")
    with pytest.raises(ChoiceError, match="of the kind `mysql`"):
        chosen({}, engine_store="postgresql", engine_store_url="mysql://db/bots")
    assert plain_url("postgresql+psycopg://u@db/bots") == "postgresql://u@db/bots"
    assert plain_url("host=db dbname=bots") == "host=db dbname=bots"


def test_the_project_s_store_is_used_where_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(chosen({"tracker_store": SQL}, engine_store="project"), PostgresStore)
    for memory in (None, {"type": "InMemory"}):
        assert isinstance(chosen({"tracker_store": memory}, engine_store="project"), MemoryStore)
    parts = conninfo_to_dict(sql_url(SQL, "tracker_store"))
    assert parts == {"host": "db", "port": "5433", "dbname": "bots", "user": "u", "password": "p"}
    monkeypatch.delenv("DB_PASSWORD", raising=False)
    with pytest.raises(ChoiceError, match="DB_PASSWORD"):
        chosen({"tracker_store": {**SQL, "password": "${DB_PASSWORD}"}}, engine_store="project")


@pytest.mark.parametrize(
    ("endpoints", "words"),
    [
        ({"tracker_store": {"type": "redis", "url": "r"}}, "type: redis.*There are `InMemory`, and `SQL`"),
        ({"tracker_store": {"type": "mongod"}}, "type: mongod"),
        ({"tracker_store": {"type": "SQL", "dialect": "sqlite"}}, "dialect: sqlite.*only `postgresql`"),
        ({"tracker_store": {"type": "my.module.Store"}}, "my.module.Store"),
        ({"tracker_store": "redis"}, "must be a map"),
        ({"tracker_store": SQL, "lock_store": {"type": "redis"}}, "lock_store.type: redis.*Remove"),
    ],
)
def test_what_cannot_be_had_is_told_with_what_there_is(endpoints: dict[str, Any], words: str) -> None:
    with pytest.raises(ChoiceError, match=words):
        chosen(endpoints, engine_store="project")


def test_the_url_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://u:secret@db/bots\n")
    monkeypatch.setenv("TALKWRIGHT_ENGINE_STORE_URL_FILE", str(file))
    url = load_store_settings().engine_store_url
    assert url is not None
    assert url.get_secret_value() == "postgresql://u:secret@db/bots"
    assert "secret" not in repr(load_store_settings())
    file.unlink()
    with pytest.raises(ValueError, match="can't be read"):
        load_store_settings()


def test_recording_is_also_switched_on_by_the_ecosystem_s_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load_store_settings().engine_record
    monkeypatch.setenv("RASA_RECORD_COMMANDS_AND_PROMPTS", "true")
    assert load_store_settings().engine_record
