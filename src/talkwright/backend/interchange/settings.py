"""Where the examples lie."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from talkwright.operations.config import Section


class ExampleSettings(Section):
    """The example assistants."""

    examples_root: Path | None = Field(
        None, description="The folder of example projects, where it is another than the one that comes along."
    )
