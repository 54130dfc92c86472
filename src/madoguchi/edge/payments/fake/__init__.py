"""The fake provider: honours keys, loses replies, fails late, refuses what cannot go back, and sends webhooks badly.

A schema and connections of its own, called like a remote one. What was paid with it, it knows from the shop's till
(`rules.Payment`), as a provider knows what it took.
"""
