"""What happened in a conversation: events and the state they add up to; pure, and shared by all that read events."""
