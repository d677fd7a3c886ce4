"""The database: its tables, migrations, embedded server, announcements, and one module of queries per concept."""
