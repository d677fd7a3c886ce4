"""The runner itself: a wrong expectation must show as a diff, and a file that can't be read must say so."""

import asyncio
from pathlib import Path

import pytest

from talkwright.engine import commands as cmd
from talkwright.engine.testing.scenario_files import load_scenarios
from talkwright.engine.testing.scenario_words import ScenarioError, as_payload, read_command, write_command
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
    "flows": "[started greet, started ?, completed ?, completed greet@greet_1_utter_hello, "
    "started pattern_completed, started ?]",
    "rest": "[Hello Ann, Is there anything else I can do for you?]",
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
    results = asyncio.run(play_file(written(tmp_path)))
    assert [(result.profile, result.differences) for result in results] == [("default", ()), ("strict-3.21", ())]


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
        ("flows", "[started greet, completed greet]"),
        ("flows", RIGHT["flows"].replace("utter_hello", "elsewhere")),
        ("flows", RIGHT["flows"].replace("[started greet, started ?", "[started ?, started greet")),
        ("rest", "[Hello Ann]"),
        ("set", "[{name: Ann}]"),
        ("set", "[{name: null}, {name: Ann}]"),
        ("events", "[{event: bot}, {event: flow_started, flow_id: greet}]"),
        ("events", "[{event: bot, metadata: {utter_action: utter_other}}]"),
    ],
)
def test_a_wrong_expectation_shows(tmp_path: Path, key: str, wrong: str) -> None:
    for result in asyncio.run(play_file(written(tmp_path, **{key: wrong}))):
        assert len(result.differences) == 1


def test_a_difference_is_told_as_a_diff_with_what_was_said(tmp_path: Path) -> None:
    path = written(tmp_path, bot="[ask_name, ask_continue_conversation]", stack="greet(r) ?name")
    (result,) = asyncio.run(play_file(path, profile="default"))
    assert str(result).splitlines() == [
        "failed: one  (default)",
        '    turn 1: the user says [start greet, set name "Ann"]',
        "    turn 1, what the bot says:",
        "        - ask_name",
        "        + hello: text 'Hello Ann'",
        "          ask_continue_conversation: text 'Is there anything else I can do for you?'",
        "    turn 1, stack:",
        "        - greet(r)",
        "        - ?name",
        "        + pattern_completed",
        "        + ?continue_conversation",
    ]


def test_a_profile_may_expect_something_else_and_rows_can_be_chosen(tmp_path: Path) -> None:
    path = written(tmp_path, **{"strict-3.21": "{stack: idle}"})
    results = asyncio.run(play_file(path))
    assert [result.passed for result in results] == [True, False]
    assert asyncio.run(play_file(path, only=["two"])) == []


def test_true_is_not_one(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        set="[{name: 1}, {name: null}]",
        user="[start greet, set name true]",
        bot="[hello, ask_continue_conversation]",
        rest="[Hello True, Is there anything else I can do for you?]",
        events="[]",
    )
    (difference,) = asyncio.run(play_file(path))[0].differences
    assert (difference.what, difference.expected[0], difference.actual[0]) == ("set", "name: 1", "name: true")


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "must be a map"),
        ("scenarios: []", "no `project`"),
        ("project: nowhere.yml", "nowhere.yml"),
        ("project: {flowz: {}}", "flowz"),
        ("project: {}\nscenarios: {}", "must be a list"),
        ("project: {}\nscenarios: [{title: x}]", "has no `id`"),
        ("project: {}\nscenarios: [{id: x, given: 5}]", "`given`"),
        (
            "project: {}\nscenarios: [{id: x, user: [dance], bot: [], slots: {}, set: [], stack: idle, flows: []}]",
            "dance",
        ),
        ("project: {}\nscenarios: [{id: x, user: 5, bot: [], slots: {}, set: [], stack: idle, flows: []}]", "`user`"),
        ("project: {}\nscenarios: [{id: x, user: [], bot: x, slots: {}, set: [], stack: idle, flows: []}]", "`bot`"),
        (
            "project: {}\nscenarios: [{id: x, profiles: [y]}]",
            "profile",
        ),
        ("project: {}\nstates: {a: 5}", "The state “a”"),
    ],
)
def test_a_file_of_another_shape_is_told_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "table.yml"
    path.write_text(text)
    with pytest.raises((ScenarioError, FileNotFoundError), match=words):
        load_scenarios(path)


def test_an_id_stands_once(tmp_path: Path) -> None:
    path = written(tmp_path)
    text = path.read_text()
    path.write_text(text + text[text.index("\n  - id") :])
    with pytest.raises(ScenarioError, match="more than one scenario with the id one"):
        load_scenarios(path)


def test_a_project_may_be_a_folder(tmp_path: Path) -> None:
    path = written(tmp_path)
    project = tmp_path / "bot"
    project.mkdir()
    text = (tmp_path / "project.yml").read_text()
    (project / "config.yml").write_text("assistant_id: small\nlanguage: en\npolicies: []\n")
    (project / "domain.yml").write_text(
        "slots:" + text.split("slots:")[1].split("flows:")[0] + "responses:" + text.split("responses:")[1]
    )
    (project / "flows.yml").write_text("flows:" + text.split("flows:")[1].split("responses:")[0])
    path.write_text(path.read_text().replace("project: project.yml", "project: bot"))
    assert all(result.passed for result in asyncio.run(play_file(path)))


def test_commands_have_a_short_form_and_unknown_ones_are_told() -> None:
    assert read_command("set amount 5") == cmd.SetSlot("amount", 5)
    assert read_command('set amount "5"') == cmd.SetSlot("amount", "5")
    assert read_command("set name Ann Smith") == cmd.SetSlot("name", "Ann Smith")
    assert read_command("cannot handle cannot_handle_chitchat") == cmd.CannotHandle("cannot_handle_chitchat")
    assert read_command("clarify a b") == cmd.Clarify(("a", "b"))
    assert read_command("set name Ann by NLU") == cmd.SetSlot("name", "Ann", "NLU")
    for text in ("start greet", "set name null by NLU", "cancel", "clarify a b", "cannot handle x", "error y", "noop"):
        assert write_command(read_command(text)) == text
    for text in ("dance", "set", "set a {"):
        with pytest.raises(ScenarioError, match=text):
            read_command(text)


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
    assert as_payload((cmd.SetSlot("a", 1, "NLU"),), {}) is None
