"""Live updates: one event stream per browser with durable facts, which are never lost, and frames, which may be."""
