"""What a user's message means: payloads of buttons, and free text read without a language model."""
