"""Assistants: the list at home, making, naming and deleting them."""
