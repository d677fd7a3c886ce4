"""From a project to a model: read, check, learn, write. Says its progress as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody, Kind
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.project import Project, ProjectRefusedError, located, read_project, talks_of
from talkwright.assistant.validation import ItemFacts, check_assistant, check_item
from talkwright.assistant.validation.cascades import without_consequences
from talkwright.assistant.validation.in_files import InFiles
from talkwright.engine.dialogue.classic.contradictions import contradictions
from talkwright.engine.lines import say, say_problem
from talkwright.engine.model import write_model
from talkwright.engine.search.documents import Document, documents_of
from talkwright.engine.search.training import indexed
from talkwright.engine.understanding.choosing import ChoiceFault
from talkwright.engine.understanding.local.known_languages import languages_without_words, notice_of
from talkwright.engine.understanding.unused import unused_models

TRAINED, REFUSED, FAILED = 0, 2, 1
_NOT_FOR_RUNNING = frozenset({Kind.TEST, Kind.FILE})  # kept by the studio; a bot needs documents as an index only


def train_job(project: Path, out: Path, *, trained_at: str | None = None) -> int:
    """Train the project in a folder or archive and write the model to `out`.

    Returns 0 when the model is written, 2 when the content has errors (each a line), 1 when the project can't be read.
    """
    read = _read(project)
    if read is None:
        return FAILED
    items, assistant, problems = checked(read)
    documents, left_out = documents_of(read.items, assistant.config)
    problems += left_out
    errors = say_problems(problems, read)
    if errors:
        say(
            "refused",
            f"The content has {counted(errors, 'error')}; mend {'it' if errors == 1 else 'them'} and train again.",
            progress=0.1,
        )
        return REFUSED
    train(items, assistant, out, trained_at=trained_at, documents=documents)
    return TRAINED


def validate_job(project: Path, *, strict: bool = False) -> int:
    """Look for what would keep the project from being trained or from working, and say each problem.

    Returns 0 where there is no error (`strict`: no warning either), 2 where there is, 1 when it can't be read.
    """
    read = _read(project)
    if read is None:
        return FAILED
    _, assistant, problems = checked(read)
    problems += [*checked_tests(read), *documents_of(read.items, assistant.config)[1]]
    problems = without_consequences(problems, read)
    say_problems(problems, read)
    found = {problem.key: problem.severity for problem in problems}.values()
    counts = [(sum(one is severity for one in found), severity) for severity in Severity]
    told = ", ".join(counted(number, severity.value) for number, severity in counts if number)
    say("checked", f"{counted(len(assistant.user_flows), 'flow')}: {told or 'nothing to mend'}")
    wrong = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
    return REFUSED if any(severity in wrong for severity in found) else TRAINED


def _read(project: Path) -> Project | None:
    """The project, or None where it can't be read, which is said."""
    say("reading", f"Reading {project.resolve().name}", progress=0.0)
    try:
        read = read_project(project)
    except (ProjectRefusedError, OSError) as problem:
        say("failed", f"{project} can't be read: {problem}", progress=0.0)
        return None
    if read.is_foreign:
        say("failed", f"{project} holds no flow, response, slot, NLU data or setting: name a project.", progress=0.0)
        return None
    return read


def checked(project: Project) -> tuple[list[ItemBody], Assistant, list[Problem]]:
    """What of a project goes into a model, typed, and all its problems."""
    items = items_for_running(project)
    assistant, problems = build_assistant(items)
    say("checking", f"Checking {counted(len(assistant.user_flows), 'flow')}", progress=0.1)
    facts = ItemFacts(ItemBody(item.kind, item.name, item.body) for item in project.items)
    found = check_assistant(items, facts)
    problems = without_consequences([*project.problems, *problems, *found, *contradictions(assistant)], project)
    return items, assistant, located(project, problems)


def checked_tests(project: Project) -> list[Problem]:
    """What is wrong with the project's end-to-end tests, which are no part of a model."""
    facts = ItemFacts(ItemBody(item.kind, item.name, item.body) for item in project.items)
    tests = (item for item in project.items if item.kind == Kind.TEST)
    return [problem for test in tests for problem in check_item(Kind.TEST, test.name, test.body, facts)]


def items_for_running(project: Project) -> list[ItemBody]:
    """What of a project goes into a model."""
    kept = (ItemBody(item.kind, item.name, item.body) for item in project.items if item.kind not in _NOT_FOR_RUNNING)
    return [*kept, *talks_of(project)]


def counted(number: int, what: str) -> str:
    """A number of things in words: `1 flow`, `2 flows`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def say_problems(problems: Sequence[Problem], project: Project) -> int:
    """Say every problem of a project once; how many of them are errors."""
    unique = {problem.key: problem for problem in problems}
    in_files = InFiles(project)
    for problem in unique.values():
        say_problem(problem, in_files.of)
    return sum(problem.severity is Severity.ERROR for problem in unique.values())


def train(
    items: Sequence[ItemBody],
    assistant: Assistant,
    out: Path,
    *,
    trained_at: str | None = None,
    documents: Sequence[Document] = (),
) -> None:
    """Learn from checked content and write the model; answers will be looked up in `documents`."""
    from talkwright.engine.understanding.local.learning import (  # noqa: PLC0415 - brings scikit-learn, which takes seconds
        train_classifier,
    )

    for language in languages_without_words(assistant):
        say("notice", notice_of(language))
    with suppress(ChoiceFault):  # a bot that wants what nobody knows is refused where it is run
        for problem in unused_models(assistant):
            say_problem(problem)
    say("learning", "Learning to understand", progress=0.2)
    classifier = train_classifier(
        assistant, lambda share, message: say("learning", message, progress=round(0.2 + 0.7 * share, 2))
    )
    search = None
    if documents:
        say("learning", f"Indexing {counted(len(documents), 'document')}", progress=0.92)
        search, notices = indexed(assistant, documents)
        for notice in notices:
            say("notice", notice)
    say("writing", "Writing the model", progress=0.95)
    metadata = write_model(out, items, assistant, classifier, trained_at=trained_at, search=search)
    say("trained", f"The model {out.name} is ready", progress=1.0, model_id=metadata["model_id"])
