"""What `${NAME}` in a project stands for, and what it never does."""

from __future__ import annotations

from pathlib import Path

import pytest

from talkwright.engine.keeping import make_recording
from talkwright.engine.settings import load_settings
from talkwright.engine.stores.settings import load_store_settings
from talkwright.engine.variables import GIVEN, expand, hidden


def test_a_given_map_counts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARBOUR", "of the machine")
    assert expand("${HARBOUR}") == "of the machine"
    monkeypatch.setenv(GIVEN, '{"QUAY": "given", "TALKWRIGHT_ENGINE_TOKEN": "own"}')
    written = {"a": ["${QUAY}/x"], "b": "${HARBOUR} ${PATH} ${TALKWRIGHT_ENGINE_TOKEN} ${TALKWRIGHT_ENGINE_VARIABLES}"}
    assert expand(written) == {"a": ["given/x"], "b": written["b"]}


def test_the_map_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "map").write_text('{"QUAY": "filed"}')
    monkeypatch.setenv(f"{GIVEN}_FILE", str(tmp_path / "map"))
    assert expand("${QUAY}") == "filed"
    monkeypatch.setenv(f"{GIVEN}_FILE", str(tmp_path / "gone"))
    with pytest.raises(ValueError, match="can't be read"):
        load_settings()


@pytest.mark.parametrize("text", ["no map of s3cret", '["s3cret"]', '{"s3cret": 4}'])
def test_what_is_no_map_is_refused_without_being_told(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(GIVEN, text)
    with pytest.raises(ValueError, match="must be a JSON map") as refusal:
        load_settings()
    assert "s3cret" not in str(refusal.value)


def test_a_text_for_people_holds_no_given_value(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hidden("at http://quay/open-sesame") == "at http://quay/open-sesame"
    monkeypatch.setenv(GIVEN, '{"QUAY": "open-sesame", "LONG": "open-sesame-now", "SHORT": "quay"}')
    assert hidden("at http://quay/open-sesame-now/open-sesame") == "at http://quay/***/***"


def test_what_is_given_is_masked_whatever_its_name_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GIVEN, '{"QUAY": "open sesame"}')
    assert make_recording(load_store_settings()).masked("say open sesame") == "say ***"
