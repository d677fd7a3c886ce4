"""Event brokers: tell other programs what happens in conversations, without ever holding up a turn."""
