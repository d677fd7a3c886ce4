"""What all tests share: the services that they start for real."""

import gc
import logging
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import structlog
from argon2 import PasswordHasher
from httpx2._config import DEFAULT_TIMEOUT_CONFIG  # nothing public changes what all clients begin with
from hypothesis import settings

from talkwright.identity.provider import passwords

sys.path.insert(0, str(Path(__file__).parents[1]))  # `tests.services` is imported by its whole name

pytest_plugins = [
    "tests.services.budgets",
    "tests.services.day",
    "tests.services.kubernetes.fixtures",
    "tests.services.memory",
    "tests.services.postgres",
    "tests.services.schedule",
    "tests.services.slow",
    "tests.services.strict",
]
DEFAULT_TIMEOUT_CONFIG.read = 60  # what a busy machine answers late is no failure; who tests a time-out says which
settings.register_profile("quick", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("quick")
settings.register_profile("long", max_examples=2_000, parent=settings.get_profile("quick"))  # see CONTRIBUTING.md


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing of what is collected ever goes: looking through it for garbage, then and in all tests, is in vain."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the product does."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def light_passwords() -> Iterator[None]:
    """In the tests' own processes a hash costs a thousandth: people sign in there by the thousand.

    What `talkwright up` makes of a password, `tests/up` looks at.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """Each test begins with the logs of a fresh process, whatever a test before it configured."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = handlers, level
