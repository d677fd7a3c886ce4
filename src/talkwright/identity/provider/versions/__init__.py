"""Migrations of the identity provider's own schema."""
