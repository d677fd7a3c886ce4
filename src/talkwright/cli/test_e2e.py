"""`talkwright test e2e`: play end-to-end test cases with a project, a model or a running bot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from talkwright.engine.testing.e2e.cases import Case
    from talkwright.engine.testing.e2e.playing import Bot, Outcome

EPILOG = """Examples:

`talkwright test e2e tests`

`talkwright test e2e "tests/payments.yml::a transfer" --understanding oracle`

`talkwright test e2e tests --url http://127.0.0.1:5005 --at-once 8`

How such files are written: docs/formats/e2e.md.
"""


def e2e(
    path: Annotated[str, typer.Argument(help="A folder, a file, or file::case.")] = "tests",
    *,
    source: Annotated[
        Path | None,
        typer.Option(
            "--project",
            "--model",
            help="The project (trained first) or model to play with; else the project that the tests lie in.",
            exists=True,
        ),
    ] = None,
    understanding: Annotated[
        str,
        typer.Option(help="`local`: the trained model; `llm`: the project's; `oracle`: <test>.oracle.yml"),
    ] = "local",
    url: Annotated[str | None, typer.Option(help="Play with a bot that runs there instead.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="TALKWRIGHT_ENGINE_TOKEN", help="The running bot's token, where it has one.")
    ] = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop after the first case that fails.")] = False,
    at_once: Annotated[int, typer.Option(min=1, help="So many conversations at a time.")] = 1,
    output: Annotated[Path | None, typer.Option(help="Write e2e_results_*.yml into this folder.")] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Tell which steps no case came to; with --output as CSV too.")
    ] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
) -> None:
    """Play end-to-end test cases: people's messages in; what the bot says and does is held against each case.

    Custom actions are stubbed where the file says so and run on the project's action server elsewhere. Exit code 0 if
    all passed, 1 if one failed or none was played, 2 if something can't be played.
    """
    from talkwright.engine.threads import one_thread  # noqa: PLC0415 - only what the command needs

    one_thread()
    import httpx2  # noqa: PLC0415 - as above

    from talkwright.engine.logs import configure_logs  # noqa: PLC0415 - as above
    from talkwright.engine.model import ModelError  # noqa: PLC0415 - as above
    from talkwright.engine.shell import TrainingRefusedError  # noqa: PLC0415 - as above
    from talkwright.engine.testing.e2e.bots import HttpBot  # noqa: PLC0415 - as above
    from talkwright.engine.testing.e2e.cases import CaseError  # noqa: PLC0415 - as above
    from talkwright.engine.testing.e2e.files import project_of, read_cases  # noqa: PLC0415 - as above
    from talkwright.engine.testing.e2e.running import Asked, bot_of  # noqa: PLC0415 - as above
    from talkwright.engine.testing.e2e.telling import shared_fault  # noqa: PLC0415 - as above
    from talkwright.engine.understanding.choosing import ChoiceFault  # noqa: PLC0415 - as above

    configure_logs(quiet=True)
    if understanding not in (*Asked,):
        _refuse(f"There is no understanding “{understanding}”; there are {' and '.join(Asked)}.")
    source = source or project_of(path)
    try:
        cases = read_cases(path)
        if url is None and source is None:
            _refuse(f"{path} lies in no project (a folder with config.yml): name one with --project.")
        bot = bot_of(source, Asked(understanding), cases) if source and not url else HttpBot(url or "", token=token)
        played = asyncio.run(_play(bot, cases, at_once=at_once, fail_fast=fail_fast))
    except (CaseError, ChoiceFault, ModelError, TrainingRefusedError) as problem:
        _refuse(str(problem))
    except httpx2.HTTPError as problem:
        _refuse(f"The bot at {url} can't be talked to: {problem}")
    _write(played, source, output, junit, coverage=coverage)
    if (cause := shared_fault(played)) is not None:
        typer.echo(cause)
    passed = sum(outcome.passed for outcome in played)
    left = f", {len(cases) - len(played)} not played" if len(played) < len(cases) else ""
    typer.echo(f"{passed} of {len(played)} cases passed{left}")
    raise typer.Exit(0 if played and passed == len(played) else 1)


def _refuse(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(2)


async def _play(
    bot_of: AbstractAsyncContextManager[Bot], cases: Sequence[Case], *, at_once: int, fail_fast: bool
) -> list[Outcome]:
    """Play all, telling each as it ends."""
    from talkwright.engine.testing.e2e.playing import play_all  # noqa: PLC0415 - only what the command needs
    from talkwright.engine.testing.e2e.telling import told  # noqa: PLC0415 - as above

    outcomes: list[Outcome] = []
    async with bot_of as bot:
        async for outcome in play_all(bot, cases, at_once=at_once, fail_fast=fail_fast):
            typer.echo(told(outcome))
            outcomes.append(outcome)
    return outcomes


def _write(
    outcomes: Sequence[Outcome], source: Path | None, output: Path | None, junit: Path | None, *, coverage: bool
) -> None:
    """The files that were asked for, and what is told below the cases."""
    from talkwright.engine.testing.e2e.results import write_junit, write_results  # noqa: PLC0415 - only what is asked
    from talkwright.engine.testing.e2e.telling import accuracy  # noqa: PLC0415 - as above

    if output is not None:
        write_results(outcomes, output)
    if junit is not None:
        write_junit(outcomes, junit)
    for line in accuracy(outcomes):
        typer.echo(line)
    if coverage and source is not None:
        from talkwright.engine.testing.e2e.coverage import coverage_of, flow_lines, write_coverage  # noqa: PLC0415 - as above

        for line in flow_lines(coverage_of(source, outcomes)):
            typer.echo(line)
        if output is not None:
            write_coverage(outcomes, source, output)
