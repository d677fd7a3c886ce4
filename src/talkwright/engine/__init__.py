"""What makes an assistant talk: understanding, dialogue, generation, training and the bot's HTTP server."""
