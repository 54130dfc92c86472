"""Writes: what the demo store is asked to change, how each shop answers, and the one path on which it happens once.

`asked` holds the writes as data, `living` and `standing` the answers of the two kinds of shop, all pure.
"""
