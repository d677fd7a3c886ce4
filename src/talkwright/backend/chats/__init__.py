"""Chats: talking to a running version from the studio, which keeps every event."""
