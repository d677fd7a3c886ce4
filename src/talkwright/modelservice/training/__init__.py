"""Trainings: an orchestrator that admits them in order and consumers that run them as jobs."""
