"""What only follows from a file that can't be read is not told besides."""

from __future__ import annotations

import pytest

from talkwright.assistant.items import ItemBody
from talkwright.assistant.project import read_contents
from talkwright.assistant.validation import check_assistant
from talkwright.assistant.validation.cascades import without_consequences

FLOW = b"flows:\n  a:\n    description: Goes on.\n    steps:\n    - call: x\n    - action: utter_nowhere\n"


def told(**files: bytes) -> set[str]:
    """The codes of all that is told of a project whose files are named without their ending."""
    project = read_contents({f"{name}.yml": text for name, text in files.items()})
    found = check_assistant(ItemBody(str(item.kind), item.name, item.body) for item in project.items)
    return {problem.code for problem in without_consequences([*project.problems, *found], project)}


@pytest.mark.parametrize("broken", [b"flows:\n  x: [\n", b"\xff\xfe", b"flow: [\n"])
def test_an_assistant_whose_flows_may_stand_in_a_file_that_cannot_be_read_does_not_lack_them(broken: bytes) -> None:
    assert told(broken=broken) == {"file-unreadable"}
    assert told(domain=b"slots: {}\n") == {"no-flow"}


def test_a_name_counts_as_missing_unless_such_a_file_may_hold_it() -> None:
    assert told(a=FLOW) >= {"undeclared-flow", "undeclared-response"}
    named = told(a=FLOW, broken=b"flows:\n  x: [\n")
    assert (("undeclared-flow" in named), ("undeclared-response" in named)) == (False, True)
    assert not {"undeclared-flow", "undeclared-response"} & told(a=FLOW, broken=b"\xff\xfe"), "no text to look into"
