"""How each engine trains and runs: its jobs as values, behind one interface."""
