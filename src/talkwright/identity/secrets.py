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
    """The keys of this studio: the first encrypts, all decrypt.

    Keys of a file are read again when it is another file, so that running roles follow `talkwright secrets rotate`.
    """

    def __init__(self, keys: Sequence[bytes], file: Path | None = None) -> None:
        self._file = file
        self._seen: tuple[int, int] | None = None
        self._take(keys)

    def _take(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise SecretsError("TALKWRIGHT_SECRET_KEYS needs at least one key, each of 32 bytes in base64.")
        self._keys = {hashlib.sha256(key).digest()[:_ID_BYTES]: key for key in keys}
        self._first = next(iter(self._keys))

    @classmethod
    def of_file(cls, path: Path) -> Keyring:
        """The keys of a file; raises FileNotFoundError."""
        ring = cls(_read(path), path)
        ring._seen = _version(path)
        return ring

    def _follow(self) -> None:
        """Take the file's keys where somebody has put another file in its place."""
        if self._file is None:
            return
        try:
            version = _version(self._file)
            if version != self._seen:
                self._take(_read(self._file))
                self._seen = version
        except OSError:
            return  # the keys in memory count on

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read keys as the setting has them: base64, separated by commas or line breaks."""
        return cls(_parsed(text))

    def encrypt(self, value: bytes, purpose: str) -> bytes:
        """Encrypt for one purpose, so that a ciphertext moved to another column doesn't open."""
        self._follow()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._keys[self._first]).encrypt(nonce, value, purpose.encode())
        return _VERSION + self._first + nonce + sealed

    def decrypt(self, value: bytes, purpose: str) -> bytes:
        """Open a ciphertext; raises SecretsError where its key is gone or it was tampered with."""
        self._follow()
        key_id, rest = value[1 : 1 + _ID_BYTES], value[1 + _ID_BYTES :]
        key = self._keys.get(key_id)
        if value[:1] != _VERSION or key is None:
            raise SecretsError("A secret was encrypted under a key that TALKWRIGHT_SECRET_KEYS doesn't hold any more.")
        try:
            return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], purpose.encode())
        except InvalidTag as error:
            raise SecretsError("A secret at rest is damaged or was moved.") from error

    def renewed(self, value: bytes, purpose: str) -> bytes | None:
        """A ciphertext under the first key, None where it is that already; raises SecretsError as `decrypt` does."""
        opened = self.decrypt(value, purpose)
        return None if value[1 : 1 + _ID_BYTES] == self._first else self.encrypt(opened, purpose)


def _parsed(text: str) -> list[bytes]:
    try:
        parts = [part.strip() for part in text.replace("\n", ",").split(",")]
        return [base64.b64decode(part, validate=True) for part in parts if part]
    except binascii.Error as error:
        raise SecretsError("TALKWRIGHT_SECRET_KEYS must be base64: `openssl rand -base64 32` makes one.") from error


def _read(path: Path) -> list[bytes]:
    return _parsed(path.read_text(encoding="ascii"))


def _version(path: Path) -> tuple[int, int]:
    """What differs when another file was put in a file's place."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def keyring(setting: str | None, home: Path) -> Keyring:
    """The keys of the setting, or those of the data folder's own file (0600), made at the first start."""
    if setting is not None:
        return Keyring.parse(setting)
    path = home / _FILE
    try:
        return Keyring.of_file(path)
    except FileNotFoundError:
        return _make(path)


def add_key(home: Path) -> None:
    """Put a fresh key in front of the data folder's file: it encrypts from now on, the others go on decrypting."""
    keyring(None, home)
    path = home / _FILE
    os.replace(_written(path, [secrets.token_bytes(KEY_BYTES), *_read(path)]), path)


def forget_old_keys(home: Path) -> None:
    """Keep only the first key of the data folder's file; the caller has encrypted everything under it."""
    path = home / _FILE
    os.replace(_written(path, _read(path)[:1]), path)


def _make(path: Path) -> Keyring:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _written(path, [secrets.token_bytes(KEY_BYTES)])
    try:
        os.link(temporary, path)  # fails where another role was quicker: then its key counts
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return Keyring.of_file(path)


def _written(path: Path, keys: Sequence[bytes]) -> Path:
    """A file of keys beside the one that it is meant for, safely on the disk."""
    temporary = path.with_name(f".{_FILE}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.writelines(base64.b64encode(key) + b"\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    return temporary


def hashed(secret: str) -> bytes:
    """What is stored of a random secret that somebody else holds (cookies, codes, links)."""
    return hashlib.sha256(secret.encode()).digest()
