"""Settings of the second engine."""

from __future__ import annotations

from pydantic import Field, SecretStr

from talkwright.operations.config import Section


class RasaSettings(Section):
    """Which installation trains and runs the assistants that choose it; without one nobody can choose it."""

    rasa_python: str = Field(
        "",
        description="The Python interpreter of an installation of Rasa Open Source 3.6 or Rasa Pro from 3.7 on, such "
        "as `/opt/rasa/bin/python`: with it, assistants can choose Rasa as their engine.",
    )
    rasa_image: str = Field(
        "",
        description="On Kubernetes the image with that installation; `TALKWRIGHT_RASA_PYTHON` is then the interpreter "
        "inside of it.",
    )
    rasa_license: SecretStr | None = Field(
        None, description="The operator's licence of Rasa Pro, which its jobs get; Rasa Open Source needs none."
    )
    rasa_start_seconds: float = Field(
        300.0, gt=0, description="Seconds within which a model of Rasa must answer after its start."
    )
