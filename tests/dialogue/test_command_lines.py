"""What language models write as commands, in three syntaxes: read where it can be, and never a fault (4.2, 4.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.engine import commands as cmd
from talkwright.engine.commands import CannotHandle, Clarify, Command, SetSlot, StartFlow
from talkwright.engine.dialogue.frames import pattern_frame
from talkwright.engine.understanding.llm.command_lines import SYNTAXES, Syntax, read_commands
from talkwright.engine.understanding.merging import merged, settles

FLOWS = ("balance", "send_money", "move-house")


@pytest.mark.parametrize(
    ("syntax", "text", "commands"),
    [
        ("v1", "StartFlow(balance)", [StartFlow("balance")]),
        (
            "v1",
            "I say StartFlow('balance'), SetSlot(amount, 50) and so on",
            [StartFlow("balance"), SetSlot("amount", "50")],
        ),
        ("v1", 'SetSlot(recipient, "Ann Lee")', [SetSlot("recipient", "Ann Lee")]),
        ("v1", "SetSlot(a, 1) SetSlot(b, 2)", [SetSlot("a", "1")]),
        ("v1", "CancelFlow()\nChitChat()\nSearchAndReply()", [cmd.CancelFlow(), cmd.ChitChat(), cmd.Knowledge()]),
        ("v1", "SkipQuestion()\nRepeatLastBotMessages()", [cmd.SkipQuestion(), cmd.Repeat()]),
        ("v1", "ContinueAgent()\nRestartAgent(helper)", [cmd.ContinueAgent(), cmd.RestartAgent("helper")]),
        ("v1", "Clarify(send_money, balance)", [Clarify(("balance", "send_money"))]),
        ("v1", "CannotHandle()", [CannotHandle()]),
        ("v1", "HumanHandoff()", [CannotHandle()]),
        ("v2", "start flow balance", [StartFlow("balance")]),
        ("v2", '  3. Start Flow "move-house".', [StartFlow("move-house")]),
        ("v2", "please start flow balance", [CannotHandle()]),
        ("v2", "start flow balance now", [CannotHandle()]),
        ("v2", "set slot note milk, eggs and bread", [SetSlot("note", "milk, eggs and bread")]),
        ("v2", "set slot note 'milk'.", [SetSlot("note", "milk")]),
        ("v2", "set slot note -5", [SetSlot("note", "-5")]),
        ("v2", "set slot note [missing information]", [SetSlot("note", None)]),
        ("v2", "set slot flow_name balance", [StartFlow("balance")]),
        ("v2", "cancel flow", [cmd.CancelFlow()]),
        ("v2", "disambiguate flows send_money balance", [Clarify(("balance", "send_money"))]),
        ("v2", "disambiguate flows", [Clarify()]),
        ("v2", "disambiguate flows nope", [Clarify()]),
        ("v2", "offtopic reply\nprovide info", [cmd.ChitChat(), cmd.Knowledge()]),
        ("v2", "search and reply", [CannotHandle()]),
        ("v2", "skip question\nrepeat message", [cmd.SkipQuestion(), cmd.Repeat()]),
        ("v2", "hand over\ncannot handle\nchange", [CannotHandle()]),
        ("v3", "search and reply", [cmd.Knowledge()]),
        ("v3", "provide info", [CannotHandle()]),
        ("v3", "```\nstart flow balance\nset slot amount 5\n```", [StartFlow("balance"), SetSlot("amount", "5")]),
        ("v3", "", [CannotHandle()]),
    ],
)
def test_an_answer_is_read_line_by_line(syntax: Syntax, text: str, commands: list[Command]) -> None:
    assert read_commands(text, syntax, flows=FLOWS) == commands


def test_nothing_is_added_where_something_was_understood_before() -> None:
    assert read_commands("well", "v2", flows=FLOWS, earlier=True) == []


WORDS = st.sampled_from(
    [
        "start flow",
        "set slot",
        "disambiguate flows",
        "StartFlow(",
        "SetSlot(",
        ")",
        "(",
        ",",
        "balance",
        "'",
        "`",
        "“",
        "\n",
        " ",
        "1. ",
        "é",
    ]
)


@given(st.lists(WORDS | st.text(max_size=5), max_size=30).map("".join), st.sampled_from(SYNTAXES))
def test_whatever_a_model_writes_makes_commands_of_flows_that_are_there(text: str, syntax: Syntax) -> None:
    commands = read_commands(text, syntax, flows=FLOWS)
    assert commands
    assert all(command.flow in FLOWS for command in commands if isinstance(command, StartFlow))
    assert all(set(command.options) <= set(FLOWS) for command in commands if isinstance(command, Clarify))


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_long_answer_is_read_in_time_that_grows_with_it(syntax: Syntax) -> None:
    text = "'" * 20_000 + "set slot " + "(" * 20_000 + "start flow " * 2_000
    assert read_commands(text, syntax, flows=FLOWS)


def test_what_an_earlier_source_said_stands() -> None:
    earlier = [StartFlow("balance"), SetSlot("amount", 5, "NLU")]
    later = [StartFlow("send_money"), StartFlow("balance"), SetSlot("amount", 7), SetSlot("note", "x"), cmd.ChitChat()]
    assert merged(earlier, later) == [*earlier, SetSlot("note", "x"), cmd.ChitChat()]
    assert merged([], later) == later


def test_a_start_or_the_answer_in_question_settles_a_message() -> None:
    stack = (pattern_frame("pattern_collect_information", "A", collect="amount"),)
    assert settles([StartFlow("balance")], ())
    assert settles([SetSlot("amount", 5)], stack)
    assert not settles([SetSlot("note", "x")], stack)
    assert not settles([SetSlot("amount", 5)], ())
    assert not settles([], stack)
