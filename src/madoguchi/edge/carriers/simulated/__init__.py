"""The simulated carriers: keep parcels, honour keys, lose replies, answer late, and tell news late, twice and shuffled.

A schema and connections of their own, called like remote ones. A shop's parcel they get to know, with its usual way,
from whoever handed it over (`rules.Waybill`); from then on it is theirs, and what changes they tell the shop.
"""
