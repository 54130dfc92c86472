"""Carriers: the carrier port, and our mirror of what they tell of parcels and of what was agreed about them.

`jobs.Follower` asks for each parcel that a shop has sent and hears its carrier's news; rooms read the mirror inside
their transactions, and ask a carrier for something by a change that is carried (core.actions, Change.carry). Adapters
live in edge/carriers.
"""
