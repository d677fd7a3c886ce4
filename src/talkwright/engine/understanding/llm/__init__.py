"""Understanding by a language model: what such a model writes becomes commands."""
