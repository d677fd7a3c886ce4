"""`talkwright test …`: prove an assistant by tables of scenarios, or by conversations with a running bot."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

test_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Prove an assistant: exit code 0 if all passed, 1 if something failed, 2 if a file can't be played.",
)


@test_app.command()
def scenarios(
    files: Annotated[
        list[Path], typer.Argument(help="Scenario files (YAML) with their expectations.", exists=True, dir_okay=False)
    ],
) -> None:
    """Play tables of scenarios: commands in; what follows is compared exactly."""
    from talkwright.engine.logs import configure_logs  # noqa: PLC0415 - only what the command needs
    from talkwright.engine.testing.scenario_files import ScenarioError  # noqa: PLC0415 - as above
    from talkwright.engine.testing.scenarios import play_file  # noqa: PLC0415 - as above

    configure_logs(quiet=True)
    try:
        results = [result for file in files for result in asyncio.run(play_file(file))]
    except (ScenarioError, OSError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem
    _report([(result.passed, str(result)) for result in results], "scenarios")


@test_app.command()
def conversations(
    path: Annotated[Path, typer.Argument(help="A file or folder of end-to-end test cases.", exists=True)],
    url: Annotated[str, typer.Option(help="Where the bot answers.")] = "http://127.0.0.1:5005",
    case: Annotated[str | None, typer.Option(help="Play only the case with this name.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="TALKWRIGHT_ENGINE_TOKEN", help="The bot's token, where it has one.")
    ] = None,
) -> None:
    """Play end-to-end test cases as free text against a running bot."""
    import httpx2  # noqa: PLC0415 - only what the command needs

    from talkwright.engine.testing.cases import CaseError, read_cases  # noqa: PLC0415 - as above
    from talkwright.engine.testing.conversations import Player  # noqa: PLC0415 - as above

    try:
        cases = read_cases(path, case)
        with Player(url, token=token) as player:
            outcomes = player.play_all(cases)
    except CaseError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem
    except httpx2.HTTPError as problem:
        typer.echo(f"The bot at {url} can't be talked to: {problem}", err=True)
        raise typer.Exit(2) from problem
    _report([(outcome.passed, str(outcome)) for outcome in outcomes], "conversations")


def _report(outcomes: list[tuple[bool, str]], what: str) -> None:
    """Tell each outcome and the sum; ends the command. Nothing played is a failure: a wrong path must not pass."""
    for _, words in outcomes:
        typer.echo(words)
    passed = sum(right for right, _ in outcomes)
    typer.echo(f"{passed} of {len(outcomes)} {what} passed")
    raise typer.Exit(0 if outcomes and passed == len(outcomes) else 1)
