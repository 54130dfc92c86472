"""Parcels that were handed over: what their carriers ask about them, and what they say when one goes on otherwise."""
