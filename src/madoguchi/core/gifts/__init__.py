"""Gifts: whoever got a present shows its code once, and may send it back from then on without whoever gave it.

A gift is not its order: a recipient sees nothing of that. Called by the rooms that do something with gifts.
"""
