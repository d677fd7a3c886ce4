"""End-to-end tests: that they name what exists (dialogue-semantics 9)."""

from __future__ import annotations

from collections.abc import Mapping

from talkwright.assistant.flows import PATTERN_PREFIX
from talkwright.assistant.references import Reference, references
from talkwright.assistant.validation.check import Check

_FILE_KEYS = ("test_cases", "fixtures", "metadata", "stub_custom_actions")
_CASE_KEYS = ("test_case", "steps", "fixtures", "metadata")
_STEP_KEYS = (
    "user",
    "bot",
    "utter",
    "slot_was_set",
    "slot_was_not_set",
    "metadata",
    "assertions",
    "assertion_order_enabled",
)


def check_test(check: Check) -> None:
    """Checks one test file."""
    if not isinstance(check.body, Mapping):
        check.findings.wrong_shape("", f"The test file “{check.name}”", "a map with `test_cases`", check.body)
        return
    cases = check.findings.items(check.body, "test_cases", "", f"the test file “{check.name}”")
    if "test_cases" in check.body:  # what a conftest.yml shares may hold settings of judges too
        check.findings.unknown_keys(check.body, _FILE_KEYS, "", f"The test file “{check.name}”")
    names: set[str] = set()
    for index, case in enumerate(cases):
        path = f"/test_cases/{index}"
        if not isinstance(case, Mapping) or not isinstance(case.get("test_case"), str):
            check.findings.error(
                "wrong-shape", path, "A test case must be a map with `test_case`, its name, and `steps`."
            )
            continue
        if case["test_case"] in names:
            check.findings.warning(
                "test-twice", path, f"Two test cases are called “{case['test_case']}”; results could not be told apart."
            )
        names.add(case["test_case"])
        check.findings.unknown_keys(case, _CASE_KEYS, path, f"The test case “{case['test_case']}”")
        _check_steps(check, case, path)
    for reference in references("test", check.name, check.body):
        if not _exists(check, reference):
            check.missing(reference, f"The test file “{check.name}”", severe=False)


def _check_steps(check: Check, case: Mapping[str, object], path: str) -> None:
    steps = check.findings.items(case, "steps", path, f"test case “{case['test_case']}”")
    for index, step in enumerate(steps):
        if not isinstance(step, Mapping) or not any(key in _STEP_KEYS for key in step):
            check.findings.error(
                "wrong-shape",
                f"{path}/steps/{index}",
                "A step of a test must be one of `user`, `bot`, `utter`, `slot_was_set` and `slot_was_not_set`.",
            )
        else:
            what = f"A step of the test case “{case['test_case']}”"
            check.findings.unknown_keys(step, _STEP_KEYS, f"{path}/steps/{index}", what)


def _exists(check: Check, reference: Reference) -> bool:
    match reference.kind:
        case "slot":
            return check.facts.slot(reference.name) is not None
        case "response":
            return check.facts.response(reference.name) is not None
        case "flow":
            return reference.name.startswith(PATTERN_PREFIX) or check.facts.has("flow", reference.name)
        case "action":
            known = any(check.facts.has(kind, reference.name) for kind in ("action", "form"))
            return known or reference.name.startswith("flow_")
        case kind:
            return check.facts.has(kind, reference.name)
