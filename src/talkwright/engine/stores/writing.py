"""The statements of conversations; each that writes checks the turn's ticket and locks it until it has committed."""

from __future__ import annotations

_MINE = """
WITH mine AS MATERIALIZED (
    SELECT 1 FROM talkwright_engine.tickets
    WHERE token = %(token)s AND expires_at > clock_timestamp() FOR UPDATE
)
"""
_CONVERSATION = """
    INSERT INTO talkwright_engine.conversations AS c (sender, user_id, seq, tail, snapshot, write, changed_at)
    SELECT %(sender)s, %(user_id)s, %(seq)s, %(tail)s, %(snapshot)s, %(write)s, clock_timestamp() FROM mine
"""
_CHANGED = """
    ON CONFLICT (sender) DO UPDATE SET user_id = excluded.user_id, seq = excluded.seq, tail = excluded.tail,
        snapshot = excluded.snapshot, write = excluded.write, changed_at = excluded.changed_at
"""
_EVENTS = """
    INSERT INTO talkwright_engine.events (sender, seq, type, at, body)
    SELECT %(sender)s, %(first)s - 1 + e.place, e.type, e.at, e.body
    FROM kept, unnest(%(types)s::text[], %(ats)s::float8[], %(bodies)s::text[])
        WITH ORDINALITY AS e(type, at, body, place)
"""

# Adds events to exactly the conversation that the turn has read.
SAVE = f"""{_MINE}, kept AS (
    {_CONVERSATION}
    WHERE %(known)s = 0 OR EXISTS (SELECT 1 FROM talkwright_engine.conversations WHERE sender = %(sender)s)
    {_CHANGED} WHERE c.seq = %(known)s
    RETURNING seq
), written AS ({_EVENTS}), detailed AS (
    INSERT INTO talkwright_engine.details (sender, message_id, body)
    SELECT %(sender)s, d.message_id, d.body
    FROM kept, unnest(%(message_ids)s::text[], %(details)s::text[]) AS d(message_id, body)
    ON CONFLICT (sender, message_id) DO UPDATE SET body = excluded.body, recorded_at = now()
)
SELECT (SELECT count(*) FROM mine), (SELECT seq FROM kept)
""".encode()  # noqa: S608 - constants

KNOWN = b"SELECT seq FROM talkwright_engine.conversations WHERE sender = %(sender)s AND write = %(write)s"

# Each in its turn, in one transaction; the last one says whether the conversation was held.
REPLACE = (
    f"{_MINE} DELETE FROM talkwright_engine.events USING mine WHERE sender = %(sender)s".encode(),  # noqa: S608 - as above
    f"""{_MINE}, kept AS ({_CONVERSATION} {_CHANGED} RETURNING seq), written AS ({_EVENTS})
    SELECT (SELECT count(*) FROM mine), (SELECT seq FROM kept)""".encode(),  # noqa: S608 - as above
)

DELETE = f"""{_MINE}, gone AS (
    DELETE FROM talkwright_engine.conversations USING mine WHERE sender = %(sender)s RETURNING seq
), events AS (
    DELETE FROM talkwright_engine.events USING mine WHERE sender = %(sender)s
), details AS (
    DELETE FROM talkwright_engine.details USING mine WHERE sender = %(sender)s
)
SELECT (SELECT count(*) FROM mine), (SELECT seq FROM gone)
""".encode()  # noqa: S608 - constants

# Beside the events the conversation itself, so that one without any is known too.
EVENTS = """
SELECT c.seq, c.user_id, e.body FROM talkwright_engine.conversations c
LEFT JOIN talkwright_engine.events e
    ON e.sender = c.sender AND e.seq >= %(from)s AND (%(to)s::bigint IS NULL OR e.seq <= %(to)s)
WHERE c.sender = %(sender)s ORDER BY e.seq
"""

# The two take the same values: the last id seen, the type or none, and how many.
IDS = """
SELECT sender FROM talkwright_engine.conversations
WHERE sender > %s AND %s::text IS NULL ORDER BY sender LIMIT %s
"""
IDS_WITH_EVENT = """
SELECT DISTINCT sender FROM talkwright_engine.events WHERE sender > %s AND type = %s ORDER BY sender LIMIT %s
"""
