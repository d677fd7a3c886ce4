"""Talkwright: the open studio for conversational assistants, and the open engine that runs them."""

__version__ = "0.1.0"
