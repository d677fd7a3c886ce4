"""Typed answers: what a person writes when a question for a slot is open, read as a value of the slot's type."""
