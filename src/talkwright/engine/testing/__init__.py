"""Proves an assistant: plays its conversations against a running bot, and measures how well it understands."""
