"""Playing conversations against the engine and saying where they go another way than expected."""
