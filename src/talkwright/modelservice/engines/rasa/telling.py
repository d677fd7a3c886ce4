"""What a line of Rasa's log means: its level, the stage that it begins, how far the work is."""

from __future__ import annotations

import re
from dataclasses import replace

from talkwright.modelservice.jobs import Level, LogLine

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)? +\[?(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) *\]? +"
    r"(?:(?P<logger>[A-Za-z_][\w.]*) +- +)?(?P<message>.*)$",
    re.DOTALL | re.IGNORECASE,
)
_LEVELS: dict[str, Level] = {
    "DEBUG": "debug",
    "INFO": "info",
    "WARNING": "warning",
    "ERROR": "error",
    "CRITICAL": "error",
}
_STAGES: tuple[tuple[re.Pattern[str], str, float | None], ...] = (
    (re.compile(r"^Started validating "), "reading", 0.1),
    (re.compile(r"^(Starting to train component|Restored component) "), "learning", 0.3),
    (re.compile(r"^Starting to train policy|^Finished training component 'RulePolicy'"), "learning", 0.8),
    (re.compile(r"^Your Rasa model is trained and saved at "), "trained", 1.0),
    (re.compile(r"^Starting Rasa server on "), "starting", None),
    (re.compile(r"^Loading model "), "loading", None),
    (re.compile(r"^Rasa server is up and running"), "answering", None),
)


def told(line: LogLine) -> LogLine:
    """The line as the studio shows it; one of the job's own script says all by itself."""
    if line.stage is not None or line.port is not None or line.problem is not None:
        return line
    text = _COLOURS.sub("", line.message).rsplit("\r", 1)[-1].strip()
    found = _LINE.match(text)
    level: Level = _LEVELS[found["level"].upper()] if found is not None else _guessed(text, line.level)
    message = found["message"] if found is not None else text
    for pattern, stage, progress in _STAGES:
        if pattern.search(message):
            return replace(line, message=message, level=level, stage=stage, progress=progress)
    return replace(line, message=message, level=level)


def _guessed(text: str, level: Level) -> Level:
    """Progress bars and what libraries say to developers are of interest to nobody else."""
    return "debug" if ("|" in text and "%" in text) or "Warning:" in text else level
