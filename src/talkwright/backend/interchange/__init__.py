"""Whole projects in and out: import with its report, download byte for byte, and the examples that come along."""
