"""A running bot's HTTP API: one module per group of routes, and what guards them (wire-protocols 4)."""
