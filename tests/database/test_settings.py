"""Addresses of databases that are none are refused before a role starts, without a word of the password."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from talkwright.database.settings import DatabaseSettings
from talkwright.operations.config import SettingsError, load


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_DIRECT_URL"])
@pytest.mark.parametrize(
    "url", ["mysql://me:secret-word@host/db", "secret-word", "postgresql://me:secret-word@host:port/db", "://"]
)
def test_what_is_no_address_of_postgresql_is_refused_by_its_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    monkeypatch.setenv(f"TALKWRIGHT_{name}", url)
    with pytest.raises(SettingsError, match=f"TALKWRIGHT_{name} must be like postgresql://user:password@") as caught:
        load(DatabaseSettings)
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize("password", ["secret@word", "secret@se/word"])
def test_a_password_whose_at_sign_would_be_read_as_the_end_of_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", f"postgresql://me:{password}@host/db")
    with pytest.raises(SettingsError, match=r"TALKWRIGHT_DATABASE_URL has .*written as %40") as caught:
        load(DatabaseSettings)
    assert "word@" not in str(caught.value)
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", "postgresql://me:secret%40word@host/db")
    load(DatabaseSettings)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_addresses_of_postgresql_are_taken(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", f"{scheme}://me:word@host:5432/db")
    assert load(DatabaseSettings)[DatabaseSettings].application == f"{scheme}://me:word@host:5432/db"


def test_a_role_with_a_wrong_address_ends_with_one_sentence() -> None:
    environment = {**os.environ, "TALKWRIGHT_DATABASE_URL": "mysql://me:secret-word@host/db"}
    command = [sys.executable, "-m", "talkwright.cli.main", "running-consumer"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "TALKWRIGHT_DATABASE_URL must be like" in ended.stderr
    assert "secret-word" not in ended.stderr
    assert "where" not in ended.stderr
