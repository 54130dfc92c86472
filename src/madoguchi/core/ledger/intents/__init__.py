"""Intents: money that is owed and on its way back, from the promise until it went; each moves once.

Made by the rooms that execute requests, carried out by service.refunds. Leaves: ledger.refund_succeeded,
ledger.refund_failed, ledger.refund_needs_account.
"""
