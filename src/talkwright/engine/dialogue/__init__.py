"""The dialogue machine: commands and flows in, events out, without I/O; one module per concern."""
