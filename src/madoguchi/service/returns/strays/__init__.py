"""Parcels that nobody can match: put aside until somebody finds out. Called by the warehouse's verbs only."""
