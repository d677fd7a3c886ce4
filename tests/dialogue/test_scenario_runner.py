"""The runner itself: a wrong expectation must show, and a file that can't be read must say so."""

import asyncio
from pathlib import Path

import pytest

from talkwright.engine import commands as cmd
from talkwright.engine.testing.scenario_files import ScenarioError, as_payload, load_scenarios, read_command
from talkwright.engine.testing.scenarios import play_file

PROJECT = """
config: {assistant_id: small}
slots: {name: {type: text}}
flows:
  greet:
    description: greets
    steps: [{collect: name}, {action: utter_hello}]
responses:
  utter_ask_name: [{text: "Who?"}]
  utter_hello: [{text: "Hello {name}"}]
"""
RIGHT = {
    "user": "[start greet, set name Ann]",
    "bot": "[{response: hello, text: Hello Ann, buttons: 0}, ask_continue_conversation]",
    "slots": "{}",
    "stack": "pattern_completed ?continue_conversation",
    "flows": "[started greet, completed greet@greet_1_utter_hello]",
    "patterns": "[started pattern_collect_information, completed pattern_collect_information, "
    "started pattern_completed, started pattern_collect_information]",
    "set": "[{name: Ann}, {name: null}]",
    "events": "[{event: flow_started}, {event: bot, text: Hello Ann}]",
}


def written(folder: Path, **changed: str) -> Path:
    (folder / "project.yml").write_text(PROJECT)
    row = {**RIGHT, **changed}
    lines = ["project: project.yml", "scenarios:", "  - id: one"] + [f"    {key}: {text}" for key, text in row.items()]
    path = folder / "table.yml"
    path.write_text("\n".join(lines))
    return path


def test_a_right_table_passes(tmp_path: Path) -> None:
    (result,) = asyncio.run(play_file(written(tmp_path)))
    assert result.differences == ()


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("bot", "[hello]"),
        ("bot", "[hello, ask_continue_conversation, hello]"),
        ("bot", "[ask_name, ask_continue_conversation]"),
        ("bot", "[{response: hello, text: Hello}, ask_continue_conversation]"),
        ("bot", "[{response: hello, contains: Bob}, ask_continue_conversation]"),
        ("bot", "[{response: hello, buttons: 1}, ask_continue_conversation]"),
        ("slots", "{name: Ann}"),
        ("stack", "idle"),
        ("flows", "[started greet]"),
        ("flows", "[started greet, completed greet@elsewhere]"),
        ("patterns", "[]"),
        ("set", "[{name: Ann}]"),
        ("events", "[{event: bot}, {event: flow_started, flow_id: greet}]"),
        ("events", "[{event: bot, metadata: {utter_action: utter_other}}]"),
    ],
)
def test_a_wrong_expectation_shows(tmp_path: Path, key: str, wrong: str) -> None:
    (result,) = asyncio.run(play_file(written(tmp_path, **{key: wrong})))
    assert len(result.differences) == 1


def test_true_is_not_one(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        set="[{name: 1}, {name: null}]",
        user="[start greet, set name true]",
        bot="[hello, ask_continue_conversation]",
        events="[]",
    )
    (result,) = asyncio.run(play_file(path))
    assert "set should be" in result.differences[0]


def test_a_row_must_say_everything(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text().replace("    slots: {}\n", ""))
    with pytest.raises(ScenarioError, match="says nothing about slots"):
        load_scenarios(path)


def test_unknown_keys_and_states_and_files_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, slotz="{}")
    with pytest.raises(ScenarioError, match="slotz"):
        load_scenarios(path)
    with pytest.raises(ScenarioError, match="nowhere"):
        load_scenarios(written(tmp_path, given="nowhere"))
    path.write_text("{")
    with pytest.raises(ScenarioError, match="can't be read"):
        load_scenarios(path)


def test_commands_have_a_short_form_and_unknown_ones_are_told() -> None:
    assert read_command("set amount 5") == cmd.SetSlot("amount", 5)
    assert read_command('set amount "5"') == cmd.SetSlot("amount", "5")
    assert read_command("set name Ann Smith") == cmd.SetSlot("name", "Ann Smith")
    assert read_command("cannot handle cannot_handle_chitchat") == cmd.CannotHandle("cannot_handle_chitchat")
    assert read_command("clarify a b") == cmd.Clarify(("a", "b"))
    with pytest.raises(ScenarioError, match="dance"):
        read_command("dance")


@pytest.mark.parametrize("kind", list(cmd.KINDS.values()))
def test_every_command_survives_its_json_form(kind: type[cmd.Command]) -> None:
    made = {
        cmd.StartFlow: cmd.StartFlow("f"),
        cmd.SetSlot: cmd.SetSlot("a", [1], "NLU"),
        cmd.CorrectSlots: cmd.CorrectSlots((cmd.CorrectedSlot("a", 1, "LLM"),)),
        cmd.Clarify: cmd.Clarify(("a", "b")),
        cmd.RestartAgent: cmd.RestartAgent("x"),
        cmd.ErrorCommand: cmd.ErrorCommand("t", {"a": 1}),
    }.get(kind) or kind()
    assert cmd.from_dict(made.to_dict()) == made


def test_what_is_no_command_is_refused() -> None:
    for data in ({}, {"command": "dance"}, {"command": "start flow"}):
        with pytest.raises(ValueError, match="command"):
            cmd.from_dict(data)


def test_payloads_say_what_they_can() -> None:
    assert as_payload((cmd.SetSlot("a", True), cmd.SetSlot("b", None)), {}) == "/SetSlots(a=true, b=null)"
    assert as_payload((cmd.SetSlot("a", "none"),), {}) is None
    assert as_payload((cmd.CancelFlow(),), {}) is None
