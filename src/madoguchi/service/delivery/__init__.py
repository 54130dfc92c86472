"""Delivery: what a customer arranges with the carrier about a parcel that is on its way.

Another day and time, how and where it is handed over, another address. What can be chosen is what the parcel's carrier
told last (core.carriers); the carrier is asked when it was confirmed, and what it agrees to is the parcel's from then
on. What a carrier cannot be asked goes to a person. Leaves no events of its own.
"""
