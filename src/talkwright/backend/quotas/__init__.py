"""Quotas: how much an assistant and the whole studio may have, set by the operator, kept when more is asked for."""
