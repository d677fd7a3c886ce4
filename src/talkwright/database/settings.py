"""Settings of the database and of the folder that holds everything on one machine."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from talkwright.operations.config import Section, SettingsError


class HomeSettings(Section):
    """Where data lies on one machine."""

    home: Path = Field(
        Path(".talkwright"),
        description="The data folder: the embedded database, models and secrets of this machine.",
    )


class RetentionSettings(Section):
    """For how long the studio keeps what can be made again, or was only told."""

    kept_log_days: int = Field(30, ge=1, description="Days for which the log of a job is kept after its end.")
    kept_attempt_days: int = Field(
        90, ge=1, description="Days for which it is kept how each attempt of a training or deployment ended."
    )
    kept_project_days: int = Field(
        7,
        ge=1,
        description="Days for which a version's project stays in the storage after its last training was "
        "asked for; another training puts it back.",
    )
    kept_unnamed_hours: int = Field(
        24,
        ge=1,
        description="Hours for which an object stays in the storage that no model, training or attempt names any more.",
    )
    kept_deleted_days: int = Field(
        30, ge=1, description="Days for which the models of a deleted assistant stay in the storage."
    )


class DatabaseSettings(Section):
    """How PostgreSQL is reached. Without a URL the embedded server in the data folder is used."""

    database_url: SecretStr | None = Field(
        None,
        description="`postgresql://user:password@host:port/name` with the application's role; a transaction pooler may "
        "stand between. Unset: the embedded server.",
    )
    database_owner_url: SecretStr | None = Field(
        None, description="The same database with the role that owns the schemas, for `talkwright migrate`."
    )
    database_direct_url: SecretStr | None = Field(
        None, description="The application's role past any pooler, for notifications and locks."
    )
    database_pool_size: int = Field(5, ge=1, le=200, description="Connections that one process keeps open.")
    database_pool_overflow: int = Field(10, ge=0, le=200, description="Connections opened beyond that under load.")
    database_pool_timeout: float = Field(10.0, gt=0, description="Seconds to wait for a free connection.")
    database_statement_timeout: float = Field(30.0, gt=0, description="Seconds after which a statement is given up.")
    database_migrate_wait: float = Field(60.0, ge=0, description="Seconds that a migration waits for the server.")
    database_migrate_lock_timeout: float = Field(
        5.0, gt=0, description="Seconds that a migration waits for a lock on a table before it gives up."
    )
    database_migrate_statement_timeout: float = Field(
        300.0, gt=0, description="Seconds after which one statement of a migration is given up."
    )

    @field_validator("database_url", "database_owner_url", "database_direct_url")
    @classmethod
    def _of_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        from sqlalchemy.engine import make_url  # noqa: PLC0415 - only who has a URL loads it here
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - as above

        if value is None:
            return None
        try:
            parsed = make_url(value.get_secret_value())
        except (ArgumentError, ValueError):  # the latter: its port is no number
            parsed = None
        if parsed is None or parsed.get_backend_name() not in ("postgresql", "postgres"):
            raise ValueError("must be like postgresql://user:password@host:port/name") from None
        # What stands before a further @ belongs to the password, which nobody may read in a log.
        if "@" in f"{parsed.host}{parsed.database}":
            raise ValueError("has an @ in its password, which must be written as %40 (: as %3A, / as %2F)") from None
        return value

    @property
    def application(self) -> str:
        """The URL that requests use; raises SettingsError where none is set."""
        if self.database_url is None:
            raise SettingsError(
                "TALKWRIGHT_DATABASE_URL is not set: give the address of a PostgreSQL server, or use `talkwright up`, "
                "which starts its own."
            )
        return self.database_url.get_secret_value()

    @property
    def owner(self) -> str:
        """The URL that migrations use."""
        return self.database_owner_url.get_secret_value() if self.database_owner_url else self.application

    @property
    def owner_setting(self) -> str:
        """The name of the setting that gives it."""
        return f"TALKWRIGHT_DATABASE_{'OWNER_' if self.database_owner_url else ''}URL"

    @property
    def direct(self) -> str:
        """The URL for LISTEN and advisory locks."""
        return self.database_direct_url.get_secret_value() if self.database_direct_url else self.application
