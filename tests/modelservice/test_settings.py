"""How orchestrators and consumers keep time, as set."""

from __future__ import annotations

from pathlib import Path

import pytest

from talkwright.modelservice import roles
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.operations.config import SettingsError, load
from talkwright.operations.role import RoleContext, RoleMain


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


@pytest.mark.anyio
@pytest.mark.parametrize("role", [roles.training_consumer, roles.running_consumer])
async def test_a_consumer_whose_store_cannot_be_opened_ends_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, role: RoleMain
) -> None:
    monkeypatch.setenv("TALKWRIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")  # it is not asked
    monkeypatch.setenv("TALKWRIGHT_STORAGE_URL", "gopher://bucket/studio")
    with pytest.raises(SettingsError, match="The object store gopher://bucket/studio can't be opened: "):
        await role(RoleContext("consumer", load(*roles.CONSUMER_SECTIONS)))
