"""Secrets of assistants: set and deleted by people, read by nobody but the jobs of the assistant."""
