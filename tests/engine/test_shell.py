"""A talk in the terminal."""

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from talkwright.conversation import events as ev
from talkwright.engine.model import Model, ModelError
from talkwright.engine.shell import Conversation, LanguageError, TrainingRefusedError, load_or_train, talk
from talkwright.engine.shell_words import details, failures

from .conftest import WORKSHOP


def spoken(model: Model, *lines: str) -> str:
    page = io.StringIO()
    conversation = Conversation(model, Console(file=page, width=120))

    async def scene() -> None:
        for line in lines:
            await conversation.take(line)

    asyncio.run(scene())
    return page.getvalue()


def test_buttons_are_numbered_and_a_number_presses_them(workshop: Model) -> None:
    page = spoken(workshop, "my bike is broken, can you fix it", "2", "/inspect")
    assert "1 City bike" in page
    assert "On which day will you bring it?" in page
    assert "set slot bike_kind = mountain" in page
    assert "bike_kind  mountain" in page


def test_inspecting_shows_commands_candidates_and_reason(workshop: Model) -> None:
    page = spoken(workshop, "buy a voucher", "/inspect")
    assert "start flow gift_voucher" in page
    assert "because: the most likely flow" in page


def test_restarting_forgets_the_conversation(workshop: Model) -> None:
    page = spoken(workshop, "buy a voucher", "/restart", "50", "/inspect")
    assert "A new conversation." in page
    assert "gift_amount" not in page


def test_a_turn_without_an_answer_says_what_it_did(workshop: Model) -> None:
    assert "The conversation begins anew." in spoken(workshop, "start over")
    page = spoken(workshop, "/SetSlots(bike_kind=city)")
    assert "The bot said nothing. It only noted bike_kind = city." in page


def test_lists_of_a_command_are_words() -> None:
    corrected = [
        {"name": "weight", "value": 5, "filled_by": "LLM"},
        {"name": "kind", "value": "dog", "filled_by": "LLM"},
    ]
    assert details({"command": "correct slot", "corrected_slots": corrected}) == "weight = 5, kind = dog"
    assert details({"command": "clarify", "options": ["one", "two"]}) == "one, two"


def test_an_action_that_fails_is_told(workshop: Model) -> None:
    failed = ev.action("action_book", metadata={"execution_error_message": "The action action_book failed."})
    assert list(failures([failed, failed])) == ["The action action_book failed."]


def test_another_language_than_the_assistants_is_refused(workshop: Model) -> None:
    with pytest.raises(LanguageError, match="This assistant speaks en"):
        Conversation(workshop, Console(file=io.StringIO()), language="fr")


def test_markup_in_a_message_is_shown_as_text(workshop: Model) -> None:
    page = spoken(workshop, "buy a voucher", "[red]Bob[/red]", "50")
    assert "[red]Bob[/red]" in page


def test_a_project_is_trained_first(tmp_path: Path) -> None:
    assert load_or_train(WORKSHOP).assistant.id == "wheel-workshop"
    (tmp_path / "flows.yml").write_text("flows:\n  broken:\n    description: x\n    steps:\n      - collect: nowhere\n")
    with pytest.raises(TrainingRefusedError, match="nowhere"):
        load_or_train(tmp_path)


def test_a_variable_that_is_no_setting_is_told_before_the_talk(
    workshop: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALKWRIGHT_ENGINE_TOKN", "x")
    monkeypatch.setattr("talkwright.engine.shell.load_or_train", lambda _: workshop)
    page = io.StringIO()
    shown = Console(file=page, width=200)
    monkeypatch.setattr(shown, "input", lambda _: "/quit")
    talk(WORKSHOP, shown)
    assert "TALKWRIGHT_ENGINE_TOKN is no setting of a bot" in page.getvalue()
    assert "Did you mean TALKWRIGHT_ENGINE_TOKEN?" in page.getvalue()


def test_a_file_that_is_neither_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(b"nothing")
    with pytest.raises((ModelError, TrainingRefusedError)):
        load_or_train(path)
