"""What an assistant is: its flows, domain, NLU data and settings, read from projects and written back with nothing lost."""
