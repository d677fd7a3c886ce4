"""`talkwright engine migrate`: makes the tables for conversations, or brings them up to date."""

from __future__ import annotations

from talkwright.engine.lines import say
from talkwright.engine.stores.choosing import store_url
from talkwright.engine.stores.settings import StoreSettings, load_store_settings

MIGRATED, FAILED, REFUSED = 0, 1, 2


def migrate_job(settings: StoreSettings | None = None) -> int:
    """Takes the missing steps in the database of TALKWRIGHT_ENGINE_STORE_URL.

    Returns 0 after success, also where nothing was missing, 1 where the database failed, 2 where a setting is wrong.
    """
    try:
        url = store_url(settings or load_store_settings())
        import psycopg  # noqa: PLC0415 - only what the command needs

        from talkwright.engine.stores.migrate import migrate  # noqa: PLC0415 - as above
    except ImportError:
        say("refused", "PostgreSQL needs the package psycopg: install Talkwright with the extra `postgresql`.")
        return REFUSED
    except ValueError as problem:
        say("refused", str(problem))
        return REFUSED
    try:
        taken = migrate(url)
    except psycopg.Error as problem:
        reason = str(problem).strip().splitlines()
        say("failed", f"The tables can't be made: {reason[0] if reason else type(problem).__name__}")
        return FAILED
    done = f"Took {len(taken)} steps: {', '.join(taken)}" if taken else "The tables were up to date already"
    say("migrated", done, steps=list(taken))
    return MIGRATED
