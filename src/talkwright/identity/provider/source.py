"""What `database.migrate` needs to bring the provider's schema forward; apart, because Alembic is slow to import."""

from pathlib import Path

from talkwright.database.migrate import Source
from talkwright.identity.provider.tables import SCHEMA, metadata

SOURCE = Source(SCHEMA, metadata, Path(__file__).parent / "versions")
