"""Passwords: Argon2id hashes, and the rules for new ones."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

T = TypeVar("T")

MIN_LENGTH = 12
MAX_LENGTH = 256
_FEW = 5
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
)

_hasher = PasswordHasher()
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
"""Two hashes at once at most, because each takes 64 MiB."""


@cache
def _dummy() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


@cache
def _common() -> frozenset[str]:
    return frozenset((files(__package__) / "assets" / "common-passwords.txt").read_text(encoding="utf-8").split())


async def _in_thread(function: Callable[..., T], *arguments: str) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, function, *arguments)


def _prepared(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


async def hash_password(password: str) -> str:
    """The Argon2id hash that is stored."""
    return await _in_thread(_hasher.hash, _prepared(password))


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is right; takes as long for an account that doesn't exist (ASVS 6.3.8)."""
    if len(password) > MAX_LENGTH:
        return False
    right = await _in_thread(_verify, stored or _dummy(), _prepared(password))
    return right and stored is not None


def needs_new_hash(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def faults(password: str, username: str) -> list[str]:
    """Which rules a new password breaks, in words; none when it may be used (ASVS 6.2)."""
    text = _prepared(password)
    folded = text.casefold()
    found = []
    if len(text) < MIN_LENGTH:
        found.append(f"The password needs at least {MIN_LENGTH} characters.")
    if len(text) > MAX_LENGTH:
        found.append(f"The password may have at most {MAX_LENGTH} characters.")
    if folded in _common() or (len(text) >= MIN_LENGTH and _is_simple(folded)):
        found.append("The password is among the commonly used ones.")
    if username and len(username) > 2 and username.casefold() in folded:
        found.append("The password contains the name.")
    return found


def _is_simple(text: str) -> bool:
    """Few different characters, one piece repeated, or a row of the alphabet or the keyboard."""
    if len(set(text)) < _FEW:
        return True
    half = len(text) // 2
    if any(text == (text[:size] * (len(text) // size + 1))[: len(text)] for size in range(1, min(half, 6) + 1)):
        return True
    return any(text in row * 2 or text in row[::-1] * 2 for row in _ROWS)
