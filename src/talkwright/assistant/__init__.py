"""What an assistant is: flows, domain, NLU data and settings, read from projects and written back with nothing lost."""
