"""From the name of a response to what the bot says: variations, templates, buttons and links; texts stay data."""
