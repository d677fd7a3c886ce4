"""Running models: an orchestrator that places deployments and consumers that hold one each."""
