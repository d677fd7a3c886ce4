"""How orchestrators and consumers keep time, as set."""

from __future__ import annotations

import pytest

from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.operations.config import SettingsError, load


def test_orchestrators_and_consumers_are_missed_and_renew_as_promised() -> None:
    settings = ModelServiceSettings()
    assert (settings.orchestrator_lease_seconds, settings.orchestrator_renew_seconds) == (4.0, 1.0)
    assert (settings.consumer_lease_seconds, settings.consumer_renew_seconds) == (15.0, 4.0)


@pytest.mark.parametrize("role", ["ORCHESTRATOR", "CONSUMER"])
def test_a_renewal_that_comes_too_late_for_its_lease_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    monkeypatch.setenv(f"TALKWRIGHT_{role}_LEASE_SECONDS", "6")
    monkeypatch.setenv(f"TALKWRIGHT_{role}_RENEW_SECONDS", "3")
    with pytest.raises(SettingsError, match=f"under half of TALKWRIGHT_{role}_LEASE_SECONDS"):
        load(ModelServiceSettings)
