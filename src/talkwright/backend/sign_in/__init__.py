"""Signing in and out: the studio as an OpenID client, its cookie, and who is behind a request."""
