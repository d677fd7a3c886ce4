"""Turns the JSON bodies of items into typed values, tolerantly, and says what is wrong with their shapes."""
