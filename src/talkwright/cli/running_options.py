"""The options of both commands that run a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MODEL = "A model's file, a folder whose newest model counts, or an address."
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)]
Poll = Annotated[
    float | None, typer.Option(help="Seconds between two questions to an address; else it is asked once.", min=1)
]
Endpoints = Annotated[
    Path | None, typer.Option(help="Stands for the endpoints.yml inside models.", exists=True, dir_okay=False)
]
Credentials = Annotated[
    Path | None, typer.Option(help="Stands for the credentials.yml inside models.", exists=True, dir_okay=False)
]
