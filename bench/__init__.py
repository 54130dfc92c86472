"""Measurements: each module with a `main` is a command that prints JSON, its last line the summary.

They need a built front end and no network. See docs/guides/measuring.md.
"""
