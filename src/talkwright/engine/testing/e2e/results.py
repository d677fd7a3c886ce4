"""Results for other programs: the two YAML files of the format (dialogue-semantics 9.4), and JUnit's XML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement

from talkwright.assistant.yaml_writing import dump
from talkwright.engine.testing.e2e.cases import USER, Step
from talkwright.engine.testing.e2e.playing import Outcome
from talkwright.engine.testing.e2e.telling import told, turn_lines

PASSED, FAILED = "e2e_results_passed.yml", "e2e_results_failed.yml"
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_results(outcomes: Sequence[Outcome], folder: Path) -> None:
    """Write both files, each whole; one of no outcomes too, so that none of an earlier run stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, passed in ((PASSED, True), (FAILED, False)):
        results = [_result(outcome) for outcome in outcomes if outcome.passed is passed]
        (folder / name).write_text(dump({"test_results": results}), encoding="utf-8")


def _result(outcome: Outcome) -> dict[str, Any]:
    case, miss = outcome.case, outcome.miss
    result: dict[str, Any] = {
        "name": case.name,
        "pass_status": outcome.passed,
        "expected_steps": [_written(step) for step in case.steps],
    }
    if miss is None:
        return result
    result["error_path"] = f"{case.file}:{miss.step.line}"
    if not case.asserts:
        return result | {"difference": told(outcome).splitlines()[1:]}
    transcript = list(turn_lines(outcome.turns[-1].events)) if outcome.turns else []
    failure = {"assertion": miss.expected, "error_message": miss.why, "actual_events_transcript": transcript}
    return result | {"assertion_failure": failure}


def _written(step: Step) -> dict[str, Any]:
    if step.kind == USER:
        asserted = [{assertion.kind: assertion.written} for assertion in step.assertions]
        return {USER: step.value} | ({"assertions": asserted} if asserted else {})
    if isinstance(step.value, str):
        return {step.kind: step.value}
    return {step.kind: [name if _is_any(value) else {name: value} for name, value in step.value]}


def _is_any(value: Any) -> bool:
    return type(value) is object


def write_junit(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write one suite for each file, one case for each test case."""
    root = Element("testsuites")
    for file in sorted({outcome.case.file for outcome in outcomes}):
        of_file = [outcome for outcome in outcomes if outcome.case.file == file]
        failures = sum(not outcome.passed for outcome in of_file)
        suite = SubElement(root, "testsuite", name=_xml(str(file)), tests=str(len(of_file)), failures=str(failures))
        for outcome in of_file:
            case = SubElement(suite, "testcase", classname=_xml(file.stem), name=_xml(outcome.case.name))
            if outcome.miss is not None:
                failure = SubElement(case, "failure", message=_xml(outcome.miss.why), type=outcome.miss.kind)
                failure.text = _xml(told(outcome))
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _xml(text: str) -> str:
    """The text without what XML can't hold."""
    return _NO_XML.sub("\ufffd", text)
