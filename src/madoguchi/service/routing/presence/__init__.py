"""Presence: which associates are there, told by the heartbeats of their desks, and how much they carry."""
