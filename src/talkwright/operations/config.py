"""Settings: one class per area, read from `TALKWRIGHT_*`, secrets also from the file that `…_FILE` names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from talkwright.misfits import words

PREFIX = "TALKWRIGHT_"


class SettingsError(Exception):
    """Settings are missing or wrong; the message names each one and how to mend it."""


class SecretFileSource(PydanticBaseSettingsSource):
    """Reads `TALKWRIGHT_X_FILE` for each secret field `x`, so that secrets need not stand in the environment."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The file's text without its last line break, or None where no file is named."""
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        if path is None or "SecretStr" not in str(field.annotation):
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\n"), field_name, False
        except OSError as error:
            raise SettingsError(
                f"{PREFIX}{field_name.upper()}_FILE names {path}, which can't be read: {error.strerror}."
            ) from error

    def __call__(self) -> dict[str, Any]:
        """All secrets that a file gives."""
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


class Section(BaseSettings):
    """Base of every settings class: field `database_url` is read from `TALKWRIGHT_DATABASE_URL`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, env_ignore_empty=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's; we read no .env
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - replaced by SecretFileSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Values given in code win, then the environment, then secret files."""
        return init_settings, env_settings, SecretFileSource(settings_cls)


S = TypeVar("S", bound=Section)


class Settings:
    """The sections that a role has read, each found by its class: `settings[DatabaseSettings]`."""

    def __init__(self, sections: Iterable[Section]) -> None:
        self._sections = {type(section): section for section in sections}

    def __getitem__(self, section: type[S]) -> S:
        """One section; raises KeyError for one that the role did not ask for."""
        return cast(S, self._sections[section])


def load(*sections: type[Section]) -> Settings:
    """Read several sections at once.

    Raises SettingsError that names everything missing or wrong in all of them together.
    """
    loaded: list[Section] = []
    faults: list[str] = []
    for section in sections:
        try:
            loaded.append(section())
        except ValidationError as error:
            faults.extend(_fault(entry) for entry in error.errors(include_url=False, include_input=False))
    if faults:
        raise SettingsError("These settings need attention:\n" + "\n".join(f"  {fault}" for fault in faults))
    return Settings(loaded)


def _fault(entry: Mapping[str, Any]) -> str:
    if not entry["loc"]:  # of several settings together, which the sentence names
        return f"{words(entry)}."
    name = PREFIX + str(entry["loc"][0]).upper()
    return f"{name} is not set." if entry["type"] == "missing" else f"{name} {words(entry)}."


def unknown_variables(known: Iterable[str], environment: Mapping[str, str] | None = None) -> list[str]:
    """The `TALKWRIGHT_*` variables that no section reads: most likely a slip of the pen."""
    names = set(known)
    return sorted(name for name in (environment or os.environ) if name.startswith(PREFIX) and name not in names)


def reveal(secret: SecretStr | None) -> str | None:
    """The text of a secret, for the one place that needs it."""
    return secret.get_secret_value() if secret is not None else None
