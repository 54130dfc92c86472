"""Receipts and invoices: what was received, by tax rate, and what was given back; each issue is kept as it was.

Called by the counter. An order that was paid has as many issues as its customer asks for, all but the first marked.
"""
