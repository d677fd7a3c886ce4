"""The built-in OpenID provider: accounts, passwords, keys and sign-in pages in a schema of its own."""
