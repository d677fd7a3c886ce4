"""What whoever runs a bot may choose, by our names and by those of the ecosystem."""

from pathlib import Path

import pytest

from talkwright.engine.dialogue.profile import Profile
from talkwright.engine.model import Model
from talkwright.engine.running import make_access, make_agent
from talkwright.engine.setting_faults import SettingsError, unknown_variables
from talkwright.engine.settings import EngineSettings, load_settings
from talkwright.engine.stores.settings import StoreSettings, load_store_settings

from .conftest import NoActions


def profile_of(workshop: Model) -> Profile:
    return make_agent(workshop, NoActions(), load_settings()).program.profile


def test_an_agent_of_untouched_settings_has_the_products_own_profile(workshop: Model) -> None:
    assert profile_of(workshop) == Profile()


@pytest.mark.parametrize(
    ("clarify", "limit"),
    [
        ("CLARIFY_ON_MULTIPLE_START_FLOWS", "MAX_NUMBER_OF_PREDICTIONS_CALM"),
        ("TALKWRIGHT_ENGINE_CLARIFY_MULTIPLE_STARTS", "TALKWRIGHT_ENGINE_MAX_ACTIONS"),
    ],
)
def test_limits_and_choices_come_from_the_environment(
    workshop: Model, monkeypatch: pytest.MonkeyPatch, clarify: str, limit: str
) -> None:
    monkeypatch.setenv(clarify, "true")
    monkeypatch.setenv(limit, "7")
    assert profile_of(workshop) == Profile(clarify_multiple_starts=True, max_actions=7)


def test_a_limit_that_would_silence_the_bot_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_NUMBER_OF_PREDICTIONS_CALM", "0")
    with pytest.raises(ValueError, match="MAX_NUMBER_OF_PREDICTIONS_CALM must be 1 or more"):
        load_settings()


def test_each_wrong_setting_is_told_by_its_name_and_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKWRIGHT_ENGINE_STORE", "redis")
    monkeypatch.setenv("RASA_RECORD_COMMANDS_AND_PROMPTS", "perhaps")
    with pytest.raises(SettingsError) as raised:
        load_store_settings()
    first, store, record = str(raised.value).splitlines()
    assert first == "These settings need attention:"
    assert store == "  TALKWRIGHT_ENGINE_STORE must be memory, postgresql or project."
    assert record == "  RASA_RECORD_COMMANDS_AND_PROMPTS must be true or false."


def test_a_mistyped_setting_of_a_bot_is_told_with_the_likely_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TALKWRIGHT_ENGINE_TOKN", "TALKWRIGHT_ENGINE_STORE_URL_FILE", "TALKWRIGHT_ENGINE_TURNS"):
        monkeypatch.setenv(name, "a-value")
    (told,) = unknown_variables(EngineSettings, StoreSettings)
    assert "TALKWRIGHT_ENGINE_TOKN is no setting" in told
    assert told.endswith("Did you mean TALKWRIGHT_ENGINE_TOKEN?")
    assert "a-value" not in told


@pytest.mark.parametrize(("token", "secret"), [("AUTH_TOKEN", "JWT_SECRET"), ("TALKWRIGHT_ENGINE_TOKEN",) * 2])
def test_what_protects_the_api_comes_by_either_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: str, secret: str
) -> None:
    monkeypatch.setenv(token, "a-token")
    assert not make_access(load_settings()).is_open
    monkeypatch.delenv(token)
    assert make_access(load_settings()).is_open
    if secret == "JWT_SECRET":
        monkeypatch.setenv(secret, "long-enough-to-be-a-secret")
    else:
        (tmp_path / "secret").write_text("long-enough-to-be-a-secret\n")
        monkeypatch.setenv("TALKWRIGHT_ENGINE_JWT_SECRET_FILE", str(tmp_path / "secret"))
    assert not make_access(load_settings()).is_open
    monkeypatch.setenv("JWT_METHOD", "none")
    with pytest.raises(ValueError, match="method"):
        make_access(load_settings())
