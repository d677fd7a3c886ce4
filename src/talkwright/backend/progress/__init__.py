"""What trainings and deployments share: why they wait, what became of them, what an engine found."""
