"""Versions: immutable snapshots of an assistant's content, to train, download and talk about."""
