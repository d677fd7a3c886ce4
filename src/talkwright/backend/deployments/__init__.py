"""Deployments: which version of an assistant runs, and asking for another one."""
