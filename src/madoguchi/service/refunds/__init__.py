"""Refunds: money on its way back, exactly once, by the provider, the store or a bank.

What is owed stands in core.ledger as intents; this room executes them, finds out what became of those that nobody
knows about, asks for a bank account where money cannot go back, and shows people when it will be there.
"""
