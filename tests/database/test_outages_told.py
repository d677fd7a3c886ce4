"""When an outage is told and when it counts as over, by a clock that only a test lets go on."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from talkwright.database import outage as outages
from talkwright.database.outage import CALM_SECONDS, CUT, REMIND_SECONDS, Outage, trouble_of

SECRET = "secret-word"
UNAVAILABLE, AVAILABLE = "database.unavailable", "database.available"


class Clock:
    """The time of outages, which goes on only where a test lets it, and what is to happen then."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._due: list[tuple[float, Callable[..., object], tuple[Any, ...]]] = []

    def call_later(self, seconds: float, act: Callable[..., object], *given: Any) -> None:
        """As an event loop has it."""
        self._due.append((self.now + seconds, act, given))

    def go_on(self, seconds: float) -> None:
        """Let so much time pass."""
        until = self.now + seconds
        for one in sorted((one for one in self._due if one[0] <= until), key=itemgetter(0)):
            self._due.remove(one)
            self.now, act, given = one
            act(*given)
        self.now = until


@pytest.fixture
def refused() -> OperationalError:
    return OperationalError("", None, psycopg.OperationalError("connection failed: … failed: Connection refused"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Outage:
    monkeypatch.setattr(outages, "monotonic", lambda: clock.now)
    monkeypatch.setattr(outages, "asyncio", SimpleNamespace(get_running_loop=lambda: clock))
    return Outage(f"postgresql://me:{SECRET}@db.example/bots", "TALKWRIGHT_DATABASE_DIRECT_URL")


def test_it_is_told_once_then_each_minute_and_when_it_is_over(
    outage: Outage, refused: OperationalError, clock: Clock
) -> None:
    with capture_logs() as lines:
        for _ in range(150):
            outage.failed(refused)
            clock.go_on(1)
        outage.answered()
        outage.answered()
        clock.go_on(CALM_SECONDS)
    assert [(line["event"], line["seconds"]) for line in lines] == [
        (UNAVAILABLE, 0), (UNAVAILABLE, 60), (UNAVAILABLE, 120), (AVAILABLE, 150)
    ]  # fmt: skip
    assert {line["host"] for line in lines} == {"db.example"}
    assert (lines[0]["port"], lines[0]["database"], lines[0]["log_level"]) == (5432, "bots", "warning")
    assert "TALKWRIGHT_DATABASE_DIRECT_URL" in lines[0]["mend"]
    assert SECRET not in str(lines)


def test_another_cause_is_told_at_once(outage: Outage, refused: OperationalError) -> None:
    starting = OperationalError(
        "", None, psycopg.OperationalError("connection failed: FATAL:  the database system is starting up")
    )
    with capture_logs() as lines:
        for error in (refused, starting, refused, starting):
            outage.failed(error)
    assert [line["cause"] for line in lines] == [
        "does not answer: the connection is refused", "is starting or stopping"
    ]  # fmt: skip


@pytest.mark.parametrize("ends", [("pool", False), ("news", True)])
def test_it_is_over_when_all_who_met_it_get_through_or_one_anew(
    outage: Outage, refused: OperationalError, clock: Clock, ends: tuple[str, bool]
) -> None:
    with capture_logs() as lines:
        outage.failed(refused, "pool")
        outage.failed(refused, "news")
        outage.answered("news")
        clock.go_on(CALM_SECONDS)
        assert outage.lasts
        outage.answered(ends[0], anew=ends[1])
        clock.go_on(CALM_SECONDS)
    assert [line["event"] for line in lines] == [UNAVAILABLE, AVAILABLE]


def come_and_go(outage: Outage, clock: Clock, error: Exception, seconds: float) -> None:
    """Some attempts fail so many seconds after each other, and each is followed by one that goes well."""
    for _ in range(5):
        clock.go_on(seconds)
        outage.failed(error)
        outage.answered()


def test_while_it_comes_and_goes_it_is_not_told_to_be_over(
    outage: Outage, refused: OperationalError, clock: Clock
) -> None:
    with capture_logs() as lines:
        come_and_go(outage, clock, refused, CALM_SECONDS * 0.75)
        clock.go_on(CALM_SECONDS * 0.75)
        assert [line["event"] for line in lines] == [UNAVAILABLE]
        clock.go_on(CALM_SECONDS * 0.25)
    assert [line["event"] for line in lines] == [UNAVAILABLE, AVAILABLE]


def test_connections_that_were_cut_are_told_only_where_it_goes_on(outage: Outage, clock: Clock) -> None:
    cut = psycopg.errors.AdminShutdown("terminating connection due to administrator command")
    assert trouble_of(cut) is CUT
    with capture_logs() as lines:
        outage.failed(cut)
        outage.failed(cut)
        clock.go_on(2)
        outage.answered()
        outage.failed(cut)
        outage.answered()
        assert lines == []
        clock.go_on(2)
        outage.failed(cut)
    assert [line["cause"] for line in lines] == ["cuts connections"]


def test_cuts_that_are_far_apart_are_not_told(outage: Outage, clock: Clock) -> None:
    with capture_logs() as lines:
        for _ in range(6):
            outage.failed(psycopg.errors.AdminShutdown("terminating connection"))
            outage.answered()
            clock.go_on(31)
    assert lines == []


@pytest.mark.parametrize("error", [psycopg.errors.DiskFull(), psycopg.errors.ReadOnlySqlTransaction()])
def test_what_hinders_some_is_over_when_nothing_failed_for_a_minute(
    outage: Outage, error: psycopg.Error, clock: Clock
) -> None:
    with capture_logs() as lines:
        come_and_go(outage, clock, error, REMIND_SECONDS / 3)
        assert [line["event"] for line in lines] == [UNAVAILABLE, UNAVAILABLE]  # the second one reminds
        clock.go_on(REMIND_SECONDS - 1)
        assert len(lines) == 2
        clock.go_on(1)
    assert [line["event"] for line in lines] == [UNAVAILABLE, UNAVAILABLE, AVAILABLE]


def test_one_that_comes_back_soon_is_over_later(outage: Outage, refused: OperationalError, clock: Clock) -> None:
    with capture_logs() as lines:
        come_and_go(outage, clock, refused, CALM_SECONDS)
        clock.go_on(REMIND_SECONDS - 1)
        assert [line["event"] for line in lines] == [UNAVAILABLE, AVAILABLE, UNAVAILABLE]
        clock.go_on(1)
    assert [line["event"] for line in lines] == [UNAVAILABLE, AVAILABLE, UNAVAILABLE, AVAILABLE]
