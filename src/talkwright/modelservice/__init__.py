"""Trainings and running models: who takes which work, as jobs whose death or success is seen and told."""
