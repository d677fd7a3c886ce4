"""End-to-end tests: conversations with their expectations, played with a bot, and what is told of them."""
