"""Secrets at rest open with every key of the ring, and only for their purpose."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.identity.secrets import Keyring, SecretsError, add_key, forget_old_keys, keyring

OLD, NEW = b"o" * 32, b"n" * 32


@given(st.binary(max_size=500))
def test_what_is_encrypted_opens_again(value: bytes) -> None:
    ring = Keyring([OLD])
    assert ring.decrypt(ring.encrypt(value, "tokens"), "tokens") == value


def test_a_new_key_in_front_encrypts_and_the_old_one_still_opens() -> None:
    before, after = Keyring([OLD]), Keyring([NEW, OLD])
    sealed = before.encrypt(b"secret", "tokens")
    assert after.decrypt(sealed, "tokens") == b"secret"
    assert Keyring([NEW]).decrypt(after.encrypt(b"secret", "tokens"), "tokens") == b"secret"
    with pytest.raises(SecretsError):
        Keyring([NEW]).decrypt(sealed, "tokens")


@pytest.mark.parametrize("purpose", ["other", ""])
def test_a_ciphertext_that_was_moved_does_not_open(purpose: str) -> None:
    ring = Keyring([OLD])
    with pytest.raises(SecretsError):
        ring.decrypt(ring.encrypt(b"secret", "tokens"), purpose)


def test_a_damaged_ciphertext_does_not_open() -> None:
    ring = Keyring([OLD])
    sealed = bytearray(ring.encrypt(b"secret", "tokens"))
    sealed[-1] ^= 1
    for broken in (bytes(sealed), b"", b"\x01"):
        with pytest.raises(SecretsError):
            ring.decrypt(broken, "tokens")


def test_the_data_folder_gets_a_key_of_its_own_that_others_can_not_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    sealed = keyring(None, home).encrypt(b"secret", "tokens")
    path = home / "secret-keys"
    assert path.stat().st_mode & 0o777 == 0o600
    assert keyring(None, home).decrypt(sealed, "tokens") == b"secret"
    assert [entry.name for entry in home.iterdir()] == ["secret-keys"]


def test_running_roles_follow_the_file_when_its_keys_are_exchanged(tmp_path: Path) -> None:
    role, other = keyring(None, tmp_path), keyring(None, tmp_path)
    old = role.encrypt(b"secret", "tokens")
    add_key(tmp_path)
    new = keyring(None, tmp_path).encrypt(b"secret", "tokens")
    assert role.decrypt(new, "tokens") == role.decrypt(old, "tokens") == b"secret"
    renewed = other.renewed(old, "tokens")
    assert renewed is not None
    assert other.renewed(renewed, "tokens") is None
    forget_old_keys(tmp_path)
    assert role.decrypt(role.encrypt(b"fresh", "tokens"), "tokens") == b"fresh"
    assert role.decrypt(renewed, "tokens") == b"secret"
    with pytest.raises(SecretsError):
        role.decrypt(old, "tokens")
    assert (tmp_path / "secret-keys").stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret-keys"]


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_malformed_key_is_named(text: str) -> None:
    with pytest.raises(SecretsError, match="TALKWRIGHT_SECRET_KEYS"):
        Keyring.parse(text)
