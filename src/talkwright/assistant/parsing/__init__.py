"""Turns the JSON bodies of items into the typed values of an assistant, tolerantly, and says what is wrong with them."""
