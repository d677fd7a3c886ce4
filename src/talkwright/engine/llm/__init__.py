"""Language models: which one a project names, and how it is asked."""
