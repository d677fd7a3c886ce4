"""Trainings: asking for one, its place in the queue, its progress, log and end."""
