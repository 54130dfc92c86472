"""Units and money: what a customer is entitled to, reserved, and got. The store behind cannot break it.

Counters carry the invariants as CHECKs (I1, I2); every change of one is an entry that is only ever added.
Called by core.shop (the store's facts), and the rooms that execute requests.
"""
