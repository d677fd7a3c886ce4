"""Where jobs run: one interface, one module for each place."""
