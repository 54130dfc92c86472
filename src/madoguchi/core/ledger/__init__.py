"""Units and money: what a customer is entitled to, reserved, and got. The store behind cannot break it.

Counters carry the invariants as CHECKs (I1, I2); every change of one is an entry that is only ever added.
What a customer gets back is an intent until the money went. Called by core.shop (the store's facts), the rooms that
execute requests, and service.refunds. Leaves: ledger.refund_succeeded, ledger.refund_failed,
ledger.refund_needs_account.
"""
