"""`talkwright test …`: prove an assistant by tables of scenarios or by end-to-end conversations."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from talkwright.cli.test_e2e import EPILOG, e2e

test_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Prove an assistant: exit code 0 if all passed, 1 if something failed, 2 if a file can't be played.",
    rich_markup_mode="markdown",
)


_EXAMPLES = """Examples:

`talkwright test scenarios tests/greeting.yml`

`talkwright test scenarios tests/*.yml --profile strict-3.21`

`talkwright test scenarios tests/greeting.yml --only G1 --only G2`

How such a file is written: docs/formats/scenarios.md.
"""


@test_app.command(epilog=_EXAMPLES)
def scenarios(
    files: Annotated[
        list[Path], typer.Argument(help="Scenario files (YAML) with their expectations.", exists=True, dir_okay=False)
    ],
    profile: Annotated[
        str | None, typer.Option(help="Play in this profile only: `default` or `strict-3.21`; else in both.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Play only the scenario with this id; may be repeated.")
    ] = None,
) -> None:
    """Play tables of scenarios: commands in; messages, slots, stack and flow events are compared as whole lists.

    Each scenario is played from an empty conversation, in both profiles. What went another way is shown as a diff:
    `-` is missing, `+` came instead. Exit code 0 if all passed, 1 if one failed or none was played, 2 if a file can't
    be read.
    """
    from talkwright.assistant.compatibility import COMPATIBILITIES  # noqa: PLC0415 - as above
    from talkwright.engine.logs import configure_logs  # noqa: PLC0415 - only what the command needs
    from talkwright.engine.testing.scenario_words import ScenarioError  # noqa: PLC0415 - as above
    from talkwright.engine.testing.scenarios import play_file  # noqa: PLC0415 - as above

    configure_logs(quiet=True)
    if profile not in (None, *COMPATIBILITIES):
        typer.echo(f"There is no profile “{profile}”; there are {' and '.join(COMPATIBILITIES)}.", err=True)
        raise typer.Exit(2)
    try:
        results = [
            result for file in files for result in asyncio.run(play_file(file, profile=profile, only=only or ()))
        ]
    except (ScenarioError, OSError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem
    _report([(result.passed, str(result)) for result in results], "scenarios")


test_app.command(name="e2e", epilog=EPILOG)(e2e)


def _report(outcomes: list[tuple[bool, str]], what: str) -> None:
    """Tell each outcome and the sum; ends the command. Nothing played is a failure: a wrong path must not pass."""
    for _, words in outcomes:
        typer.echo(words)
    passed = sum(right for right, _ in outcomes)
    typer.echo(f"{passed} of {len(outcomes)} {what} passed")
    raise typer.Exit(0 if outcomes and passed == len(outcomes) else 1)
