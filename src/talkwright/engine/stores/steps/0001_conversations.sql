-- Conversations: the state that their events add up to, so that a turn reads the state and the latest events alone.
CREATE TABLE talkwright_engine.conversations (
    sender text PRIMARY KEY,
    user_id text,
    seq bigint NOT NULL,                    -- the number of the last event
    tail bigint NOT NULL,                   -- the number of the first event that a turn reads
    snapshot text NOT NULL,                 -- JSON in ASCII
    write uuid NOT NULL,                    -- what was written last, so that a write sent twice is known again
    changed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);                   -- a new state mostly finds room beside the old one
CREATE INDEX conversations_of_user ON talkwright_engine.conversations (user_id) WHERE user_id IS NOT NULL;

-- Events: written once, in order, never changed.
CREATE TABLE talkwright_engine.events (
    sender text NOT NULL,
    seq bigint NOT NULL,
    type text NOT NULL,
    at double precision NOT NULL,           -- seconds since 1970
    body text NOT NULL,                     -- JSON in ASCII, which may hold NaN and lone surrogates: no json column
    PRIMARY KEY (sender, seq)
);
CREATE INDEX events_of_rare_types ON talkwright_engine.events (type, sender) WHERE type IN ('reminder');

-- Tickets: who waits for a conversation, in the order of coming; the first one holds it until it expires.
CREATE TABLE talkwright_engine.tickets (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sender text NOT NULL,
    token uuid NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX tickets_of_sender ON talkwright_engine.tickets (sender, number);

-- Details: how messages were understood, where recording is on.
CREATE TABLE talkwright_engine.details (
    sender text NOT NULL,
    message_id text NOT NULL,
    body text NOT NULL,                     -- JSON in ASCII
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sender, message_id)
);
