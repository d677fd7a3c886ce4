"""Answers from a project's documents: cut into passages, indexed at training, searched on a `search` frame (7.5)."""
