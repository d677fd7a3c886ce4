"""Secrets at rest: AES-256-GCM under rotating keys, the key's id in the ciphertext."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_VERSION = b"\x01"
_ID_BYTES = 8
_NONCE_BYTES = 12
_FILE = "secret-keys"


class SecretsError(Exception):
    """A key is malformed, or no key opens a ciphertext; the message says what to mend."""


class Keyring:
    """The keys of this studio: the first encrypts, all decrypt."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise SecretsError("TALKWRIGHT_SECRET_KEYS needs at least one key, each of 32 bytes in base64.")
        self._keys = {hashlib.sha256(key).digest()[:_ID_BYTES]: key for key in keys}
        self._first = next(iter(self._keys))

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read keys as the setting has them: base64, separated by commas or line breaks."""
        try:
            parts = [part.strip() for part in text.replace("\n", ",").split(",")]
            keys = [base64.b64decode(part, validate=True) for part in parts if part]
        except binascii.Error as error:
            raise SecretsError("TALKWRIGHT_SECRET_KEYS must be base64: `openssl rand -base64 32` makes one.") from error
        return cls(keys)

    def encrypt(self, value: bytes, purpose: str) -> bytes:
        """Encrypt for one purpose, so that a ciphertext moved to another column doesn't open."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._keys[self._first]).encrypt(nonce, value, purpose.encode())
        return _VERSION + self._first + nonce + sealed

    def decrypt(self, value: bytes, purpose: str) -> bytes:
        """Open a ciphertext; raises SecretsError where its key is gone or it was tampered with."""
        key_id, rest = value[1 : 1 + _ID_BYTES], value[1 + _ID_BYTES :]
        key = self._keys.get(key_id)
        if value[:1] != _VERSION or key is None:
            raise SecretsError("A secret was encrypted under a key that TALKWRIGHT_SECRET_KEYS doesn't hold any more.")
        try:
            return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], purpose.encode())
        except InvalidTag as error:
            raise SecretsError("A secret at rest is damaged or was moved.") from error


def keyring(setting: str | None, home: Path) -> Keyring:
    """The keys of the setting, or those of the data folder's own file (0600), made at the first start."""
    if setting is not None:
        return Keyring.parse(setting)
    path = home / _FILE
    try:
        return Keyring.parse(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return _make(path)


def _make(path: Path) -> Keyring:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(secrets.token_bytes(KEY_BYTES))
    temporary = path.with_name(f".{_FILE}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # fails where another role was quicker: then its key counts
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return Keyring.parse(path.read_text(encoding="ascii"))


def hashed(secret: str) -> bytes:
    """What is stored of a random secret that somebody else holds (cookies, codes, links)."""
    return hashlib.sha256(secret.encode()).digest()
